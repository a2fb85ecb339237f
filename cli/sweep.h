// From lists to configurations.
//
// The idea: every sweepable option is an axis, and the configurations are the product of the axes.
// A configuration keeps only what means something for it: what its backend does not look at (a
// protocol, a way to write) goes back to the default, and configurations that are then the same are
// one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/configuration.h"
#include "cli/options.h"

namespace sgdbench {

inline constexpr std::size_t kMostConfigurations = 100'000;

/// The product over the options that were given, in the order of the table. A configuration for all
/// cores takes `cores` workers, or one where its backend never has more. Throws UsageError.
std::vector<Configuration> expand_configurations(const Given& given, std::size_t cores);

/// Sets what this configuration does not use back to its default.
Configuration normalised(Configuration configuration);

/// The configurations, each once, in the order in which they were first met.
std::vector<Configuration> collapsed(std::vector<Configuration> configurations);

/// The configurations of several sweeps, each configuration once. Throws UsageError, also where two
/// parts want one configuration repeated differently.
std::vector<Configuration> sweep(const std::vector<Given>& parts, std::size_t cores);

// Where options mean something, and what is said of those that were given elsewhere.
//
// The idea: the option table says for each row whom it is for. A configuration of others has its
// default, which changes no number but is not what was asked for; so it is said, or refused where
// there are no others.

/// One line for each option that the user gave in `parts` and that means nothing to something that
/// he called by its whole name. Throws UsageError for an option that means nothing to any of the
/// configurations.
std::vector<std::string> out_of_scope(const std::vector<Given>& parts,
                                      const std::vector<Configuration>& configurations);

/// The same, said on stderr unless `quiet`.
std::vector<std::string> say_out_of_scope(const std::vector<Given>& parts,
                                          const std::vector<Configuration>& configurations,
                                          bool quiet);

/// Of the options that make a configuration, those that are for some values of `deciding` alone,
/// and for that of the configuration.
std::vector<std::string_view> options_for(const Configuration& configuration,
                                          std::string_view deciding);

}  // namespace sgdbench

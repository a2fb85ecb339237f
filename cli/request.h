// What `sgdbench run` was asked to do: the command line, the suite that it names, the defaults.
//
// The idea: all three are layers of the same kind, options with their texts as one would type them.
// So a suite can say what a command line can, and the whole can be printed as a suite again.
#pragma once

#include <string>
#include <vector>

#include "cli/config_file.h"
#include "cli/options.h"

namespace sgdbench {

struct Request {
  Given given;               ///< what holds for the invocation: reports, --strict and so on
  std::vector<Given> parts;  ///< sweeps of their own, each with a workload and data
};

/// Reads --config, where it is given, and completes what is left open by the default suite. What
/// was typed replaces the suite's option of the same name, and any target the suite's targets.
/// Throws UsageError and MissingData.
Request requested(const Given& typed);

/// The same with the suite's content at hand; an empty one is none.
Request requested(const Given& typed, const ConfigFile& file);

/// A suite that asks for the same; read again, it makes the same cells. Throws UsageError for text
/// that TOML can't hold.
std::string to_toml(const Request& request);

}  // namespace sgdbench

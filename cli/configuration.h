// A configuration of an experiment, as it was asked for.
//
// The idea: it is fixed before any data is loaded. What depends on the data (`auto`) stays open
// here and is settled by setup.h once the problem is known, always in the same way, so the command
// line of a configuration repeats it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/run_spec.h"
#include "cli/tuning/search.h"
#include "workloads/data/catalog.h"
#include "workloads/registry.h"

namespace sgdbench {

enum class Pin { automatic, on, off };

struct Configuration {
  DataRequest data;
  WorkloadOptions workload{.workload = {}, .l2 = -1, .hidden = {128}, .activation = "relu"};
  /// All but what follows below.
  RunSpec spec;
  std::string rule = "sgd";
  double momentum = 0.9;             ///< for the rules that have one
  RuleSpec rule_values;              ///< all but these two, of the rules that take them
  std::optional<std::size_t> batch;  ///< unset: suggested_batch()
  std::optional<double> lr;          ///< unset: automatic_step()
  bool automatic_shuffle = true;     ///< usual_shuffle()
  /// Where the mini-batch is searched for, it is at least and at most so large.
  std::size_t least_batch = 1, most_batch = kMostBatch;
  bool automatic_schedule = true;       ///< Problem::suggested_schedule(), not spec.step's
  unsigned tuned = 0;                   ///< a set of Tunable: what is searched for
  std::optional<std::uint64_t> epochs;  ///< unset: kEpochs, or enough for spec.updates
  Pin pin = Pin::automatic;             ///< automatic: where each worker can have its own core
  std::vector<double> targets;  ///< percentages above the optimum, each tighter than the last
  std::optional<double> target_loss, target_accuracy;
  bool stop_at_target = false;
  std::uint64_t repeats = 5;
  double until_ci = 0;        ///< repeat until this half-width, in per cent of the median; 0: no
  double until_gate = 0;      ///< repeat until `compare` would find this share slower; 0: no
  double budget_s = kBudget;  ///< seconds for the repeats of one problem, where one of these is set
  std::uint64_t warmup = 1;

  static constexpr std::size_t kMostBatch = 1'000'000'000;
  static constexpr std::uint64_t kEpochs = 10;
  static constexpr double kBudget = 600;
  /// In place of spec.workers, until the sweep has settled it (sweep.cpp).
  static constexpr std::size_t kAllCores = 0;
};

inline bool has_target(const Configuration& configuration) {
  return !configuration.targets.empty() || configuration.target_loss ||
         configuration.target_accuracy;
}

/// The value of an option that is to be searched for: tuned, or within limits: tuned:16..64.
inline constexpr std::string_view kTuned = "tuned";
inline bool is_tuned(std::string_view value) {
  return value.starts_with(kTuned) &&
         (value.size() == kTuned.size() || value[kTuned.size()] == ':');
}

/// Whether the configuration's workload has data and learns anything.
bool trains(const Configuration& configuration);

/// Whether WorkloadOptions::intercept means something for the configuration's workload.
bool takes_intercept(const Configuration& configuration);

/// Whether WorkloadOptions::hidden and ::activation mean something for this configuration's
/// workload.
bool has_hidden_layers(const Configuration& configuration);

// Configurations that share something, together.

/// Configurations with an equal key, in the order in which the keys were first met.
template <class Key>
std::vector<std::vector<Configuration>> grouped(const std::vector<Configuration>& configurations,
                                                Key key) {
  std::vector<std::vector<Configuration>> groups;
  for (const auto& configuration : configurations) {
    auto group = groups.begin();
    while (group != groups.end() && !(key(group->front()) == key(configuration))) ++group;
    if (group == groups.end()) group = groups.emplace(groups.end());
    group->push_back(configuration);
  }
  return groups;
}

inline std::vector<std::vector<Configuration>> by_data(
    const std::vector<Configuration>& configurations) {
  return grouped(configurations, [](const Configuration& configuration) -> const DataRequest& {
    return configuration.data;
  });
}

/// Of configurations on the same data.
inline std::vector<std::vector<Configuration>> by_problem(
    const std::vector<Configuration>& configurations) {
  return grouped(configurations, [](const Configuration& configuration) -> const WorkloadOptions& {
    return configuration.workload;
  });
}

// The command line that repeats a configuration, and the configuration's identity, which is made
// from it.

/// The words after `sgdbench run` that make exactly this configuration: what every configuration
/// says of itself (workload, data, backend, workers), then what differs from the defaults.
std::vector<std::string> arguments_of(const Configuration& configuration);

/// `sgdbench run …` for a shell, under mpirun where it is several processes.
std::string command_of(const Configuration& configuration);

/// What the configuration is, as text: the words that identify it, and the checksums of its
/// distributions.
std::string identity_of(const Configuration& configuration);

/// Spreads texts evenly over 64 bits, the same on every machine. Not cryptographic.
std::uint64_t text_hash(std::string_view text);

/// Ten hexadecimal digits, a function of the configuration alone: not of how often it is repeated,
/// nor of the defaults of options that it does not use. The same on every machine.
std::string config_id(const Configuration& configuration);

/// `config_id-repeat`.
std::string run_id(std::string_view config_id, std::uint64_t repeat);

}  // namespace sgdbench

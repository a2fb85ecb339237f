// One cell of a sweep: a configuration as it was asked for.
//
// The idea: a cell is fixed before any data is loaded. What depends on the data (`auto`) stays
// open here and is settled by configuration.h once the problem is known, always in the same way,
// so the command line of a cell repeats it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/run_spec.h"
#include "cli/tuning/search.h"
#include "workloads/data/catalog.h"
#include "workloads/registry.h"

namespace sgdbench {

enum class Pin { automatic, on, off };

struct Cell {
  DataRequest data;
  WorkloadOptions workload{.workload = {}, .l2 = -1, .hidden = {128}, .activation = "relu"};
  /// All but what follows below.
  RunSpec spec;
  std::string rule = "sgd";
  double momentum = 0.9;             ///< for the rules that have one
  std::optional<std::size_t> batch;  ///< unset: suggested_batch()
  std::optional<double> lr;          ///< unset: automatic_step()
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
  double budget_s = kBudget;  ///< seconds for the repeats of one problem, where until_ci is set
  std::uint64_t warmup = 1;

  static constexpr std::size_t kMostBatch = 1'000'000'000;
  static constexpr std::uint64_t kEpochs = 10;
  static constexpr double kBudget = 600;
  /// In place of spec.workers, until the sweep has settled it (sweep.cpp).
  static constexpr std::size_t kAllCores = 0;
};

inline bool has_target(const Cell& cell) {
  return !cell.targets.empty() || cell.target_loss || cell.target_accuracy;
}

/// The value of an option that is to be searched for: tuned, or within limits: tuned:16..64.
inline constexpr std::string_view kTuned = "tuned";
inline bool is_tuned(std::string_view value) {
  return value.starts_with(kTuned) &&
         (value.size() == kTuned.size() || value[kTuned.size()] == ':');
}

/// Whether the cell's workload has data and learns anything.
bool trains(const Cell& cell);

/// Whether WorkloadOptions::intercept means something for the cell's workload.
bool takes_intercept(const Cell& cell);

/// Whether WorkloadOptions::hidden and ::activation mean something for this cell's workload.
bool has_hidden_layers(const Cell& cell);

}  // namespace sgdbench

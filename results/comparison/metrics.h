// What two reports can be compared by.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "results/record.h"

namespace sgdbench {

struct Metric {
  std::string_view name;  ///< of its column
  bool higher_is_better;
  /// What a run without a value says: nothing; that it missed its target, or did not get to the end
  /// of its work (outcome.h); or that it diverged. Left out, the lucky ones alone would be
  /// compared: all but nothing are infinite.
  enum class Absence { nothing, missed, unfinished, diverged } absence;
  /// It is the machine's doing too: noise even where the parameters are reproducible, and not to be
  /// compared across machines and builds.
  bool timed;
  std::optional<double> (*get)(const RunRecord&);
  /// Between what the value is known to lie; null, or nothing, where it is known by itself.
  std::optional<double> (*low)(const RunRecord&) = nullptr;
  std::optional<double> (*high)(const RunRecord&) = nullptr;
};
std::span<const Metric> metric_table();

/// The value that a run has in a comparison, from 0 to infinity; nothing where it says nothing.
std::optional<double> value_of(const Metric& metric, const RunRecord& run);

/// Whether the run tells its parameters' course alone: the same at every repetition, bit for bit.
bool is_exact(const Metric& metric, const RunRecord& run);

}  // namespace sgdbench

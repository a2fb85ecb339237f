// How well the repeats so far know a configuration's time: for --until-ci.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace sgdbench {

inline constexpr double kPrecisionConfidence = 0.95;
/// With so many repeats, half of which missed the target, more of them will not help.
inline constexpr std::size_t kHopeless = 12;

/// Half the 95 % interval of a median time, as a share of the median.
struct Precision {
  std::size_t repeats = 0;
  std::optional<double> half_width;  ///< nothing with too few repeats, or half of them missed
  /// What of it the distance between the curve's points leaves open, however many repeats there
  /// are.
  double between_points = 0;
};

/// Of the time that a row is compared by (outcome.h), over the repeats of a configuration.
Precision precision_of(std::span<const RunRecord> rows, std::string_view config_id);

/// Whether more repeats can't or needn't make it more precise than ±`share`.
bool settled(const Precision& precision, double share);

/// What a report says of configurations that are less precise than they were asked to be, one line
/// each. `shares`: what was asked, by config_id.
std::vector<std::string> precision_notes(std::span<const RunRecord> rows,
                                         const std::map<std::string, double>& shares);

}  // namespace sgdbench

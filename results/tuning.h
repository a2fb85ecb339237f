// The trials of a search for a configuration's best settings: the tuning CSV, and what all trials
// of one setting come to.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "results/fields.h"

namespace sgdbench {

std::string tuning_csv(std::span<const TuningTrial> trials);

/// What the trials of one setting come to: those of the last stage that it was in.
struct TriedSetting {
  const TuningTrial* first = nullptr;  ///< of these, which has the setting
  std::size_t trials = 0;              ///< of all stages
  /// diverged if one did; else that of the trial in the middle
  std::string status;
  /// Seconds to the target of the trial in the middle, an epoch taken to last as long as the median
  /// one with this mini-batch; or its loss, where there is no target. Nothing where not finite.
  std::optional<double> score;
};

/// Each setting once, in the order of their first trials. `timed`: the score is a time.
std::vector<TriedSetting> tried_settings(std::span<const TuningTrial> trials, bool timed);

}  // namespace sgdbench

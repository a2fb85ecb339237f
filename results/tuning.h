// The trials of a search for a configuration's best settings: rows of the tuning CSV.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "results/fields.h"

namespace sgdbench {

struct TuningTrial {
  std::string config_id;
  std::string strategy;  ///< for people: backend, protocol and workers
  std::uint64_t trial = 0;
  std::uint64_t stage = 0;
  std::uint64_t batch = 0;
  double lr = 0, momentum = 0;
  std::optional<std::uint64_t> exchange;
  std::uint64_t seed = 0;
  double epochs = 0, time_s = 0;
  std::optional<double> loss;   ///< at its end; nothing where not finite
  std::optional<double> score;  ///< nothing where it diverged
  std::string status;           ///< reached, predicted, missed, diverged
};

std::span<const Field<TuningTrial>> tuning_fields();
std::string tuning_csv(std::span<const TuningTrial> trials);

}  // namespace sgdbench

#include "results/tuning.h"

#include <array>

#include "results/csv_rows.h"

namespace sgdbench {
namespace {

template <class T>
Value to_cell(const T& value) {
  return value;
}
template <class T>
Value to_cell(const std::optional<T>& value) {
  return value ? Value{*value} : Value{};
}

template <auto Member>
Value trial(const TuningTrial& row) {
  return to_cell(row.*Member);
}

using T = TuningTrial;
constexpr auto kTuningFields = std::to_array<Field<TuningTrial>>({
    {"config_id", "", "the configuration that was tuned, as in runs.csv", trial<&T::config_id>,
     nullptr},
    {"strategy", "", "its backend, protocol and workers", trial<&T::strategy>, nullptr},
    {"trial", "", "number of the trial within the configuration, from 0", trial<&T::trial>,
     nullptr},
    {"stage", "", "of the search, from 0: each is longer than the one before", trial<&T::stage>,
     nullptr},
    {"batch", "examples", "mini-batch of one worker", trial<&T::batch>, nullptr},
    {"lr", "", "initial step size", trial<&T::lr>, nullptr},
    {"momentum", "", "coefficient of the rule's momentum", trial<&T::momentum>, nullptr},
    {"exchange", "examples", "examples that a replica trains on between two exchanges",
     trial<&T::exchange>, nullptr},
    {"seed", "", "of the trial: no measured repeat has it", trial<&T::seed>, nullptr},
    {"epochs", "epochs", "made until it was judged", trial<&T::epochs>, nullptr},
    {"time_s", "s", "training time until then", trial<&T::time_s>, nullptr},
    {"loss", "", "training objective then", trial<&T::loss>, nullptr},
    {"score", "",
     "seconds to the target by this trial alone, predicted where it was not reached; without a "
     "target the loss",
     trial<&T::score>, nullptr},
    {"status", "", "reached, predicted, missed (in all of its time) or diverged", trial<&T::status>,
     nullptr},
});

}  // namespace

std::span<const Field<TuningTrial>> tuning_fields() {
  return kTuningFields;
}

std::string tuning_csv(std::span<const TuningTrial> trials) {
  std::string out = csv_header(tuning_fields());
  for (const auto& trial : trials) append_csv_row(out, tuning_fields(), trial);
  return out;
}

}  // namespace sgdbench

#include "results/targets.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "results/csv_rows.h"

namespace sgdbench {
namespace {

/// The percentages of "10%,5%".
std::vector<double> percents(std::string_view text) {
  std::vector<double> found;
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    double value = 0;
    const auto end = std::from_chars(item.data(), item.data() + item.size(), value).ptr;
    if (end != item.data()) found.push_back(value);
    text.remove_prefix(std::min(text.size(), item.size() + 1));
  }
  return found;
}

bool meets(const TargetReach& target, std::optional<double> loss, std::optional<double> accuracy) {
  if (!target.loss && !target.accuracy) return false;
  if (target.loss && !(loss && *loss <= *target.loss)) return false;
  return !target.accuracy || (accuracy && *accuracy >= *target.accuracy);
}

/// The row's own target, as far as it is a number.
TargetReach own_target(const RunRecord& run) {
  TargetReach target;
  target.target = run.target_loss ? "loss" : "accuracy";
  target.loss = run.target_loss;
  target.accuracy = run.target_accuracy;
  return target;
}

void find(TargetReach& target, const RunRecord& run) {
  for (const auto& point : run.curve) {
    if (!meets(target, point.loss, point.test_accuracy)) continue;
    target.time_s = point.time_s;
    target.epochs = point.epoch;
    target.updates = point.updates;
    return;
  }
}

template <class T>
Value to_value(const std::optional<T>& value) {
  return value ? Value{*value} : Value{};
}

constexpr auto kTargetFields = std::to_array<Field<TargetRow, TargetReach>>({
    {"run_id", "", "as in runs.csv", [](const TargetRow& r) -> Value { return r.run.run_id; },
     nullptr},
    {"target", "", "share above the optimum, or loss or accuracy",
     [](const TargetRow& r) -> Value { return r.reach.target; }, nullptr},
    {"target_loss", "", "training objective that reaches it",
     [](const TargetRow& r) { return to_value(r.reach.loss); }, nullptr},
    {"reached", "", "whether a point of the curve did",
     [](const TargetRow& r) -> Value { return r.reach.time_s.has_value(); }, nullptr},
    {"time_to_target_s", "s", "training time at the first one",
     [](const TargetRow& r) { return to_value(r.reach.time_s); }, nullptr},
    {"epochs_to_target", "epochs", "epochs at that point",
     [](const TargetRow& r) { return to_value(r.reach.epochs); }, nullptr},
    {"updates_to_target", "updates", "updates at that point",
     [](const TargetRow& r) { return to_value(r.reach.updates); }, nullptr},
});

}  // namespace

std::string_view to_string(Measure measure) {
  return measure == Measure::relative ? "relative" : "suboptimality";
}

Measure measure_for(double optimum, double initial) {
  return optimum > kNearZero * initial ? Measure::relative : Measure::suboptimality;
}

double target_loss(double percent, double optimum, double initial) {
  const double q = percent / 100;
  if (measure_for(optimum, initial) == Measure::relative) return (1 + q) * optimum;
  return optimum + q * (initial - optimum);
}

std::string percent_text(double percent) {
  return fmt::format("{}%", percent);
}

std::vector<TargetReach> targets_of(const RunRecord& run) {
  std::vector<TargetReach> targets;
  if (run.loss_optimum && run.loss_start)
    for (const double percent : percents(run.target)) {
      auto& target = targets.emplace_back();
      target.target = percent_text(percent);
      target.loss = target_loss(percent, *run.loss_optimum, *run.loss_start);
      target.accuracy = run.target_accuracy;
    }
  if (targets.empty() && (run.target_loss || run.target_accuracy))
    targets.push_back(own_target(run));
  for (auto& target : targets) find(target, run);
  return targets;
}

bool meets_target(const RunRecord& run, std::optional<double> loss,
                  std::optional<double> accuracy) {
  return meets(own_target(run), loss, accuracy);
}

void settle_target(RunRecord& run) {
  if (!run.target_loss && !run.target_accuracy) return;
  auto target = own_target(run);
  find(target, run);
  run.reached = target.time_s.has_value();
  run.time_to_target_s = target.time_s;
  run.epochs_to_target = target.epochs;
  run.updates_to_target = target.updates;
}

std::span<const Field<TargetRow, TargetReach>> target_fields() {
  return kTargetFields;
}

std::string targets_csv(std::span<const RunRecord> runs) {
  std::string out = csv_header(target_fields());
  for (const auto& run : runs)
    for (const auto& reach : targets_of(run))
      append_csv_row(out, target_fields(), TargetRow{run, reach});
  return out;
}

}  // namespace sgdbench

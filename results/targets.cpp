#include "results/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "results/fields.h"
#include "results/text.h"

namespace sgdbench {
namespace {

/// The percentages of "10%,5%".
std::vector<double> percents(std::string_view text) {
  std::vector<double> found;
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    if (const auto read = read_number<double>(item); read.rest.size() < item.size())
      found.push_back(read.value);
    text.remove_prefix(std::min(text.size(), item.size() + 1));
  }
  return found;
}

bool meets(const TargetReach& target, const Level& level) {
  if (!target.loss && !target.accuracy) return false;
  if (target.loss && !(level.loss && *level.loss <= *target.loss)) return false;
  return !target.accuracy || (level.accuracy && *level.accuracy >= *target.accuracy);
}

/// The crossing of something that is to fall from `before` to `target` or below: 0 where it is
/// there already, all of the way where nothing is known of the start.
double falling_crossing(std::optional<double> before, double after, double target,
                        std::optional<double> floor) {
  if (!before) return 1;
  return *before <= target ? 0 : std::min(1.0, way_to(*before, after, target, floor));
}

/// The share by which whole updates are made: one that is half made has changed nothing, however
/// many examples are in it. A millionth of one is rounding.
double with_whole_updates(double share, std::uint64_t before, std::uint64_t after) {
  constexpr double kRounding = 1e-6;
  if (after <= before) return share;
  const auto made = static_cast<double>(after - before);
  return std::min(1.0, std::ceil(share * made - kRounding) / made);
}

/// Both the loss and the accuracy have crossed at the later of the two crossings.
double crossing_of(const TargetReach& target, std::optional<double> optimum, const Level& before,
                   const Level& after) {
  double share = 0;
  if (target.loss) share = falling_crossing(before.loss, *after.loss, *target.loss, optimum);
  if (target.accuracy) {
    const auto wrong = before.accuracy ? std::optional(-*before.accuracy) : std::nullopt;
    share = std::max(share, falling_crossing(wrong, -*after.accuracy, -*target.accuracy, {}));
  }
  return with_whole_updates(share, before.updates, after.updates);
}

Level level_of(const CurvePoint& point) {
  return {point.loss, point.test_accuracy, point.updates};
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
  const auto meeting =
      std::find_if(run.curve.begin(), run.curve.end(),
                   [&](const CurvePoint& point) { return meets(target, level_of(point)); });
  if (meeting == run.curve.end()) return;
  const auto& after = *meeting;
  const auto& before = meeting == run.curve.begin() ? after : *std::prev(meeting);
  const double share = crossing_of(target, run.loss_optimum, level_of(before), level_of(after));
  const auto between = [share](double from, double to) { return from + share * (to - from); };
  target.low_s = before.time_s;
  target.high_s = after.time_s;
  target.time_s = between(before.time_s, after.time_s);
  target.epochs = between(before.epoch, after.epoch);
  const double updates =
      between(static_cast<double>(before.updates), static_cast<double>(after.updates));
  target.updates = static_cast<std::uint64_t>(std::llround(updates));
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
    {"time_to_target_s", "s",
     "training time where the curve crosses the target, between two points",
     [](const TargetRow& r) { return to_value(r.reach.time_s); }, nullptr},
    {"time_to_target_low_s", "s", "training time at the last point before",
     [](const TargetRow& r) { return to_value(r.reach.low_s); }, nullptr},
    {"time_to_target_high_s", "s", "training time at the first point that meets it",
     [](const TargetRow& r) { return to_value(r.reach.high_s); }, nullptr},
    {"epochs_to_target", "epochs", "epochs where it is crossed",
     [](const TargetRow& r) { return to_value(r.reach.epochs); }, nullptr},
    {"updates_to_target", "updates", "updates by then",
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

bool meets_target(const RunRecord& run, const Level& level) {
  return meets(own_target(run), level);
}

double crossing(const RunRecord& run, const Level& before, const Level& after) {
  return crossing_of(own_target(run), run.loss_optimum, before, after);
}

double way_to(double start, double now, double target, std::optional<double> floor) {
  if (!(now < start) || !(target < start)) return std::numeric_limits<double>::infinity();
  if (floor && now > *floor && target > *floor)
    return std::log((start - *floor) / (target - *floor)) /
           std::log((start - *floor) / (now - *floor));
  return (start - target) / (start - now);
}

void settle_target(RunRecord& run) {
  if (!run.target_loss && !run.target_accuracy) return;
  auto target = own_target(run);
  find(target, run);
  run.reached = target.time_s.has_value();
  run.time_to_target_s = target.time_s;
  run.time_to_target_low_s = target.low_s;
  run.time_to_target_high_s = target.high_s;
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

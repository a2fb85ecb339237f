#include "workloads/step_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "workloads/names.h"

namespace sgdbench {
namespace {

struct ScheduleRow : NamedSummary {
  Schedule schedule;
  /// What the number behind its name is called, and an example; empty where there is none.
  std::string_view parameter = {}, example = {};
};

constexpr ScheduleRow kSchedules[] = {
    {{"constant", "γ₀"}, Schedule::constant},
    {{"inverse", "γ₀ / (1 + λ·γ₀·t) at update t"}, Schedule::inverse},
    {{"sqrt", "γ₀ / √(1 + t) at update t"}, Schedule::sqrt},
    {{"exponential", "exponential:R is γ₀ · R^e in epoch e, 0 < R ≤ 1"},
     Schedule::exponential,
     "rate",
     "exponential:0.9"},
    {{"cooldown",
      "cooldown:C is γ₀, and over the last share C of the planned run γ₀ · what is left of that "
      "share, 0 < C ≤ 1"},
     Schedule::cooldown,
     "share",
     "cooldown:0.2"},
};

double parse_rate(const ScheduleRow& row, std::string_view text) {
  const auto rate = parse_number<double>(text);
  if (!rate || !(*rate > 0) || *rate > 1)
    throw UsageError(fmt::format(
        "step size schedule '{}:{}': the {} is a number above 0 and at most 1, as in {}", row.name,
        text, row.parameter, row.example));
  return *rate;
}

}  // namespace

Real EpochStep::at(std::uint64_t update) const {
  const double t = static_cast<double>(update);
  switch (schedule) {
    case Schedule::inverse:
      return static_cast<Real>(base / (1 + decay * t));
    case Schedule::sqrt:
      return static_cast<Real>(base / std::sqrt(1 + t));
    case Schedule::cooldown: {
      // The last update still has a step: 1 of `decay` parts. What comes later has no smaller one.
      const double left = std::max(1.0, end - t);
      return static_cast<Real>(left < decay ? base * left / decay : base);
    }
    case Schedule::constant:
    case Schedule::exponential:
      break;
  }
  return static_cast<Real>(base);
}

EpochStep StepSize::during(std::uint64_t epoch) const {
  const bool falls = schedule == Schedule::exponential;
  const double base = falls ? initial * std::pow(rate, static_cast<double>(epoch)) : initial;
  const double end = static_cast<double>(horizon);
  return {schedule, base, schedule == Schedule::cooldown ? rate * end : l2 * initial, end,
          average_from};
}

const std::vector<NamedSummary>& schedule_catalog() {
  static const std::vector<NamedSummary> catalog(std::begin(kSchedules), std::end(kSchedules));
  return catalog;
}

void parse_schedule(std::string_view text, StepSize& step) {
  const auto colon = text.find(':');
  const auto& row = find_by_name(kSchedules, "step size schedule", text.substr(0, colon));
  const bool has_rate = colon != std::string_view::npos;
  if (!row.parameter.empty()) {
    step.rate = parse_rate(row, has_rate ? text.substr(colon + 1) : "");
  } else if (has_rate) {
    throw UsageError(fmt::format("step size schedule '{}': {} takes no parameter", text, row.name));
  }
  step.schedule = row.schedule;
}

void parse_staleness_policy(std::string_view text, StepSize& step) {
  const auto colon = text.find(':');
  const auto& row =
      find_by_name(staleness_policy_catalog(), "staleness policy", text.substr(0, colon));
  if (colon != std::string_view::npos) {
    if (row.policy != StalenessPolicy::dc)
      throw UsageError(fmt::format("staleness policy '{}': {} takes no parameter", text, row.name));
    const auto lambda = parse_number<double>(text.substr(colon + 1));
    constexpr double kMostLambda = 1e6;
    if (!lambda || !(*lambda >= 0) || *lambda > kMostLambda)
      throw UsageError(fmt::format(
          "staleness policy '{}': λ is a number from 0 to 1000000, as in dc:0.04", text));
    step.compensation = *lambda;
  } else if (row.policy == StalenessPolicy::dc) {
    step.compensation = StepSize{}.compensation;
  }
  step.policy = row.policy;
}

std::string to_string(Schedule schedule, double rate) {
  for (const auto& row : kSchedules) {
    if (row.schedule != schedule) continue;
    if (row.parameter.empty()) return std::string(row.name);
    return fmt::format("{}:{}", row.name, shortest_text(rate));
  }
  return {};
}

std::string staleness_policy_text(const StepSize& step) {
  const auto& row = policy_entry(step.policy);
  if (row.policy != StalenessPolicy::dc) return std::string(row.name);
  return fmt::format("{}:{}", row.name, shortest_text(step.compensation));
}

}  // namespace sgdbench

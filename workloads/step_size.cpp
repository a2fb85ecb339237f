#include "workloads/step_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
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

namespace {

constexpr double kOrdinary = 0.997;  ///< fleet: the share of gradients that are no stragglers'
constexpr double kAmplitude = 1;     ///< tail: A

/// Where workers are memoryless, of P of them one gradient in 10⁷ is staler than 16P.
constexpr std::size_t kBinsOfWorker = 16, kFewestBins = 1024, kMostBins = std::size_t{1} << 22;

/// e^(−βτ), β = ln(1 + x)/x, at τ, with x half of the percentile; β = 1 is its limit at x = 0.
double exponential_damping(double staleness, double percentile) {
  const double x = percentile / 2;
  const double beta = x > 0 ? std::log1p(x) / x : 1;
  return std::exp(-beta * staleness);
}

}  // namespace

const std::vector<StalenessPolicyEntry>& staleness_policy_catalog() {
  using enum StalenessPolicy;
  static const std::vector<StalenessPolicyEntry> table{
      {"none", "none", "γ, however stale the gradient", none, kNeedsNothing},
      {"inverse", "inverse", "γ / max(1, τ) for a gradient that is τ updates old", inverse,
       kNeedsStaleness},
      {"delay-adaptive", "delay-adaptive", "γ·P / max(P, τ), of P workers", delay_adaptive,
       kNeedsStaleness},
      {"fleet", "fleet",
       "γ·e^(−βτ), which meets γ / (1 + τ) at half of the 99.7th percentile of τ so far", fleet,
       kNeedsStaleness | kNeedsMemory},
      {"tail", "tail", "γ·(2 − 2F(τ)), F the distribution of τ so far: fresh gradients get more",
       tail, kNeedsStaleness | kNeedsMemory},
      {"dc", "dc[:λ]", "the gradient g + λ·g²·(w − w′), computed at w′ and landing in w; λ is 0.04",
       dc, kNeedsReadParameters},
      {"dc-adaptive", "dc-adaptive", "dc with λ = 2 / √(the running mean of g² + 1e-7)",
       dc_adaptive, kNeedsReadParameters | kNeedsMemory},
      {"gap-aware", "gap-aware",
       "g / (1 + |w − w′|/C), C = γ₀·√(the running mean of g²) as it landed", gap_aware,
       kNeedsReadParameters | kNeedsMemory},
  };
  return table;
}

const StalenessPolicyEntry& policy_entry(StalenessPolicy policy) {
  const auto& table = staleness_policy_catalog();
  return *std::find_if(table.begin(), table.end(),
                       [&](const auto& row) { return row.policy == policy; });
}

double memoryless_damping(StalenessPolicy policy, std::uint64_t staleness, std::size_t workers) {
  const auto at_least = [&](std::uint64_t least) {
    return static_cast<double>(std::max(least, staleness));
  };
  if (policy == StalenessPolicy::inverse) return 1 / at_least(1);
  if (policy == StalenessPolicy::delay_adaptive)
    return static_cast<double>(workers) / at_least(workers);
  return 1;
}

void StalenessCounts::add(std::uint64_t staleness) {
  for (std::size_t k = bin_of(staleness) + 1; k < tree_.size(); k += k & -k) ++tree_[k];
}

std::uint64_t StalenessCounts::first(std::size_t bins) const {
  std::uint64_t sum = 0;
  for (; bins != 0; bins -= bins & -bins) sum += tree_[bins];
  return sum;
}

std::uint64_t StalenessCounts::quantile(double q) const {
  // The most bins that hold less than that together, a power of 2 at a time.
  double left = q * static_cast<double>(count());
  std::size_t bins = 0;
  for (std::size_t half = (tree_.size() - 1) / 2; half != 0; half /= 2) {
    const auto more = static_cast<double>(tree_[bins + half]);
    if (more >= left) continue;
    left -= more;
    bins += half;
  }
  return bins;
}

StalenessDamping::StalenessDamping(StalenessPolicy policy, std::size_t workers)
    : policy_(policy), workers_(workers) {
  if (!needs(policy, kNeedsMemory) || !needs(policy, kNeedsStaleness)) return;
  met_ =
      StalenessCounts(std::bit_ceil(std::clamp(kBinsOfWorker * workers, kFewestBins, kMostBins)));
}

double StalenessDamping::factor(std::uint64_t staleness) {
  if (!met_.has_memory()) return memoryless_damping(policy_, staleness, workers_);
  met_.add(staleness);
  const auto tau = static_cast<double>(staleness);
  if (policy_ == StalenessPolicy::fleet)
    return exponential_damping(tau, static_cast<double>(met_.quantile(kOrdinary)));
  // 2F(τ) is the share of those below τ and of those up to it.
  const std::uint64_t twice = met_.below(staleness) + met_.up_to(staleness);
  return 1 + kAmplitude * (1 - static_cast<double>(twice) / static_cast<double>(met_.count()));
}

}  // namespace sgdbench

// What can be compared: a row per metric, and what value a run has by it.
#include <algorithm>
#include <array>
#include <cmath>

#include "results/comparison/comparison.h"
#include "results/comparison/parts.h"
#include "results/outcome.h"

namespace sgdbench {
namespace {

using R = RunRecord;
using enum Metric::Kind;
using enum Metric::Better;
using enum Metric::Absence;

template <auto Member>
std::optional<double> get(const R& run) {
  if (!(run.*Member)) return std::nullopt;
  return static_cast<double>(*(run.*Member));
}

std::optional<double> seconds_per_epoch(const R& run) {
  const auto outcome = outcome_of(run);
  return std::isfinite(outcome.whole_epoch_s) ? std::optional(outcome.whole_epoch_s) : std::nullopt;
}

/// (f − f*)/(f(x₀) − f*) times a constant that both reports share: f − f*, no less than what the
/// optimum is known to.
std::optional<double> suboptimality(const R& run) {
  if (!run.loss_final || !run.loss_optimum) return std::nullopt;
  const double known_to =
      std::max(run.optimum_gap.value_or(0), 1e-12 * std::max(1.0, std::abs(*run.loss_optimum)));
  return std::max(*run.loss_final - *run.loss_optimum, known_to);
}

/// 1 where it did not come through, or missed its target.
std::optional<double> missed_it(const R& run) {
  const auto outcome = outcome_of(run);
  if (!outcome.counts) return std::nullopt;
  return !outcome.healthy || (names_target(run) && !outcome.reached) ? 1 : 0;
}

constexpr bool kNoisy = true, kQuiet = false, kWhateverClock = true;

constexpr auto kMetrics = std::to_array<Metric>({
    {"wall_s", time, lower, unfinished, kNoisy, get<&R::wall_s>},
    {"epoch_s", time, lower, told, kNoisy, seconds_per_epoch},
    {"time_to_target_s", time, lower, missed, kNoisy, get<&R::time_to_target_s>,
     get<&R::time_to_target_low_s>, get<&R::time_to_target_high_s>},
    {"epochs_to_target", quality, lower, missed, kQuiet, get<&R::epochs_to_target>},
    {"updates_to_target", quality, lower, missed, kQuiet, get<&R::updates_to_target>},
    {"examples_per_s", time, higher, nothing, kNoisy, get<&R::examples_per_s>},
    {"updates_per_s", time, higher, nothing, kNoisy, get<&R::updates_per_s>},
    {"suboptimality", quality, lower, Metric::Absence::diverged, kQuiet, suboptimality},
    {"loss_final", quality, lower, Metric::Absence::diverged, kQuiet, get<&R::loss_final>},
    {"loss_test", quality, lower, Metric::Absence::diverged, kQuiet, get<&R::loss_test>},
    {"accuracy_final", points, higher, nothing, kQuiet, get<&R::accuracy_final>},
    {"misses", event, lower, told, kNoisy, missed_it},
    {"updates", count, neither, nothing, kQuiet, get<&R::updates>},
    {"gradient_evaluations", count, neither, nothing, kQuiet, get<&R::gradient_evaluations>},
    {"staleness_mean", count, lower, nothing, kNoisy, get<&R::staleness_mean>},
    {"staleness_p95", count, lower, nothing, kNoisy, get<&R::staleness_p95>},
    {"staleness_max", count, lower, nothing, kNoisy, get<&R::staleness_max>},
    {"compute_s", time, lower, nothing, kNoisy, get<&R::compute_s>},
    {"wait_s", time, lower, nothing, kNoisy, get<&R::wait_s>},
    {"communicate_s", time, lower, nothing, kNoisy, get<&R::communicate_s>},
    {"queue_s", time, lower, nothing, kNoisy, get<&R::queue_s>},
    {"observe_s", time, lower, nothing, kNoisy, get<&R::observe_s>},
    {"load_s", time, lower, nothing, kNoisy, get<&R::load_s>, nullptr, nullptr, kWhateverClock},
    {"memory_bytes", memory, lower, nothing, kNoisy, get<&R::memory_bytes>, nullptr, nullptr,
     kWhateverClock},
});

}  // namespace

std::span<const Metric> metric_table() {
  return kMetrics;
}

const Metric* metric_called(std::string_view name) {
  const auto found = std::find_if(kMetrics.begin(), kMetrics.end(),
                                  [&](const Metric& metric) { return metric.name == name; });
  return found == kMetrics.end() ? nullptr : &*found;
}

std::optional<double> value_of(const Metric& metric, const RunRecord& run) {
  const auto outcome = outcome_of(run);
  if (!outcome.counts) return std::nullopt;
  const auto value = metric.get(run);
  switch (metric.absence) {
    case missed:
      if (!names_target(run)) return outcome.healthy ? value : std::nullopt;
      return outcome.reached ? value : std::optional(kNever);
    case unfinished:
      return value || run.status == "timeout" ? std::optional(outcome.wall_s) : std::nullopt;
    case Metric::Absence::diverged:
      if (run.status == "diverged") return kNever;
      break;
    case told:
      return value;
    case nothing:
      break;
  }
  return run.status == "ok" ? value : std::nullopt;
}

bool is_noisy(const Metric& metric, const RunRecord& run) {
  return metric.noisy && (metric.whatever_clock || run.clock != "virtual");
}

bool is_exact(const Metric& metric, const RunRecord& run) {
  // Settings that were searched for by real times may be others each time.
  const bool found_by_clock = !run.tuned.empty() && run.clock != "virtual";
  return run.deterministic && !found_by_clock && metric.kind != event && !is_noisy(metric, run);
}

double on_scale(const Metric& metric, double value) {
  if (metric.kind == event) return value;
  if (metric.kind == points) return worse_sign(metric) * value;
  if (std::isinf(value)) return HUGE_VAL;  // a run that never came to its end
  return value > 0 ? worse_sign(metric) * std::log(value) : kNoValue;
}

double allowed(const Metric& metric, const Criteria& criteria) {
  switch (metric.kind) {
    case event:
      return 0;
    case points:
      return criteria.max_points;
    case memory:
      return std::log1p(criteria.max_memory);
    case time:
      return std::log1p(criteria.max_regression);
    case count:
    case quality:
      return std::log1p(criteria.max_loss);
  }
  return 0;
}

std::size_t least_repeats(double alpha, bool paired) {
  std::size_t n = 1;
  while (least_p(n, n, paired) > alpha && n < 1000) ++n;
  return n;
}

}  // namespace sgdbench

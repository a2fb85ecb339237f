#include "results/comparison/metrics.h"

#include <array>

#include "results/outcome.h"

namespace sgdbench {
namespace {

using R = RunRecord;
using enum Metric::Absence;

template <auto Member>
std::optional<double> get(const R& run) {
  if (!(run.*Member)) return std::nullopt;
  return static_cast<double>(*(run.*Member));
}

constexpr bool kLower = false, kHigher = true, kTimed = true, kCourse = false;

constexpr auto kMetrics = std::to_array<Metric>({
    {"time_to_target_s", kLower, missed, kTimed, get<&R::time_to_target_s>,
     get<&R::time_to_target_low_s>, get<&R::time_to_target_high_s>},
    {"wall_s", kLower, unfinished, kTimed, get<&R::wall_s>},
    {"epochs_to_target", kLower, missed, kCourse, get<&R::epochs_to_target>},
    {"updates_to_target", kLower, missed, kCourse, get<&R::updates_to_target>},
    {"examples_per_s", kHigher, nothing, kTimed, get<&R::examples_per_s>},
    {"updates_per_s", kHigher, nothing, kTimed, get<&R::updates_per_s>},
    {"loss_final", kLower, diverged, kCourse, get<&R::loss_final>},
    {"loss_test", kLower, diverged, kCourse, get<&R::loss_test>},
    {"accuracy_final", kHigher, nothing, kCourse, get<&R::accuracy_final>},
    {"updates", kLower, nothing, kCourse, get<&R::updates>},
    {"gradient_evaluations", kLower, nothing, kCourse, get<&R::gradient_evaluations>},
    {"staleness_mean", kLower, nothing, kTimed, get<&R::staleness_mean>},
    {"staleness_p95", kLower, nothing, kTimed, get<&R::staleness_p95>},
    {"staleness_max", kLower, nothing, kTimed, get<&R::staleness_max>},
    {"compute_s", kLower, nothing, kTimed, get<&R::compute_s>},
    {"wait_s", kLower, nothing, kTimed, get<&R::wait_s>},
    {"communicate_s", kLower, nothing, kTimed, get<&R::communicate_s>},
    {"observe_s", kLower, nothing, kTimed, get<&R::observe_s>},
    {"load_s", kLower, nothing, kTimed, get<&R::load_s>},
    {"peak_rss_bytes", kLower, nothing, kTimed, get<&R::peak_rss_bytes>},
});

}  // namespace

std::span<const Metric> metric_table() {
  return kMetrics;
}

std::optional<double> value_of(const Metric& metric, const RunRecord& run) {
  const auto outcome = outcome_of(run);
  const auto value = metric.get(run);
  if (!outcome.counts) return std::nullopt;
  switch (metric.absence) {
    case missed:
      if (!names_target(run)) return outcome.healthy ? value : std::nullopt;
      return outcome.reached ? value : std::optional(kNever);
    case unfinished:
      return value || run.status == "timeout" ? std::optional(outcome.wall_s) : std::nullopt;
    case Metric::Absence::diverged:
      if (run.status == "diverged") return kNever;
      break;
    case nothing:
      break;
  }
  return run.status == "ok" ? value : std::nullopt;
}

bool is_exact(const Metric& metric, const RunRecord& run) {
  // Settings that were searched for by real times may be others each time.
  const bool found_by_clock = !run.tuned.empty() && run.clock != "virtual";
  return run.deterministic && !found_by_clock && (!metric.timed || run.clock == "virtual");
}

}  // namespace sgdbench

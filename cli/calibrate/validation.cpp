#include "cli/calibrate/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "backends/conditions/conditions.h"
#include "cli/terminal.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::uint64_t kFirst = 10;  ///< gradients that are left out

Seconds length(const Slice& slice) {
  return seconds(slice.end - slice.begin);
}

/// What is left of a gradient's time when its injected part is taken away:
/// slowdown·(own + delay) = time.
Seconds own_time(Seconds time, const RunSpec& spec, std::size_t worker, std::uint64_t gradient) {
  const auto& c = spec.conditions;
  const Seconds delay = compute_time(c, spec.seed, worker, gradient, 0);
  const double factor = compute_time(c, spec.seed, worker, gradient, 1) - delay;
  return std::max(0.0, (time - delay) / factor);
}

void add_track(MeasuredDurations& durations, const Track& track, std::size_t worker,
               const RunSpec& spec) {
  Seconds service = 0;
  for (const auto& slice : track.slices()) {
    if (slice.gradient <= kFirst) continue;
    if (slice.activity == Activity::compute) {
      durations.compute.push_back(own_time(length(slice), spec, worker, slice.gradient - 1));
      if (service > 0) durations.service.push_back(service);
      service = 0;
    } else if (phase_of(slice.activity) == Phase::communicate) {
      service += length(slice);
    }
  }
}

}  // namespace

MeasuredDurations measured_durations(const Timeline& timeline, const RunSpec& spec) {
  MeasuredDurations durations;
  for (std::size_t worker = 0; worker < spec.workers; ++worker)
    add_track(durations, timeline.tracks[worker], worker, spec);
  return durations;
}

std::string trace_text(std::span<const Seconds> durations, std::string_view heading) {
  const auto kept = durations.last(std::min(durations.size(), kMostLines));
  std::string text = fmt::format("# {}\n", heading);
  for (const Seconds duration : kept) text += fmt::format("{:.0f}ns\n", duration * 1e9);
  return text;
}

namespace {

constexpr std::size_t kTraceSlices = 200'000;  ///< kept of the one worker's timeline

RunOutcome run_whole(const BackendEntry& entry, const RunSpec& spec, const Problem& problem) {
  if (auto why = entry.why_not(spec, problem); !why.empty()) throw UsageError(why);
  auto outcome = entry.make(spec, problem)->run(spec, interrupted());
  if (outcome.stopped != Stopped::completed && !interrupted())
    throw std::runtime_error("a run did not come to its end: its step size may be too large");
  return outcome;
}

Observation summary_of(const RunOutcome& run, const Problem& problem) {
  Observation outcome;
  StalenessHistogram staleness;
  double waited = 0, examples = 0;
  for (const auto& worker : run.workers) {
    staleness.merge(worker.staleness);
    // A simulated server has a queue where a real one's lock is waited for.
    waited += seconds(worker.time.spent(Phase::wait) + worker.time.spent(Phase::queue));
    examples += static_cast<double>(worker.applied);
  }
  const double wall = seconds(run.wall);
  outcome.epoch_s = wall * static_cast<double>(problem.examples()) / examples;
  outcome.staleness_mean = staleness.mean();
  outcome.staleness_p95 = static_cast<double>(staleness.quantile(0.95));
  outcome.wait_share = waited / (wall * static_cast<double>(run.workers.size()));
  return outcome;
}

/// The same configuration where no worker waits for another. Workers that sleep take no core from
/// each other, and one of them says it all; others are measured as many as will run, because a
/// machine rarely gives each of its cores what it gives one alone.
RunSpec unhindered(RunSpec spec) {
  spec.protocol = "async";
  const bool sleeps =
      spec.conditions.mode == DelayMode::sleep && !spec.conditions.compute_delay.is_zero();
  if (!sleeps) return spec;
  spec.workers = 1;
  std::erase_if(spec.conditions.stragglers, [](const Straggler& s) {
    return s.kind == Straggler::Kind::worker && s.which > 0;
  });
  return spec;
}

RunSpec simulated(RunSpec spec, const MeasuredDurations& durations, const BackendEntry& simulator) {
  spec.backend = simulator.name;
  spec.simulation.compute_time = Distribution::trace(durations.compute);
  spec.simulation.service = Distribution::trace(durations.service);
  return spec;
}

}  // namespace

MeasuredDurations calibrate(const Setup& setup, const Problem& problem, std::uint64_t repeat) {
  RunSpec spec = unhindered(setup.spec);
  spec.seed += repeat;
  spec.timeline_slices = kTraceSlices;
  auto durations = measured_durations(run_whole(*setup.backend, spec, problem).timeline, spec);
  if (!interrupted() && (durations.compute.empty() || durations.service.empty()))
    throw UsageError("too few gradients to measure: more --epochs, or a smaller --batch");
  return durations;
}

Validation validate(const Setup& setup, const BackendEntry& simulator, const Problem& problem) {
  Validation validation{setup, {}, {}, {}};
  for (std::uint64_t repeat = 0; repeat < setup.configuration.repeats; ++repeat) {
    RunSpec spec = setup.spec;
    spec.seed += repeat;
    const auto durations = calibrate(setup, problem, repeat);
    if (interrupted()) break;
    const auto measured = run_whole(*setup.backend, spec, problem);
    if (interrupted()) break;
    const auto predicted = run_whole(simulator, simulated(spec, durations, simulator), problem);
    if (interrupted()) break;
    validation.measured.push_back(summary_of(measured, problem));
    validation.predicted.push_back(summary_of(predicted, problem));
    if (repeat == 0) validation.durations = durations;
  }
  return validation;
}

}  // namespace sgdbench

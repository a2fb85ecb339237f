// `sgdbench calibrate`: what a gradient and a contact with the server take on this machine, as
// files for `trace:`; and, where workers are named, whether the simulator predicts real threads
// from that.
#include "cli/calibrate/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>
#include <stdexcept>

#include "backends/conditions/conditions.h"
#include "backends/fork_join.h"
#include "cli/configuration.h"
#include "cli/files.h"
#include "cli/outputs.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/atomic_file.h"
#include "results/environment.h"
#include "results/statistics.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

struct Measure {
  std::string_view name;
  double Observation::*value;
  std::string (*show)(double);
};

std::string updates(double value) {
  return fmt::format("{:.2f}", value);
}

constexpr std::array<Measure, 4> kMeasures{{
    {"time per epoch", &Observation::epoch_s, human_seconds},
    {"mean staleness", &Observation::staleness_mean, updates},
    {"staleness, 95 %", &Observation::staleness_p95, updates},
    {"waiting", &Observation::wait_share, human_share},
}};

double median_of(const std::vector<Observation>& outcomes, const Measure& measure) {
  std::vector<double> values;
  for (const auto& outcome : outcomes) values.push_back(outcome.*measure.value);
  return median(values);
}

/// "" where the measured value is too near 0 for a ratio to say anything.
std::string ratio(double measured, double predicted) {
  return measured < 0.005 && predicted < 0.005 ? "" : fmt::format("{:.2f}", predicted / measured);
}

}  // namespace

std::string validation_table(const std::vector<Validation>& all) {
  TextTable table({"protocol", "workers", "median of", "measured", "simulated", "ratio"}, {2});
  for (const auto& one : all) {
    const auto& spec = one.setup.spec;
    for (const auto& measure : kMeasures) {
      const bool first = &measure == kMeasures.data();
      const double measured = median_of(one.measured, measure);
      const double predicted = median_of(one.predicted, measure);
      table.add({first ? spec.protocol : "", first ? std::to_string(spec.workers) : "",
                 std::string(measure.name), measure.show(measured), measure.show(predicted),
                 ratio(measured, predicted)});
    }
  }
  return table.text();
}

std::string validation_csv(const std::vector<Validation>& all) {
  std::string text =
      "protocol,workers,compute_delay,straggler,repeat,epoch_s,epoch_s_simulated,staleness_mean,"
      "staleness_mean_simulated,staleness_p95,staleness_p95_simulated,wait_share,"
      "wait_share_simulated\n";
  for (const auto& one : all) {
    const auto& spec = one.setup.spec;
    for (std::size_t i = 0; i < one.measured.size(); ++i) {
      text += fmt::format("\"{}\",{},\"{}\",\"{}\",{}", spec.protocol, spec.workers,
                          spec.conditions.compute_delay.text(), spec.conditions.straggler_text, i);
      for (const auto& measure : kMeasures)
        text += fmt::format(",{:.6g},{:.6g}", one.measured[i].*measure.value,
                            one.predicted[i].*measure.value);
      text += '\n';
    }
  }
  return text;
}

namespace {

/// The strategy that follows protocols on real threads, and the one on a virtual clock.
const BackendEntry& follower(bool virtual_clock) {
  for (const auto& entry : backend_catalog())
    if (entry.uses_protocol && entry.virtual_clock == virtual_clock) return entry;
  throw UsageError("this build has no backend that follows protocols");
}

/// Only gradients can be timed, and only where they take real time and follow a protocol.
void check_measurable(const Configuration& configuration) {
  if (configuration.tuned != 0)
    throw UsageError("calibrate takes numbers: settings are tuned by `run`");
  if (!trains(configuration))
    throw UsageError(fmt::format("calibrate measures gradients, and the workload {} has none",
                                 configuration.workload.workload));
  if (configuration.spec.backend != follower(false).name)
    throw UsageError(fmt::format("calibrate measures {}: leave --backend {} out",
                                 follower(false).name, configuration.spec.backend));
}

std::vector<Configuration> measurable_configurations(const Given& given) {
  for (const auto* option : {"--workload", "--data"})
    if (!given.has(option))
      throw UsageError(fmt::format("calibrate needs {}; see 'sgdbench calibrate --help'", option));
  Given all = given;
  all.add_default("--backend", std::string(follower(false).name));
  if (!all.has("--workers")) all.add_default("--workers", "1");
  auto configurations = expand_configurations(all, available_cores());
  for (const auto& configuration : configurations) check_measurable(configuration);
  say_out_of_scope({all}, configurations, given.has("--quiet"));
  if (by_data(configurations).size() > 1 || by_problem(configurations).size() > 1)
    throw UsageError("calibrate measures one problem: one workload, one data set, one network");
  return configurations;
}

std::string durations_line(std::string_view name, std::vector<Seconds> durations) {
  std::sort(durations.begin(), durations.end());
  const auto at = [&](double q) {
    return durations[static_cast<std::size_t>(q * static_cast<double>(durations.size() - 1))];
  };
  const double mean = std::accumulate(durations.begin(), durations.end(), 0.0) /
                      static_cast<double>(durations.size());
  return fmt::format("{}: mean {}, median {}, 99 % below {}, largest {}; {} measured\n", name,
                     human_seconds(mean), human_seconds(at(0.5)), human_seconds(at(0.99)),
                     human_seconds(durations.back()), durations.size());
}

/// A file in the folder of --output, and what it has.
struct DurationsFile {
  std::string_view name, heading;
  std::vector<Seconds> MeasuredDurations::*durations;
};
constexpr DurationsFile kDurationsFiles[] = {
    {"compute.trace", "what each gradient took", &MeasuredDurations::compute},
    {"service.trace", "what each contact with the server took", &MeasuredDurations::service}};

void write_traces(const std::filesystem::path& folder, const MeasuredDurations& durations,
                  const std::string& command) {
  for (const auto& file : kDurationsFiles)
    write_atomically(folder / file.name, trace_text(durations.*file.durations,
                                                    fmt::format("{}: {}", file.heading, command)));
}

/// Before anything is measured.
void check_outputs(const Given& given, const std::vector<Configuration>& configurations) {
  FileUse files;
  files.reads_of(configurations);
  check_writable("-");
  if (!given.has("--output")) return;
  const std::filesystem::path folder = given.text("--output");
  if (folder.empty() || folder == "-") throw UsageError("--output: name a folder");
  for (const auto& file : kDurationsFiles) files.writes("--output", folder / file.name);
  make_folder(folder);
  for (const auto& file : kDurationsFiles) check_writable(folder / file.name);
}

std::string durations_text(const MeasuredDurations& durations) {
  return durations_line("a gradient", durations.compute) +
         durations_line("a contact with the server", durations.service);
}

std::string as_text(const std::vector<Validation>& all) {
  return durations_text(all[0].durations) + "\n" + validation_table(all);
}
constexpr Format<std::vector<Validation>> kValidationFormats[] = {{"table", as_text},
                                                                  {"csv", validation_csv}};

}  // namespace

int calibrate_verb(const Invocation& invocation) {
  const auto& given = invocation.given;
  const auto& format = find_by_name(kValidationFormats, "format", given.text("--format", "table"));
  const auto configurations = measurable_configurations(given);
  check_sources(configurations);
  check_outputs(given, configurations);
  catch_interrupts();
  const auto parallel = threaded_for(available_cores());
  Progress progress(configurations.size(), given.has("--quiet"));
  progress.say("loading " + configurations.front().data.source);
  const auto data = load_interruptibly(configurations.front().data, parallel);
  tell_notes(data, progress);
  const auto problem = make_problem(configurations.front().workload, data);
  std::vector<Validation> all;
  for (const auto& configuration : configurations) {
    const auto setup = settle(configuration, *problem, available_cores());
    progress.step(
        fmt::format("{} with {} workers", configuration.spec.protocol, configuration.spec.workers));
    all.push_back(validate(setup, follower(true), *problem));
    if (interrupted()) return kInterruptedExit;
  }
  progress.clear();
  if (given.has("--output"))
    write_traces(given.text("--output"), all[0].durations, invocation.command);
  print(format.render(all));
  return 0;
}

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

// Distributed training on simulated workers: real gradients under a virtual clock (engine.h).
//
// One real worker computes for all simulated ones; the protocol, the dealing of work and the server
// are those of the parameter server's threads.
//
// Thread safety: a run is one thread's.
#include <algorithm>

#include "backends/backend.h"
#include "backends/loops.h"
#include "backends/simulator/center.h"
#include "backends/simulator/engine.h"
#include "backends/waiting.h"
#include "backends/worker_pool.h"
#include "results/environment.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// Above so many workers, all have one staleness histogram, the first one's: of 19 KB each, those
/// of a thousand workers are out of the cache, and to miss it costs as much as all else of an
/// event.
constexpr std::size_t kMostHistograms = 256;

class Simulator final : public Backend {
 public:
  Simulator(const RunSpec& spec, const Problem& problem)
      : problem_(problem), rule_(problem.make_rule(spec.rule)), contexts_(spec.workers) {
    const auto& kernels = find_by_name(kernel_catalog(), "kernel set", spec.kernels);
    WorkerOptions options{rule_.get(), spec.batch, kernels.kernels};
    options.keeps_read = keeps_read(spec);
    tool_.compute = problem.make_worker(options);
    tool_.rows.resize(std::min(problem.examples(), spec.batch));
  }

  RunOutcome run(const RunSpec& spec, const std::atomic<bool>& interrupt,
                 const AtPoint& at_point) override {
    const FlushedDenormals flushed;
    Nanoseconds evaluating = 0;
    const AtPoint timed_point = [&](const Snapshot& snapshot) {
      const Nanoseconds begun = now();
      const bool ends = at_point(snapshot);
      evaluating += now() - begun;
      return ends;
    };
    auto protocol = make_protocol(spec.protocol, spec.workers, spec.max_staleness);
    const Partition partition = partition_for(protocol->traits(), spec);
    const AtPoint none;
    Run run(problem_, *rule_, spec, partition, interrupt, at_point ? timed_point : none, contexts_);
    share_histogram();
    run.record(0, 0, {run.w()}, Access::exclusive);

    const Nanoseconds begun = now();
    RunOutcome result;
    if (problem_.parameters() == 0) {
      Tally tally(run, std::move(protocol), tool_.compute->read_bytes());
      train(run, tally, result);
    } else {
      Learner learner(run, std::move(protocol), tool_);
      train(run, learner, result);
    }
    result.simulating = std::max<Nanoseconds>(1, now() - begun - evaluating);
    result.paused = at_point && spec.recording;
    return result;
  }

 private:
  void share_histogram() {
    if (contexts_.size() <= kMostHistograms) return;
    for (auto& context : contexts_) context.staleness = &contexts_.front().report.staleness;
  }

  template <class Center>
  void train(Run& run, Center& center, RunOutcome& result) {
    Engine<Center> engine(run, center);
    engine.run();
    result.events = engine.events();
    result.wall = to_nanoseconds(engine.end());
    result.updates = run.updates_now();
    result.evaluations = run.rule.evaluations();
    run.record(run.curve.last(), result.wall, {run.w(), result.updates, run.examples_now()},
               Access::exclusive);
    result.curve = run.curve.take();
    result.stopped = run.stop.reason();
    if (run.spec.recording) result.staleness_mode = "exact";
    add_link(run.spec, engine, result);
    result.timeline = engine.accounts().take_timeline();
    for (std::size_t w = 0; w < contexts_.size(); ++w)
      result.workers.push_back(report(contexts_[w], engine.accounts(), w));
  }

  template <class Center>
  static void add_link(const RunSpec& spec, const Engine<Center>& engine, RunOutcome& result) {
    if (!is_through_server(spec.simulation.all_reduce)) return;
    if (spec.conditions.delays_messages()) result.traffic = engine.traffic();
    if (result.traffic || !spec.simulation.service.is_zero())
      result.link_busy = to_nanoseconds(engine.link_busy());
  }

  static WorkerReport report(WorkerContext& context, const Accounts& accounts, std::size_t worker) {
    WorkerReport& report = context.report;
    report.updates = context.updates.load(std::memory_order_relaxed);
    report.applied = context.examples.load(std::memory_order_relaxed);
    Nanoseconds time = 0;
    report.time.start(time);
    for (const auto phase : kAllPhases) {
      report.time.enter(phase, time);
      time += accounts.spent(worker, phase);
      report.time.stop(time);
    }
    return std::move(report);
  }

  const Problem& problem_;
  const std::unique_ptr<const Rule> rule_;
  std::vector<WorkerContext> contexts_;  // of simulated workers, none of which computes
  WorkerContext tool_;                   // whose worker computes for all of them
};

bool computing_takes_time(const RunSpec& spec) {
  const auto& simulation = spec.simulation;
  return !simulation.compute_time.is_zero() || !spec.conditions.compute_delay.is_zero() ||
         std::any_of(simulation.cluster.begin(), simulation.cluster.end(),
                     [](const auto& one) { return !one.compute.is_zero(); });
}

std::string why_no_all_reduce(const RunSpec& spec) {
  const auto how = spec.simulation.all_reduce;
  if (is_through_server(how)) return "";
  if (how == AllReduce::library)
    return "what a library chooses has no known cost: ring, recursive-doubling and tree have";
  const auto name = std::string(to_string(how));
  if (!make_protocol(spec.protocol, spec.workers)->traits().whole_rounds)
    return "an all-reduce by " + name +
           " needs every worker in every update: use `protocol` bsp or local:H";
  if (spec.conditions.latency.kind() != Distribution::Kind::constant)
    return "the cost of an all-reduce by " + name + " is known for a constant `latency` only";
  if (!spec.simulation.service.is_zero() || spec.simulation.shards != 1)
    return "an all-reduce by " + name + " has no server: `service` and `shards` mean nothing";
  return "";
}

}  // namespace

// Elastic replicas live on: one for each worker.
std::string why_no_replicas(const RunSpec& spec, const Problem& problem) {
  if (make_protocol(spec.protocol, spec.workers)->traits().exchange != Exchange::elastic) return "";
  const std::uint64_t needed =
      spec.workers * problem.make_rule(spec.rule)->state_size() * sizeof(Real);
  const std::uint64_t available = available_memory_bytes();
  if (needed <= available / 2) return "";
  return std::to_string(spec.workers) + " replicas take " + std::to_string(needed >> 20) +
         " MiB, more than half of the " + std::to_string(available >> 20) +
         " MiB that are free: use fewer workers";
}

std::string why_not_simulated(const RunSpec& spec) {
  const auto& cluster = spec.simulation.cluster;
  if (spec.workers > kMostSimulated)
    return "at most " + std::to_string(kMostSimulated) + " workers can be simulated";
  if (!cluster.empty() && workers_of(cluster) != spec.workers)
    return "the cluster has " + std::to_string(workers_of(cluster)) + " workers, not " +
           std::to_string(spec.workers);
  constexpr std::string_view kNeeds = "it needs `compute time`, `compute delay` or `cluster`";
  if (!computing_takes_time(spec) && !spec.conditions.stragglers.empty())
    return "a straggler is a gradient's time, multiplied, and here that is nothing: " +
           std::string(kNeeds);
  if (!computing_takes_time(spec) && spec.conditions.latency.is_zero())
    return "nothing takes any time here: " + std::string(kNeeds);
  return why_no_all_reduce(spec);
}

std::unique_ptr<Backend> make_simulator(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Simulator>(spec, problem);
}

}  // namespace sgdbench

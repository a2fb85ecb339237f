// SGD around servers that are processes of their own, under any protocol: S server ranks have a
// range of the parameters each, and of the rule's state (shard.h, coordinator.h); all other ranks
// compute (remote_worker.h). What parameter-server is among threads, over a network.
//
// Source: Li et al., "Scaling distributed machine learning with the parameter server", OSDI 2014.
//
// Rank 0 is the first server: it leads, and evaluates, and computes nothing meanwhile. A point of
// the curve that is evaluated at once waits for all workers to come to their next contact: a
// gradient that is under way elsewhere can't be made to stand still. Its clock goes on until then,
// as theirs do.
//
// Thread safety: a rank has one thread, which alone calls MPI.

#include <memory>
#include <optional>

#include "backends/mpi/communicator.h"
#include "backends/mpi/coordinator.h"
#include "backends/mpi/orders.h"
#include "backends/mpi/rank_report.h"
#include "backends/mpi/remote_worker.h"
#include "backends/run.h"
#include "backends/server.h"
#include "backends/worker_pool.h"
#include "results/cpu_state.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// What rank 0 has to know of each rank at the end.
struct ServedReport {
  SpentTimes time;
  std::uint64_t computed, local_steps;
  Stopped reason;
  bool pinned;
  RemoteReport remote;
};

class MpiParameterServer final : public Backend {
 public:
  /// By all ranks of the run, together.
  MpiParameterServer(const RunSpec& spec, const Problem& problem)
      : ranks_(first_ranks(spec.workers + spec.simulation.shards)),
        shards_(spec.simulation.shards),
        problem_(problem),
        contexts_(spec.workers),
        core_(core_of_rank(ranks_, shards_)) {
    ranks_.together([&] { prepare(spec); });
    const auto all = ranks_.gather(wants_coordinates_ ? "sparse" : "");
    sparse_ = !all.back().empty();
    has_cores_ = ranks_.ranks_here() <= usable_cpus().size();
  }

  RunOutcome run(const RunSpec& spec, const std::atomic<bool>& interrupt,
                 const AtPoint& at_point) override {
    const bool is_worker = ranks_.rank() >= shards_;
    const TiedThread tied(spec.pin && is_worker, core_);
    const FlushedDenormals flushed;
    // Rank 0 alone looks at the time, and at w.
    RunSpec own = spec;
    if (!ranks_.is_first()) own.max_seconds = 0;
    if (!ranks_.is_first()) own.evaluations = 1;
    const AtPoint none,
        together = [&](const Snapshot&seen) { return ends_at(ranks_, at_point, seen); };
    const auto protocol = make_protocol(spec.protocol, spec.workers, spec.max_staleness);
    const ProtocolTraits traits = protocol->traits();
    std::optional<Run> run;
    std::optional<WorkQueue> queue;
    std::optional<ServedRun> served;
    ranks_.together([&] {
      run.emplace(problem_, *rule_, own, partition(traits, own), interrupt,
                  at_point ? together : none, contexts_);
      queue.emplace(run->plan, traits.arrivals, spec.assign, spec.workers, pushes_blocks(traits));
      served.emplace(ServedRun{.ranks = ranks_,
                               .ranges = {problem_.parameters(), shards_},
                               .run = *run,
                               .traits = traits,
                               .sparse = sparse_ && traits.exchange == Exchange::gradient,
                               .has_cores = has_cores_});
    });
    ranks_.broadcast(run->w());
    const std::size_t me = is_worker ? ranks_.rank() - shards_ : 0;
    if (run->pause)
      for (std::size_t w = 0; w < contexts_.size(); ++w)
        if (w != me) run->pause->idle(w);
    ServedReport report{};
    if (is_worker)
      report.remote = work(*run, *served, *queue, me);
    else
      report.remote = serve(*run, *served, *queue);
    report.pinned = tied.is_tied();
    return outcome(*run, report, is_worker ? &contexts_[me] : nullptr);
  }

 private:
  void prepare(const RunSpec& spec) {
    rule_ = problem_.make_rule(spec.rule);
    if (ranks_.rank() < shards_) return;
    const auto& kernels = find_by_name(kernel_catalog(), "kernel set", spec.kernels);
    auto& worker = contexts_[ranks_.rank() - shards_].compute;
    worker = problem_.make_worker({rule_.get(), spec.batch, kernels.kernels});
    // Whether gradients are sparse, one of them says.
    const std::uint32_t first = 0;
    worker->prepare({&first, 1});
    wants_coordinates_ = worker->wanted().has_value();
  }

  Partition partition(const ProtocolTraits& traits, const RunSpec& spec) const {
    return pushes_blocks(traits) ? committing_partition(spec, problem_.examples())
                                 : partition_for(traits, spec);
  }

  /// Where rank 0 evaluates. Whether it ends the run, or fails, it says itself.
  void stand_still() const {
    try {
      ends_at(ranks_, {}, {});
    } catch (const std::runtime_error&) {
    }
  }

  /// All begin together.
  void begin(Run& run) const {
    ranks_.barrier();
    run.begin(now());
  }

  RemoteReport work(Run& run, const ServedRun& served, const WorkQueue& queue, std::size_t me) {
    std::optional<RemoteWorker> worker;
    ranks_.together([&] {
      worker.emplace(served, me, queue,
                     [&] { run.pause->hold(me, [&](Nanoseconds) { stand_still(); }); });
    });
    begin(run);
    return worker->work();
  }

  RemoteReport serve(Run& run, const ServedRun& served, WorkQueue& queue) {
    std::optional<Coordinator> coordinator;
    std::optional<FollowingShard> shard;
    ranks_.together([&] {
      if (ranks_.is_first()) {
        run.record(0, 0, {run.w()}, Access::exclusive);
        run.keep_server_track();
        coordinator.emplace(
            served, make_protocol(run.spec.protocol, run.spec.workers, run.spec.max_staleness),
            queue);
      } else {
        shard.emplace(served, ranks_.rank(), queue, [&] { stand_still(); });
      }
    });
    begin(run);
    const ServedOutcome outcome = coordinator ? coordinator->serve() : shard->serve();
    RemoteReport report;
    report.sent = outcome.sent;
    report.received = outcome.received;
    seen_ = outcome.seen;
    return report;
  }

  /// On rank 0 that of all; on the others, how it ended.
  RunOutcome outcome(Run& run, ServedReport& mine, WorkerContext* context) {
    ranks_.together([&] { run.rethrow(); });
    Track none;
    if (context != nullptr) {
      context->report.time.stop(context->time());
      context->track.close(context->time());
      mine.time = SpentTimes(context->report.time);
      mine.computed = context->report.computed;
      mine.local_steps = context->report.local_steps.value_or(0);
    }
    mine.reason = run.stop.reason();
    const auto all = gathered(ranks_, mine);
    RunOutcome result;
    if (run.spec.timeline_slices > 0) {
      auto tracks =
          gathered_tracks(ranks_, context ? context->track : none, run.spec.timeline_slices);
      tracks.erase(tracks.begin(), tracks.begin() + static_cast<std::ptrdiff_t>(shards_));
      result.timeline.tracks = std::move(tracks);
      result.timeline.has_server = run.server_track.records();
      if (run.server_track.records()) result.timeline.tracks.push_back(std::move(run.server_track));
    }
    result.stopped = all.front().reason;
    if (!ranks_.is_first()) return result;
    describe(run, {all.begin() + static_cast<std::ptrdiff_t>(shards_), all.end()}, result);
    return result;
  }

  void describe(Run& run, const std::vector<ServedReport>& workers, RunOutcome& result) {
    result.pinned = true;
    result.wall = seen_;  // clocks that begin behind one barrier are not quite the same
    for (const ServedReport& rank : workers) {
      result.wall = std::max(result.wall, rank.time.elapsed());
      result.pinned &= rank.pinned;
    }
    result.updates = run.updates_now();
    result.evaluations = run.rule.evaluations();
    result.paused = run.pause != nullptr;
    if (run.spec.recording) result.staleness_mode = "exact";
    run.record(run.curve.last(), result.wall, {run.w(), result.updates, run.examples_now()},
               Access::exclusive);
    result.stopped = run.stop.reason();
    result.curve = run.curve.take();
    result.traffic.emplace();
    std::uint64_t spread = 0, answers = 0;
    for (std::size_t w = 0; w < workers.size(); ++w) {
      const ServedReport& rank = workers[w];
      WorkerContext& context = run.contexts[w];
      WorkerReport report = std::move(context.report);
      report.time = rank.time.stopwatch(result.wall);
      report.updates = context.updates.load(std::memory_order_relaxed);
      report.applied = context.examples.load(std::memory_order_relaxed);
      report.computed = rank.computed;
      report.dropped = report.computed - report.applied;
      if (report.local_steps) report.local_steps = rank.local_steps;
      report.bytes_sent = rank.remote.sent;
      report.bytes_received = rank.remote.received;
      result.traffic->add(rank.remote.traffic);
      spread += rank.remote.spread;
      answers += rank.remote.answers;
      result.workers.push_back(std::move(report));
    }
    if (shards_ > 1 && answers > 0)
      result.version_spread = static_cast<double>(spread) / static_cast<double>(answers);
  }

  const Communicator& ranks_;
  const std::size_t shards_;
  const Problem& problem_;
  std::vector<WorkerContext> contexts_;  // of all workers, of which this rank's computes
  const std::size_t core_;
  Nanoseconds seen_ = 0;  // by rank 0 in the last run
  std::unique_ptr<const Rule> rule_;
  bool wants_coordinates_ = false, sparse_ = false, has_cores_ = false;
};

std::unique_ptr<Backend> make_with_servers(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<MpiParameterServer>(spec, problem);
}

}  // namespace

std::unique_ptr<Backend> make_mpi_parameter_server(const RunSpec& spec, const Problem& problem) {
  return led(spec, problem, make_with_servers);
}

}  // namespace sgdbench

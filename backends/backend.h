// The contract of a backend: how training is executed, and what it reports of itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/conditions/link.h"
#include "backends/run_spec.h"
#include "backends/work_queue.h"
#include "results/staleness.h"
#include "results/timeline.h"
#include "workloads/problem.h"

namespace sgdbench {

/// The parameters at one point of the loss curve, evaluated after the run.
struct Snapshot {
  Nanoseconds time = 0;  ///< since the start, when the copy began
  std::uint64_t updates = 0;
  std::uint64_t examples = 0;
  AlignedVector<Real> parameters;  ///< empty where they were evaluated in a pause
  std::size_t point = 0;           ///< which of the curve's points
};

/// A gradient, or a trained replica, that became part of an update.
struct LandedTask {
  std::uint64_t update = 0;  ///< which update, from 1
  std::size_t worker = 0;
  Task task;                  ///< the examples that it is of
  std::uint64_t version = 0;  ///< updates that were in the parameters that it was computed from
};

/// What one worker did. Conservation: computed = applied + dropped.
struct WorkerReport {
  Stopwatch time;             ///< sums to RunOutcome::wall for every worker
  std::uint64_t updates = 0;  ///< those that it completed: each is one worker's
  /// Mini-batch steps that it made on its replica; nothing where workers have none.
  std::optional<std::uint64_t> local_steps;
  std::uint64_t applied = 0;   ///< example gradients that landed in the parameters
  std::uint64_t computed = 0;  ///< example gradients whose computation was begun
  /// Of these, those that landed nowhere: discarded, cancelled, held or under way when the run
  /// ended. Each counts whole, however much of it was made.
  std::uint64_t dropped = 0;
  std::uint64_t full_gradient_examples = 0;  ///< example gradients in its parts of full gradients
  Nanoseconds full_gradient = 0;  ///< of its time, in those, waiting for the others included
  /// One sample for each of its mini-batch gradients that landed, or for some of them where they
  /// are sampled; or of several workers'.
  StalenessHistogram staleness;
  std::uint64_t bytes_sent = 0, bytes_received = 0;  ///< where it is a process and tells
  std::uint64_t last_update = 0;     ///< index (from 1) of its last applied update, where exact
  std::vector<LandedTask> landings;  ///< where RunSpec::landings asks for them
};

/// `failed`: a worker threw, and run() throws that when all have ended.
enum class Stopped { completed, time_limit, interrupted, not_finite, target, failed };

struct RunOutcome {
  Stopped stopped = Stopped::completed;
  Nanoseconds wall = 0;       ///< from the start of the workers to the end of the last one
  std::uint64_t updates = 0;  ///< changes of the shared parameters' version
  std::vector<WorkerReport> workers;
  std::uint64_t evaluations = 1;  ///< gradients evaluated for each that workers computed
  std::vector<Snapshot> curve;    ///< in order of time, the start and the end included
  /// exact; sampled: of some gradients; bound: of each gradient's stalest part. Empty where none
  /// was recorded.
  std::string staleness_mode;
  std::optional<double> lost_updates;
  bool paused = false;  ///< workers stood still while points were evaluated
  bool pinned = false;  ///< every worker had a core of its own
  /// Threads of this process that used over 5 % of a core in the run; nothing where others than
  /// workers ran meanwhile.
  std::optional<std::size_t> threads;
  /// Where messages are delayed, or are those of processes; not those of an all-reduce.
  std::optional<Traffic> traffic;
  /// For how long messages, and the server's own time for them, took the link; where either does.
  std::optional<Nanoseconds> link_busy;
  /// Of the versions of several servers' parts of the parameters in one pull, the mean of the
  /// largest difference; where there are several servers.
  std::optional<double> version_spread;
  Timeline timeline;         ///< where RunSpec::timeline_slices asks for one
  std::uint64_t events = 0;  ///< of a simulation
  /// Real time that a simulation took, evaluations in pauses excluded; 0: it was none.
  Nanoseconds simulating = 0;
};

/// Called at each inner point of the curve while all workers, and their clock, stand still; true
/// ends the run. The snapshot's parameters are gone afterwards.
using AtPoint = std::function<bool(const Snapshot&)>;

/// Thread safety: one run at a time. Threads are created when the backend is made, outside of any
/// measurement, and serve all its runs.
class Backend {
 public:
  virtual ~Backend() = default;
  /// Trains from the start. `interrupt` is polled at every block. With `at_point`, workers pause at
  /// each inner point of the curve; without, points are copied on the way. What a worker throws is
  /// thrown here when all have ended; another run may follow.
  virtual RunOutcome run(const RunSpec& spec, const std::atomic<bool>& interrupt,
                         const AtPoint& at_point = {}) = 0;
};

/// One row of the registry.
struct BackendEntry {
  std::string_view name;
  std::string_view summary;
  /// Options that mean something here; others are not swept over, and their columns stay empty.
  bool uses_protocol = false;
  bool uses_write = false;
  bool uses_persistence = false;
  bool uses_exchange = false;
  /// Which of RunSpec::conditions it obeys: those of gradients, those of messages.
  bool delays_compute = false;
  bool delays_messages = false;
  /// It obeys RunSpec::landings.
  bool lists_landings = false;
  /// It obeys Simulation::all_reduce.
  bool all_reduces = false;
  /// It obeys RunSpec::max_staleness.
  bool bounds_staleness = false;
  /// Its times are simulated: nothing that is measured beside a run says anything of it, and its
  /// times are not to be compared with real ones.
  bool virtual_clock = false;
  /// Never more than one worker: where no count is asked for, it is given one.
  bool one_worker = false;
  /// Its workers are processes: so many were started, and where no count is asked for it is given
  /// them. Null: they are threads.
  std::size_t (*processes)() = nullptr;
  /// Simulation::shards servers hold the parameters; where workers are processes, so are they, and
  /// they are the first ones.
  bool uses_shards = false;
  /// The kernel set that it always uses, whatever RunSpec::kernels says; "": what that says.
  std::string_view own_kernels = "";
  /// Mini-batches that one update averages; null where each is a step of its own.
  std::size_t (*gradients_per_update)(const RunSpec&) = nullptr;
  /// Mini-batches that land in one update, those that it doesn't average included: all steps of the
  /// replicas that it is made of. Null where it has no others.
  std::size_t (*gradients_landing)(const RunSpec&) = nullptr;
  /// Its workers meet at every update, in real time: a mini-batch that nobody chose is large enough
  /// to be worth the meeting. Null where they never do.
  bool (*meets_at_updates)(const RunSpec&) = nullptr;
  /// Whether the same seed gives the same parameters, bit for bit, on one build and machine.
  bool (*deterministic)(const RunSpec&);
  /// "" unless the configuration contradicts itself, whatever the problem: more workers to wait for
  /// than there are. Null where none can.
  std::string (*contradiction)(const RunSpec&) = nullptr;
  /// "" if it can run this, else why not: "built without oneDNN", "one worker only".
  std::string (*why_not)(const RunSpec&, const Problem&);
  /// "" if it was built.
  std::string (*unavailable)();
  /// Null where it was not built; the row stays listed. `problem` must outlive the backend.
  std::unique_ptr<Backend> (*make)(const RunSpec&, const Problem& problem);
};

const std::vector<BackendEntry>& backend_catalog();

/// Of one whose workers are processes, how many it needs, servers among them.
inline std::size_t processes_for(const BackendEntry& backend, const RunSpec& spec) {
  return spec.workers + (backend.uses_shards ? spec.simulation.shards : 0);
}

/// Examples that one update averages, of n: what a step size belongs to. Two configurations that
/// are the same algorithm, as P workers of batch b that wait for each other and one worker of batch
/// P·b, have the same number. `spec.batch` is settled; a configuration that contradicts itself
/// averages its own mini-batch.
std::size_t examples_per_update(const BackendEntry& backend, const RunSpec& spec, std::size_t n);

/// Examples that land in one update, while none ends at an epoch's end: all that replicas were
/// trained on since the last one, where replicas travel. `spec.batch` is settled.
std::uint64_t examples_landing(const BackendEntry& backend, const RunSpec& spec);

/// The mini-batch of each worker where the user named none: the problem's, or more where workers
/// meet at every update and it would be the meeting that is timed.
std::size_t suggested_batch(const BackendEntry& backend, const RunSpec& spec,
                            const Problem& problem);

}  // namespace sgdbench

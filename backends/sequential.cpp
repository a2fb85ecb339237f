// One stream of updates: the reference that every other strategy is checked against.
//
// The same strategy is the intra-op backend: there the worker is still one, but a team of threads
// shares the products and passes within each of its steps. The partition is ours, and each thread
// calls the library's kernel for one thread: measured, the library's own threads make an update of
// these sizes slower than one thread does. The result is that of one thread.

#include <algorithm>

#include "backends/fork_join.h"
#include "backends/loops.h"
#include "backends/pooled_backend.h"

namespace sgdbench {
namespace {

/// A copy of the spec with one worker.
RunSpec one_worker(RunSpec spec, std::string_view kernels) {
  spec.workers = 1;
  spec.kernels = kernels;
  return spec;
}

class Sequential final : public PooledBackend {
 public:
  Sequential(const RunSpec& spec, const Problem& problem) : PooledBackend(spec, problem) {}
  Sequential(const RunSpec& spec, const Problem& problem, std::size_t threads)
      : Sequential(spec, problem, threads, std::make_shared<ForkJoin>(threads, spec.pin)) {}

 private:
  Sequential(const RunSpec& spec, const Problem& problem, std::size_t threads,
             const std::shared_ptr<ForkJoin>& team)
      : PooledBackend(spec, problem, Threads::own, team_of(team, threads)), team_(team) {}

  /// Where gradients are delayed, those of a block are in one sleep: of about a millisecond, so
  /// that a run that is stopped has not made many updates whose time has not come.
  Partition partition(const RunSpec& spec) const override {
    Partition partition = in_place_partition(spec, problem().examples());
    const Seconds delay = spec.conditions.compute_delay.mean();
    if (delay * static_cast<double>(partition.length * partition.batch) > kSleep)
      partition = in_blocks_of(spec, static_cast<std::size_t>(kSleep / delay) * spec.batch);
    return partition;
  }

  void work(Run& run, std::size_t worker) override { train_alone(run, run.contexts[worker]); }

  void close(Run&, RunOutcome& outcome) override {
    if (team_ && !team_->pinned()) outcome.pinned = false;
  }

  static constexpr Seconds kSleep = 1e-3;
  std::shared_ptr<ForkJoin> team_;  ///< null: this worker alone
};

}  // namespace

std::unique_ptr<Backend> make_sequential(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Sequential>(spec, problem);
}

std::unique_ptr<Backend> make_onednn(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Sequential>(one_worker(spec, "onednn"), problem, spec.workers);
}

}  // namespace sgdbench

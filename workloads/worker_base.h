// The loop that every workload shares: mini-batch by mini-batch, prepare, read, compute, apply.
//
// A workload with a faster way to make an update in place (no gradient in memory) overrides
// run_in_place() for the cases where it has one and leaves the others to this loop.
#pragma once

#include <vector>

#include "workloads/problem.h"
#include "workloads/rules/slope_memory.h"

namespace sgdbench {

/// The updates of one in-place run: their step sizes, and the count that others watch.
class UpdateCounter {
 public:
  explicit UpdateCounter(const InPlaceRun& run)
      : run_(run),
        next_(run.first_update),
        applied_(run.applied->load(std::memory_order_relaxed)),
        moving_(run.step.moves()),
        step_(run.step.at(run.first_update)) {}

  /// γ of the next update.
  Real step() const { return step_; }
  /// The same with its place in the average over iterates.
  UpdateStep averaged_step() const { return {step_, averaged()}; }
  Real averaged() const { return run_.step.averaged(next_); }
  /// The update was made. Nobody else writes the count, so no read-modify-write is needed.
  void made() {
    run_.applied->store(++applied_, std::memory_order_relaxed);
    ++next_;
    if (moving_) step_ = run_.step.at(next_);
  }

 private:
  const InPlaceRun& run_;
  std::uint64_t next_;
  std::uint64_t applied_;
  bool moving_;
  Real step_;
};

class WorkerBase : public Worker {
 public:
  void run_in_place(std::span<Real> state, const InPlaceRun& run) override;
  void commit(std::span<Real> state, UpdateStep step) const override;

 protected:
  explicit WorkerBase(const WorkerOptions& options)
      : rule_(options.rule), memory_(dynamic_cast<const SlopeMemory*>(options.rule)) {
    kept_.reserve(options.max_batch);
  }

  /// Whether an update is one example's gradient step and nothing more.
  bool single_sgd(const InPlaceRun& run) const { return run.batch == 1 && plain_sgd(); }
  /// Makes these the rows of the gradient sum, which may outlive the caller's memory of them.
  std::span<const std::uint32_t> keep(std::span<const std::uint32_t> rows) {
    kept_.assign(rows.begin(), rows.end());
    return kept_;
  }
  std::span<const std::uint32_t> kept() const { return kept_; }
  /// Rows of the run behind the prepared block, where there is a run: worth asking for.
  std::span<const std::uint32_t> following() const { return following_; }
  /// The rule, if it is one of those that remember slopes; else null.
  const SlopeMemory* memory() const { return memory_; }
  bool plain_sgd() const {
    return rule_ == nullptr || (rule_->is_plain() && rule_->spec().average == 0);
  }
  /// u of a state, where its rule is sgd with an average over iterates; else null.
  Real* average(std::span<Real> state) const {
    if (rule_ == nullptr || !rule_->is_plain()) return nullptr;
    return rule_->average(state.data());
  }

 private:
  const Rule* rule_;
  const SlopeMemory* memory_;
  std::vector<std::uint32_t> kept_;
  mutable GradientTotal total_;
  std::span<const std::uint32_t> following_;
};

}  // namespace sgdbench

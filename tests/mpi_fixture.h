// What the tests of several ranks share.
#pragma once

#include "backends/mpi/communicator.h"
#include "backends/mpi/job.h"
#include "backends/verification.h"
#include "tests/conformance.h"

namespace sgdbench::testing {

inline constexpr double kRounding = 2e-4;  // as between the strategies of one process

/// Calls visit(ranks) on the first P ranks, as far as there are so many: three, of which no power
/// of two is made, where nothing else is asked for.
template <class Visit>
void for_ranks(Visit visit, std::initializer_list<std::size_t> numbers = {3}) {
  for (const std::size_t p : numbers) {
    if (p > place_in_job().ranks) continue;
    INFO(p << " ranks");
    if (place_in_job().rank < p) visit(first_ranks(p));
  }
}

/// Makes what that does, but throws when the count reaches zero.
class FailingWorker final : public Worker {
 public:
  FailingWorker(std::unique_ptr<Worker> worker, int& left)
      : worker_(std::move(worker)), left_(left) {}
  void run_in_place(std::span<Real> state, const InPlaceRun& run) override {
    worker_->run_in_place(state, run);
  }
  void prepare(std::span<const std::uint32_t> rows) override { worker_->prepare(rows); }
  void read(std::span<const Real> w, Access access) override { worker_->read(w, access); }
  std::optional<std::span<const std::uint32_t>> wanted() const override {
    return worker_->wanted();
  }
  void accept(std::span<const Real> values) override { worker_->accept(values); }
  void compute() override {
    burn();
    worker_->compute();
  }
  void compute_from(std::span<const Real> w) override {
    burn();
    worker_->compute_from(w);
  }
  GradientSum gradient_sum() const override { return worker_->gradient_sum(); }
  void commit(std::span<Real> state, UpdateStep step) const override {
    worker_->commit(state, step);
  }
  std::size_t read_bytes() const override { return worker_->read_bytes(); }

 private:
  void burn() {
    if (--left_ == 0) throw std::runtime_error("the fuse has burnt");
  }

  std::unique_ptr<Worker> worker_;
  int& left_;
};

/// A problem whose gradients fail on one rank, from the n-th on.
class FailingProblem final : public LikeProblem {
 public:
  FailingProblem(const Problem& problem, int& left) : LikeProblem(problem), left_(left) {}
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override {
    return std::make_unique<FailingWorker>(LikeProblem::make_worker(options), left_);
  }

 private:
  int& left_;
};

}  // namespace sgdbench::testing

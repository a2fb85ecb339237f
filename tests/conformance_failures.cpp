// A worker that fails ends its run and nothing else.

#include "backends/verification.h"
#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

/// Fails at its n-th block, where all workers together count.
struct Fuse {
  std::atomic<std::int64_t> left{0};
  void burn() {
    if (left.fetch_sub(1) == 1) throw std::runtime_error("the fuse has burnt");
  }
};

class FusedWorker final : public Worker {
 public:
  FusedWorker(std::unique_ptr<Worker> worker, Fuse& fuse)
      : worker_(std::move(worker)), fuse_(fuse) {}
  void run_in_place(std::span<Real> state, const InPlaceRun& run) override {
    fuse_.burn();
    worker_->run_in_place(state, run);
  }
  void prepare(std::span<const std::uint32_t> rows) override { worker_->prepare(rows); }
  void read(std::span<const Real> w, Access access) override { worker_->read(w, access); }
  void compute() override {
    fuse_.burn();
    worker_->compute();
  }
  void compute_from(std::span<const Real> w) override {
    fuse_.burn();
    worker_->compute_from(w);
  }
  GradientSum gradient_sum() const override { return worker_->gradient_sum(); }
  void commit(std::span<Real> state, UpdateStep step) const override {
    if (fuse_in_commit) fuse_.burn();
    worker_->commit(state, step);
  }
  std::size_t read_bytes() const override { return worker_->read_bytes(); }

  static inline bool fuse_in_commit = false;

 private:
  std::unique_ptr<Worker> worker_;
  Fuse& fuse_;
};

/// A problem whose workers fail.
class FusedProblem final : public LikeProblem {
 public:
  FusedProblem(const Problem& problem, Fuse& fuse) : LikeProblem(problem), fuse_(fuse) {}
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override {
    return std::make_unique<FusedWorker>(LikeProblem::make_worker(options), fuse_);
  }

 private:
  Fuse& fuse_;
};

}  // namespace

TEST_CASE("What a worker throws ends the run, reaches the caller, and leaves the backend usable") {
  const auto& problem = *cases()[0].problem;
  Fuse fuse;
  const FusedProblem fused(problem, fuse);
  for (const bool in_commit : {false, true})
    for (const std::size_t workers : {1, 3})
      for (const std::size_t batch : {1, 4})
        for_every_threaded(fused, workers, batch, [&](const BackendEntry& entry, RunSpec spec) {
          FusedWorker::fuse_in_commit = in_commit;
          for (const char* rule : {"sgd", "svrg"}) {
            spec.rule = parse_rule(rule, 0);
            spec.rule.inner = 100;
            if (!entry.why_not(spec, fused).empty()) continue;
            const auto made = entry.make(spec, fused);
            // The last one comes behind svrg's first full gradient, in its first segment.
            const std::int64_t later = spec.rule.name == "svrg" && batch == 1 ? 210 : 2;
            for (const std::int64_t at : {std::int64_t{1}, std::int64_t{3}, later}) {
              fuse.left = at;
              CHECK_THROWS_WITH(made->run(spec, never()), "the fuse has burnt");
            }
            fuse.left = 0;
            const auto again = made->run(spec, never());
            CHECK(again.stopped == Stopped::completed);
            CHECK(again.curve.back().examples == 4 * problem.examples());
          }
        });
}

TEST_CASE("An evaluation that fails in a pause ends the run too") {
  const auto& problem = *cases()[0].problem;
  for_every_threaded(problem, 3, 4, [&](const BackendEntry& entry, RunSpec spec) {
    spec.evaluations = 5;
    const AtPoint fails = [](const Snapshot&) -> bool { throw std::runtime_error("no"); };
    CHECK_THROWS_WITH(entry.make(spec, problem)->run(spec, never(), fails), "no");
  });
}

}  // namespace sgdbench::testing

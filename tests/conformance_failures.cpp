// A worker that fails ends its run and nothing else; and what it does while it is timed leaves the
// memory alone, so that it has little to fail of.

#include <cstdlib>
#include <new>
#include <thread>

#include "backends/protocols/protocol.h"
#include "tests/conformance.h"

namespace {

thread_local bool counts_here = true;  // false on the thread that runs the tests
std::atomic<bool> counting{false};
std::atomic<std::uint64_t> allocations{0};

}  // namespace

// Of this test program: every `new` of every thread comes by here.
void* operator new(std::size_t size) {
  if (counting.load(std::memory_order_relaxed) && counts_here) ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  if (counting.load(std::memory_order_relaxed) && counts_here) ++allocations;
  const auto line = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(line, (size / line + 1) * line)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

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
  Direction direction() const override { return worker_->direction(); }
  void commit(std::span<Real> state, Real step) const override {
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
class FusedProblem final : public Problem {
 public:
  FusedProblem(const Problem& problem, Fuse& fuse) : problem_(problem), fuse_(fuse) {}
  std::size_t examples() const override { return problem_.examples(); }
  std::size_t parameters() const override { return problem_.parameters(); }
  double l2() const override { return problem_.l2(); }
  bool has_test() const override { return problem_.has_test(); }
  bool classifies() const override { return problem_.classifies(); }
  void initialise(std::span<Real> w, std::uint64_t seed) const override {
    problem_.initialise(w, seed);
  }
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override {
    return std::make_unique<FusedWorker>(problem_.make_worker(options), fuse_);
  }
  RowSums sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                   std::size_t end) const override {
    return problem_.sum_rows(w, part, begin, end);
  }
  std::size_t rows(Part part) const override { return problem_.rows(part); }
  std::size_t suggested_batch() const override { return problem_.suggested_batch(); }
  double suggested_step(std::size_t batch) const override { return problem_.suggested_step(batch); }
  void reference_gradient(std::span<const double> w, std::span<const std::uint32_t> rows,
                          std::span<double> gradient) const override {
    problem_.reference_gradient(w, rows, gradient);
  }
  double reference_loss(std::span<const double> w,
                        std::span<const std::uint32_t> rows) const override {
    return problem_.reference_loss(w, rows);
  }

 private:
  const Problem& problem_;
  Fuse& fuse_;
};

/// Every strategy whose workers are threads of its own, under every protocol that it follows.
template <class Visit>
void for_every_threaded(const Problem& problem, std::size_t workers, std::size_t batch,
                        Visit visit) {
  for (const auto& entry : backend_catalog()) {
    if (entry.virtual_clock || !entry.unavailable().empty()) continue;
    for (const auto& protocol : protocol_catalog()) {
      RunSpec spec = spec_for(entry, problem, workers, batch, 4);
      spec.protocol = protocol.example;
      if (!entry.why_not(spec, problem).empty()) continue;
      INFO(std::string(entry.name) << ", " << spec.protocol << ", batch " << batch);
      visit(entry, spec);
      if (!entry.uses_protocol) break;
    }
  }
}

/// Whose threads are OpenMP's.
bool has_team(const BackendEntry& entry) {
  return entry.name == "openmp-sync";
}

}  // namespace

TEST_CASE("What a worker throws ends the run, reaches the caller, and leaves the backend usable") {
  const auto& problem = *cases()[0].problem;
  Fuse fuse;
  const FusedProblem fused(problem, fuse);
  for (const bool in_commit : {false, true})
    for (const std::size_t workers : {1, 3})
      for (const std::size_t batch : {1, 4})
        for_every_threaded(fused, workers, batch, [&](const BackendEntry& entry, RunSpec spec) {
          if (has_team(entry)) return;
          FusedWorker::fuse_in_commit = in_commit;
          const auto made = entry.make(spec, fused);
          for (const std::int64_t at : {1, 3}) {
            fuse.left = at;
            CHECK_THROWS_WITH(made->run(spec, never()), "the fuse has burnt");
          }
          fuse.left = 0;
          const auto outcome = made->run(spec, never());
          CHECK(outcome.stopped == Stopped::completed);
          CHECK(outcome.curve.back().examples == 4 * problem.examples());
        });
}

TEST_CASE("An evaluation that fails in a pause ends the run too") {
  const auto& problem = *cases()[0].problem;
  for_every_threaded(problem, 3, 4, [&](const BackendEntry& entry, RunSpec spec) {
    if (has_team(entry)) return;
    spec.evaluations = 5;
    const AtPoint fails = [](const Snapshot&) -> bool { throw std::runtime_error("no"); };
    CHECK_THROWS_WITH(entry.make(spec, problem)->run(spec, never(), fails), "no");
  });
}

TEST_CASE("No worker takes memory while it is timed: not for a gradient, nor inside a server") {
  counts_here = false;
  for (const auto& c : cases())
    for (const std::size_t batch : {1, 4})
      for_every_threaded(*c.problem, 3, batch, [&](const BackendEntry& entry, RunSpec spec) {
        if (has_team(entry)) return;
        INFO(c.name);
        spec.assign = Assign::round_robin;  // everybody has some work
        const auto made = entry.make(spec, *c.problem);
        made->run(spec,
                  never());  // the warm-up: kernels for dense data keep memory for each thread
        allocations = 0;
        counting = true;
        made->run(spec, never());
        counting = false;
        CHECK(allocations == 0);
      });
  counts_here = true;
}

}  // namespace sgdbench::testing

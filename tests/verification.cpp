#include "backends/verification.h"

#include "tests/conformance.h"

namespace sgdbench::testing {

TEST_CASE("Every backend's first update is a step along the reference gradient") {
  for (const std::size_t workers : {1, 3}) {
    for (const std::size_t batch : {1, 6}) {
      for_every_backend(workers, batch,
                        [](const BackendEntry& entry, const RunSpec& spec, const Case& c) {
                          const Verification verdict = verify_backend(entry, spec, *c.problem);
                          CHECK_MESSAGE(verdict.ok, verdict.reason);
                        });
    }
  }
}

TEST_CASE("Every workload's reference gradient is the slope of its reference loss") {
  for (const auto& c : cases()) {
    const Verification verdict = verify_workload(*c.problem, 3);
    CHECK_MESSAGE(verdict.ok, c.name << ": " << verdict.reason);
  }
}

TEST_CASE("Features that no example has do not disturb the check") {
  const Case c = make_case("logreg", "rcv1-like:rows=20,features=5000");
  const Verification verdict = verify_workload(*c.problem, 3);
  CHECK_MESSAGE(verdict.ok, verdict.reason);
}

TEST_CASE("A workload whose kernel has a flipped sign is found out") {
  // The same data with all labels swapped: its gradients are another problem's.
  const Case right = make_case("logreg", "rcv1-like:rows=203,features=200");
  Case wrong = make_case("logreg", "rcv1-like:rows=203,features=200");
  auto swapped = std::make_unique<TrainTest>(*wrong.data);
  for (auto& target : swapped->train.targets) target = -target;
  WorkloadOptions options;
  options.workload = "logreg";
  const auto flipped = make_problem(options, *swapped);

  /// References of one problem, workers of another.
  class Mixed final : public Problem {
   public:
    Mixed(const Problem& reference, const Problem& workers) : r_(reference), w_(workers) {}
    std::size_t examples() const override { return r_.examples(); }
    std::size_t parameters() const override { return r_.parameters(); }
    double l2() const override { return r_.l2(); }
    bool has_test() const override { return false; }
    bool classifies() const override { return true; }
    void initialise(std::span<Real> w, std::uint64_t s) const override { r_.initialise(w, s); }
    std::unique_ptr<Worker> make_worker(const WorkerOptions& o) const override {
      return w_.make_worker(o);
    }
    RowSums sum_rows(std::span<const Real> w, Part p, std::size_t a, std::size_t b) const override {
      return w_.sum_rows(w, p, a, b);
    }
    std::size_t rows(Part part) const override { return r_.rows(part); }
    std::size_t suggested_batch() const override { return 1; }
    double suggested_step(std::size_t) const override { return 1; }
    void reference_gradient(std::span<const double> w, std::span<const std::uint32_t> rows,
                            std::span<double> gradient) const override {
      r_.reference_gradient(w, rows, gradient);
    }
    double reference_loss(std::span<const double> w,
                          std::span<const std::uint32_t> rows) const override {
      return r_.reference_loss(w, rows);
    }

   private:
    const Problem &r_, &w_;
  };
  const Mixed mixed(*right.problem, *flipped);
  CHECK_FALSE(verify_workload(mixed, 3).ok);
  for (const auto& entry : backend_catalog()) {
    const auto spec = spec_for(entry, mixed, 1, 1);
    if (!entry.unavailable().empty() || !entry.why_not(spec, mixed).empty()) continue;
    CHECK_FALSE(verify_backend(entry, spec, mixed).ok);
  }
}

}  // namespace sgdbench::testing

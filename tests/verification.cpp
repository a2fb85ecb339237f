#include "backends/verification.h"

#include "backends/protocols/protocol.h"
#include "tests/conformance.h"

namespace sgdbench::testing {

TEST_CASE("Every backend's first updates are steps along the reference gradient") {
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

/// Calls visit(entry, spec, case) for every backend under every protocol and rule that it follows,
/// two workers where it has them.
template <class Visit>
void for_every_rule(const Case& one, Visit visit) {
  for (const auto& entry : backend_catalog()) {
    if (!entry.unavailable().empty()) continue;
    for (const auto& protocol : protocol_catalog()) {
      for (const auto& rule : rule_catalog()) {
        RunSpec spec = spec_for(entry, *one.problem, entry.one_worker ? 1 : 2, 3);
        spec.rule = parse_rule(rule.name, 0.9);
        spec.protocol = protocol.example;
        if (!entry.why_not(spec, *one.problem).empty()) continue;
        INFO(std::string(entry.name)
             << ", " << spec.protocol << ", " << rule.name << ", " << one.name);
        visit(entry, spec);
      }
      if (!entry.uses_protocol) break;
    }
  }
}

TEST_CASE("Two workers lead where the reference does under every protocol and rule, stale or not") {
  for (const std::size_t number : {0, 2, 5})
    for_every_rule(cases()[number], [&](const BackendEntry& entry, const RunSpec& spec) {
      const Verification verdict = verify_backend(entry, spec, *cases()[number].problem);
      CHECK_MESSAGE(verdict.ok, verdict.reason);
    });
}

/// A backend with a mistake: `spoil` what it is told and what it tells.
class Spoilt final : public Backend {
 public:
  using Told = void (*)(RunSpec&);
  using Tells = void (*)(RunOutcome&);
  static inline const BackendEntry* right = nullptr;
  static inline Told told = nullptr;
  static inline Tells tells = nullptr;

  Spoilt(const RunSpec& spec, const Problem& problem)
      : backend_(right->make(spoilt(spec), problem)) {}
  RunOutcome run(const RunSpec& spec, const std::atomic<bool>& interrupt,
                 const AtPoint& at_point) override {
    auto outcome = backend_->run(spoilt(spec), interrupt, at_point);
    if (tells) tells(outcome);
    return outcome;
  }
  static BackendEntry entry(const BackendEntry& of, Told t, Tells u) {
    right = &of, told = t, tells = u;
    BackendEntry wrong = of;
    wrong.make = [](const RunSpec& spec, const Problem& problem) -> std::unique_ptr<Backend> {
      return std::make_unique<Spoilt>(spec, problem);
    };
    return wrong;
  }

 private:
  static RunSpec spoilt(RunSpec spec) {
    if (told) told(spec);
    return spec;
  }
  std::unique_ptr<Backend> backend_;
};

TEST_CASE("A backend with another momentum than it was told is found out, under every protocol") {
  for_every_rule(cases()[0], [&](const BackendEntry& right, const RunSpec& spec) {
    // What moves shared memory without versions is checked for one update, and two with one worker.
    RunSpec asked = spec;
    if (!right.lists_landings && !right.deterministic(spec)) asked.workers = 1;
    if (spec.rule.slots() == 1) return;
    const auto wrong = Spoilt::entry(
        right, [](RunSpec& s) { s.rule.momentum = Real(0.8); }, nullptr);
    CHECK_FALSE(verify_backend(wrong, asked, *cases()[0].problem).ok);
  });
}

TEST_CASE("A step of another size, and a rule for another, are found out in every backend") {
  for_every_rule(cases()[2], [&](const BackendEntry& right, const RunSpec& spec) {
    const auto longer = Spoilt::entry(
        right, [](RunSpec& s) { s.step.initial *= 1.001; }, nullptr);
    CHECK_FALSE(verify_backend(longer, spec, *cases()[2].problem).ok);
    if (spec.rule.slots() == 1) return;
    const auto other = Spoilt::entry(
        right,
        [](RunSpec& s) {
          s.rule.kind =
              s.rule.kind == Rule::Kind::momentum ? Rule::Kind::nesterov : Rule::Kind::momentum;
        },
        nullptr);
    CHECK_FALSE(verify_backend(other, spec, *cases()[2].problem).ok);
  });
}

TEST_CASE("A stale gradient that is said to be fresh is found out") {
  std::size_t checked = 0;
  for_every_rule(cases()[0], [&](const BackendEntry& right, const RunSpec& spec) {
    // These read version 0 with two workers, whatever the threads do.
    if (!right.uses_protocol || (spec.protocol != "async" && spec.protocol != "ssp:4")) return;
    const auto wrong = Spoilt::entry(right, nullptr, [](RunOutcome& outcome) {
      for (auto& worker : outcome.workers)
        for (auto& landing : worker.landings) landing.version = landing.update - 1;
    });
    CHECK_FALSE(verify_backend(wrong, spec, *cases()[0].problem).ok);
    ++checked;
  });
  CHECK(checked == 12);
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

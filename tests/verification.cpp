#include "backends/verification.h"

#include "backends/protocols/protocol.h"
#include "tests/conformance.h"
#include "workloads/random.h"

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
  // Of a network on few features the reference takes a tenth of the time.
  const Case network = make_case("mlp", "covtype-like:rows=203");
  for (const auto* one : {&cases()[0], &cases()[2], &network})
    for_every_rule(*one, [&](const BackendEntry& entry, const RunSpec& spec) {
      const Verification verdict = verify_backend(entry, spec, *one->problem);
      CHECK_MESSAGE(verdict.ok, verdict.reason);
    });
}

TEST_CASE("What is verified of a configuration is its staleness policy too" *
          doctest::test_suite("long")) {
  const Case c = make_case("logreg", "rcv1-like:rows=203,features=2000");
  std::size_t checked = 0;
  for (const auto& policy : staleness_policy_catalog())
    for_every_rule(c, [&](const BackendEntry& entry, RunSpec spec) {
      if (policy.policy == StalenessPolicy::none) return;
      if (spec.protocol != "async" && spec.protocol != "k-batch-async:2") return;
      parse_staleness_policy(policy.name, spec.step);
      spec.max_staleness = 2;
      if (!entry.why_not(spec, *c.problem).empty()) return;
      INFO(std::string(policy.name));
      const Verification verdict = verify_backend(entry, spec, *c.problem);
      CHECK_MESSAGE(verdict.ok, verdict.reason);
      ++checked;
    });
  CHECK(checked > 200);
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

TEST_CASE("A policy that is not followed is found out") {
  for (const auto& policy : staleness_policy_catalog()) {
    // Of few updates none is stale enough for those that spare what is one update old.
    if ((policy.needs & ~kNeedsStaleness) == 0 && memoryless_damping(policy.policy, 1, 2) == 1)
      continue;
    INFO(std::string(policy.name));
    RunSpec spec = spec_for(backend("simulator"), *cases()[0].problem, 2, 3);
    parse_staleness_policy(policy.name, spec.step);
    spec.step.compensation *= 100;
    CHECK(verify_backend(backend("simulator"), spec, *cases()[0].problem).ok);
    const auto wrong = Spoilt::entry(
        backend("simulator"), [](RunSpec& s) { s.step.policy = StalenessPolicy::none; }, nullptr);
    CHECK_FALSE(verify_backend(wrong, spec, *cases()[0].problem).ok);
  }
}

TEST_CASE("A backend with other values of a rule than it was told is found out, everywhere") {
  struct Change {
    unsigned taken;
    void (*make)(RunSpec&);
  };
  constexpr Change kChanges[] = {
      {kTakesMomentum, [](RunSpec& s) { s.rule.momentum = Real(0.8); }},
      {kTakesBetas, [](RunSpec& s) { s.rule.beta1 = 0.8; }},
      {kTakesBetas, [](RunSpec& s) { s.rule.beta2 = 0.9; }},
      {kTakesDecay, [](RunSpec& s) { s.rule.decay = 0.9; }},
      {kTakesEpsilon, [](RunSpec& s) { s.rule.epsilon = 1e-2; }},
      {kTakesWeightDecay, [](RunSpec& s) { s.rule.weight_decay = 0.1; }}};
  std::size_t checked = 0;
  for_every_rule(cases()[0], [&](const BackendEntry& right, const RunSpec& spec) {
    for (const auto& change : kChanges) {
      if ((rule_entry(spec.rule.name).takes & change.taken) == 0) continue;
      // What moves shared memory without versions is checked for one update, and two with one
      // worker; the first one has no mean to fade.
      RunSpec asked = spec;
      if (!right.lists_landings && !right.deterministic(spec)) asked.workers = 1;
      const auto wrong = Spoilt::entry(right, change.make, nullptr);
      CHECK_FALSE(verify_backend(wrong, asked, *cases()[0].problem).ok);
      ++checked;
    }
  });
  CHECK(checked > 100);
}

TEST_CASE("A step of another size, and a rule for another, are found out in every backend") {
  for_every_rule(cases()[2], [&](const BackendEntry& right, const RunSpec& spec) {
    const auto longer = Spoilt::entry(
        right, [](RunSpec& s) { s.step.initial *= 1.001; }, nullptr);
    CHECK_FALSE(verify_backend(longer, spec, *cases()[2].problem).ok);
    if ((rule_entry(spec.rule.name).takes & kTakesMomentum) == 0) return;
    const auto other = Spoilt::entry(
        right,
        [](RunSpec& s) { s.rule.name = s.rule.name == "momentum" ? "nesterov" : "momentum"; },
        nullptr);
    CHECK_FALSE(verify_backend(other, spec, *cases()[2].problem).ok);
  });
}

TEST_CASE("A stale gradient that is said to be fresh is found out") {
  std::size_t checked = 0;
  for_every_rule(cases()[0], [&](const BackendEntry& right, const RunSpec& spec) {
    // A stale gradient weighs 1/n in sag, and nothing in svrg while w is where it was full.
    const Estimate estimate = rule_entry(spec.rule.name).estimate;
    if (estimate == Estimate::sag || estimate == Estimate::svrg) return;
    // These read version 0 with two workers, whatever the threads do.
    if (!right.uses_protocol || (spec.protocol != "async" && spec.protocol != "ssp:4")) return;
    const auto wrong = Spoilt::entry(right, nullptr, [](RunOutcome& outcome) {
      for (auto& worker : outcome.workers)
        for (auto& landing : worker.landings) landing.version = landing.update - 1;
    });
    CHECK_FALSE(verify_backend(wrong, spec, *cases()[0].problem).ok);
    ++checked;
  });
  CHECK(checked == 32);
}

/// References of one problem, workers of another.
class Mixed : public LikeProblem {
 public:
  Mixed(const Problem& reference, const Problem& workers)
      : LikeProblem(reference), workers_(workers) {}
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override {
    return workers_.make_worker(options);
  }
  RowSums sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                   std::size_t end) const override {
    return workers_.sum_rows(w, part, begin, end);
  }

 private:
  const Problem& workers_;
};

/// Rows of three features of some size, one of them all but constant where `offset` is not 0, with
/// real targets or classes of some size.
std::unique_ptr<TrainTest> made_data(std::size_t rows, double features, double targets,
                                     double offset, bool classes) {
  auto data = std::make_unique<TrainTest>();
  DenseMatrix x(rows, 3);
  Random random(7);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < 3; ++j)
      x.row(i)[j] = static_cast<Real>(features * (random.normal() + (j == 0 ? offset : 0)));
    const double y = classes ? (i % 2 == 0 ? 1 : -1) : random.normal() + offset;
    data->train.targets.push_back(static_cast<float>(classes ? y : targets * y));
  }
  if (classes) data->train.classes = {-1, 1};
  data->train.features = std::move(x);
  return data;
}

std::unique_ptr<Problem> problem_on(const TrainTest& data, const std::string& workload,
                                    double l2 = -1) {
  WorkloadOptions options;
  options.workload = workload;
  options.l2 = l2;
  options.hidden = {4};
  return make_problem(options, data);
}

bool verified(const Problem& problem, std::size_t batch, std::string_view name) {
  return verify_backend(backend(name), spec_for(backend(name), problem, 1, batch), problem).ok;
}

TEST_CASE("What single precision rounds is no mistake, whatever the size of the data") {
  const auto check = [](const std::string& workload, const TrainTest& data, const auto& what) {
    const auto problem = problem_on(data, workload);
    INFO(workload << ", " << what);
    CHECK(verify_workload(*problem, 3).ok);
    for (const std::size_t batch : {1, 2, 40})
      for (const char* name : {"sequential", "parameter-server"})
        CHECK_MESSAGE(verified(*problem, batch, name), name << " " << batch);
  };
  for (const double size : {1e-30, 1e-15, 1.0, 1e5, 1e12})
    for (const std::size_t rows : {1, 40})
      for (const double offset : {0.0, 3e5}) {
        const auto what = std::to_string(size) + " " + std::to_string(offset);
        check("least-squares", *made_data(rows, size, 1, offset, false), what);
        check("least-squares", *made_data(rows, 1, size, offset, false), what);
        for (const char* workload : {"logreg", "svm", "mlp"})
          check(workload, *made_data(rows, size, 1, offset, true), what);
      }
}

TEST_CASE("A gradient that cancels is no mistake, and one of the wrong sign is, there too") {
  auto data = std::make_unique<TrainTest>();
  DenseMatrix x(2, 1);
  x.row(0)[0] = -1, x.row(1)[0] = 1;
  data->train.features = x;
  data->train.targets = {300001, 300002};
  const auto right = problem_on(*data, "least-squares");
  auto swapped = *data;
  std::swap(swapped.train.targets[0], swapped.train.targets[1]);
  const auto wrong = problem_on(swapped, "least-squares");
  CHECK(verify_workload(*right, 3).ok);
  for (const std::size_t batch : {1, 2}) CHECK(verified(*right, batch, "sequential"));
  CHECK_FALSE(verified(Mixed(*right, *wrong), 2, "sequential"));
}

TEST_CASE("A wrong sign, scale or regulariser is found whatever the size of the data") {
  for (const double size : {1e-30, 1e-15, 1.0, 1e5, 1e12}) {
    INFO(size);
    for (const bool classes : {false, true}) {
      const std::string workload = classes ? "logreg" : "least-squares";
      const auto data = made_data(40, size, 1, 0, classes);
      auto negated = *data, scaled = *data;
      for (Real& v : std::get<DenseMatrix>(negated.train.features).values) v = -v;
      for (Real& v : std::get<DenseMatrix>(scaled.train.features).values) v *= Real(1.01);
      // Without λ, beside which data of no size are next to nothing.
      const auto right = problem_on(*data, workload, 0);
      if (classes || size <= 1)  // beyond, targets are next to nothing beside ⟨w, x⟩
        CHECK_FALSE(verified(Mixed(*right, *problem_on(negated, workload, 0)), 8, "sequential"));
      CHECK_FALSE(verified(Mixed(*right, *problem_on(scaled, workload, 0)), 8, "sequential"));
      if (size > 1) continue;  // λ·w is below the rounding of what it is added to
      const auto regularised = problem_on(*data, workload, 0.025);
      CHECK_FALSE(
          verified(Mixed(*regularised, *problem_on(*data, workload, 0.02)), 8, "sequential"));
      CHECK_FALSE(verified(Mixed(*regularised, *right), 8, "sequential"));
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
  const Mixed mixed(*right.problem, *flipped);
  CHECK_FALSE(verify_workload(mixed, 3).ok);
  for (const auto& entry : backend_catalog()) {
    const auto spec = spec_for(entry, mixed, 1, 1);
    if (!entry.unavailable().empty() || !entry.why_not(spec, mixed).empty()) continue;
    CHECK_FALSE(verify_backend(entry, spec, mixed).ok);
  }
}

/// A worker that trains at another step where nobody watches its writes.
class RightUnderWatch final : public Worker {
 public:
  explicit RightUnderWatch(std::unique_ptr<Worker> inner) : inner_(std::move(inner)) {}
  void run_in_place(std::span<Real> state, const InPlaceRun& asked) override {
    InPlaceRun run = asked;
    if (run.probe == nullptr) run.step.base *= 1.01;
    inner_->run_in_place(state, run);
  }
  void prepare(std::span<const std::uint32_t> rows) override { inner_->prepare(rows); }
  void read(std::span<const Real> w, Access access) override { inner_->read(w, access); }
  void compute() override { inner_->compute(); }
  void compute_from(std::span<const Real> w) override { inner_->compute_from(w); }
  void commit(std::span<Real> state, UpdateStep step) const override {
    inner_->commit(state, step);
  }
  GradientSum gradient_sum() const override { return inner_->gradient_sum(); }
  std::size_t read_bytes() const override { return inner_->read_bytes(); }

 private:
  std::unique_ptr<Worker> inner_;
};

TEST_CASE("What is checked is the loop that is timed, not the one that watches for lost updates") {
  struct Watched final : Mixed {
    using Mixed::Mixed;
    std::unique_ptr<Worker> make_worker(const WorkerOptions& o) const override {
      return std::make_unique<RightUnderWatch>(Mixed::make_worker(o));
    }
  };
  for (const auto& c : cases()) {
    const RunSpec spec = spec_for(backend("hogwild"), *c.problem, 2, 1);
    const Watched wrong(*c.problem, *c.problem);
    INFO(c.name);
    CHECK(verify_backend(backend("hogwild"), spec, *c.problem).ok);
    CHECK_FALSE(verify_backend(backend("hogwild"), spec, wrong).ok);
  }
}

}  // namespace sgdbench::testing

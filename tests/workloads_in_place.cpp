#include <doctest/doctest.h>

#include <atomic>
#include <cstring>

#include "tests/workloads_fixture.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

constexpr RuleSpec kSgd;
const std::vector<RuleSpec> kInPlaceRules = [] {
  std::vector<RuleSpec> rules{parse_rule("nesterov", -0.3)};
  for (const char* averaged : {"sgd", "momentum", "adagrad"})
    rules.push_back(parse_rule(averaged, 0.8, {.average = 0.5}));
  for (const auto& row : rule_catalog()) rules.push_back(parse_rule(row.name, 0.8));
  return rules;
}();
constexpr Access kAccesses[] = {Access::exclusive, Access::racy_store, Access::racy_cas};
constexpr StepSize kStep{0.05, Schedule::sqrt, 1, 0, StalenessPolicy::none, 0, 3};

AlignedVector<Real> start(const Problem& problem, const RuleSpec& rule) {
  auto state = random_point(problem.parameters(), 11);
  state.resize(problem.make_rule(rule)->state_size());
  return state;
}

/// The rows in mini-batches through prepare, read, compute, apply.
AlignedVector<Real> step_by_step(const Problem& problem, const RuleSpec& rule, std::size_t batch,
                                 std::span<const std::uint32_t> rows) {
  const auto made = problem.make_rule(rule);
  const auto worker = problem.make_worker({made.get(), batch, nullptr});
  auto state = start(problem, rule);
  const std::span<const Real> w = std::span(state).first(problem.parameters());
  GradientTotal total;
  worker->difference_from(made->anchor(state));
  for (std::size_t k = 0, t = 0; k < rows.size(); k += batch, ++t) {
    worker->prepare(rows.subspan(k, std::min(batch, rows.size() - k)));
    worker->read(w, Access::exclusive);
    worker->compute();
    made->land(state, worker->gradient_sum(), kStep.during(0).of(t), Access::exclusive, nullptr,
               &total);
  }
  return state;
}

struct InPlace {
  AlignedVector<Real> state;
  std::uint64_t applied;
  WriteProbe probe;
};

InPlace in_place(const Problem& problem, const RuleSpec& rule, std::size_t batch,
                 std::span<const std::uint32_t> rows, Access access, bool watch = false,
                 std::size_t ahead = 0) {
  const auto made = problem.make_rule(rule);
  const auto worker = problem.make_worker({made.get(), batch, nullptr});
  std::atomic<std::uint64_t> applied{100};
  InPlace result{start(problem, rule), 0, {}};
  worker->run_in_place(result.state, {rows, batch, 0, kStep.during(0), access, &applied,
                                      watch ? &result.probe : nullptr, ahead});
  result.applied = applied - 100;
  return result;
}

bool equal_bits(const AlignedVector<Real>& a, const AlignedVector<Real>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0;
}

}  // namespace

TEST_CASE("Training in place is read, compute, apply, for every workload, rule and access") {
  const auto rows = random_rows(33, kRows, 21);
  for (const Example& e : all_examples(0.02)) {
    for (const RuleSpec& rule : kInPlaceRules) {
      if (!e.problem->why_no_rule(rule).empty()) continue;
      for (const std::size_t batch : {1u, 4u}) {
        const auto expected = step_by_step(*e.problem, rule, batch, rows);
        for (const Access access : kAccesses) {
          CAPTURE(e.name);
          CAPTURE(rule.name);
          CAPTURE(rule.average);
          CAPTURE(batch);
          CAPTURE(static_cast<int>(access));
          const auto [state, applied, probe] = in_place(*e.problem, rule, batch, rows, access);
          CHECK(relative_error(state, expected) < 1e-5);
          CHECK(applied == (rows.size() + batch - 1) / batch);
        }
      }
    }
  }
}

TEST_CASE("Rows that come next are asked for in advance, and not trained on") {
  const auto rows = random_rows(33, kRows, 21);
  const auto first = std::span(rows).first(20);
  for (const Example& e : all_examples(0.02))
    for (const std::size_t batch : {1u, 4u})
      for (const Access access : kAccesses) {
        CAPTURE(e.name);
        CAPTURE(batch);
        const auto alone = in_place(*e.problem, kSgd, batch, first, access);
        const auto ahead =
            in_place(*e.problem, kSgd, batch, first, access, false, rows.size() - first.size());
        CHECK(equal_bits(ahead.state, alone.state));
        CHECK(ahead.applied == alone.applied);
      }
}

TEST_CASE("A watched run makes the same updates, and alone it loses none") {
  const auto rows = random_rows(33, kRows, 21);
  for (const Example& e : all_examples(0.02)) {
    for (const RuleSpec& rule : kInPlaceRules) {
      if (!e.problem->why_no_rule(rule).empty()) continue;
      CAPTURE(e.name);
      CAPTURE(rule.name);
      const auto plain = in_place(*e.problem, rule, 1, rows, Access::racy_store);
      const auto watched = in_place(*e.problem, rule, 1, rows, Access::racy_store, true);
      CHECK(relative_error(watched.state, plain.state) < 1e-6);
      CHECK(watched.probe.writes > 0);
      CHECK(watched.probe.lost == 0);
      CHECK(plain.probe.writes == 0);
    }
  }
}

TEST_CASE("sgd on sparse rows leaves the coordinates outside of them untouched") {
  const Example e = example({"logreg", 0.02, {}, "relu"}, true);
  const auto before = start(*e.problem, kSgd);
  const std::vector<std::uint32_t> rows{3};
  const auto after = in_place(*e.problem, kSgd, 1, rows, Access::exclusive).state;
  std::vector<bool> touched(e.problem->parameters());
  for (const Entry& entry : std::get<SparseMatrix>(e.data->train.features).row(3))
    touched[entry.column] = true;
  for (std::size_t v = 0; v < touched.size(); ++v) CHECK((after[v] != before[v]) == touched[v]);
}

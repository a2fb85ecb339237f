// Rules that remember examples, against their naive reference (rules/reference_memory.h).
#include <doctest/doctest.h>

#include "tests/workloads_fixture.h"
#include "workloads/rules/reference_memory.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

std::vector<RuleSpec> rules_with_memory() {
  std::vector<RuleSpec> rules;
  for (const auto& row : rule_catalog())
    if (row.estimate != Estimate::plain) rules.push_back(parse_rule(row.name, 0));
  return rules;
}

constexpr double kStep = 0.02;

/// Rows in epochs, each in an order of its own.
std::vector<std::uint32_t> some_epochs(std::size_t epochs) {
  std::vector<std::uint32_t> all;
  for (std::size_t e = 0; e < epochs; ++e) {
    const auto rows = random_rows(kRows, kRows, 40 + e);
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

/// Where the naive reference is after each update.
std::vector<std::vector<double>> reference_steps(const Problem& problem, const RuleSpec& rule,
                                                 std::size_t batch,
                                                 std::span<const std::uint32_t> rows,
                                                 std::span<const Real> start) {
  ReferenceMemory memory(problem, rule);
  std::vector<double> w(start.begin(), start.end()), g(w.size());
  std::vector<std::vector<double>> steps;
  for (std::size_t k = 0; k < rows.size(); k += batch) {
    const ReferenceMemory::Part part{w, rows.subspan(k, std::min(batch, rows.size() - k))};
    memory.estimate(w, {&part, 1}, g);
    rule_entry(rule.name).reference(rule, w, g, kStep);
    steps.push_back(w);
  }
  return steps;
}

}  // namespace

TEST_CASE("Step by step the parameters are those of the naive reference, for every rule") {
  const auto rows = some_epochs(3);
  std::size_t checked = 0;
  for (const Example& e : all_examples(0.02))
    for (const RuleSpec& spec : rules_with_memory()) {
      const Problem& problem = *e.problem;
      if (!problem.why_no_rule(spec).empty()) continue;
      for (const std::size_t batch : {1u, 4u}) {
        CAPTURE(e.name);
        CAPTURE(spec.name);
        CAPTURE(batch);
        const auto rule = problem.make_rule(spec);
        const auto worker = problem.make_worker({rule.get(), batch, nullptr});
        auto state = random_point(problem.parameters(), 11);
        const auto expected = reference_steps(problem, spec, batch, rows, state);
        state.resize(rule->state_size());
        std::atomic<std::uint64_t> applied{0};
        const StepSize step{kStep, Schedule::constant, 1, 0, StalenessPolicy::none};
        double worst = 0;
        for (std::size_t t = 0; t < expected.size(); ++t) {
          const auto now =
              std::span(rows).subspan(t * batch, std::min(batch, rows.size() - t * batch));
          worker->run_in_place(state, {now, batch, t, step.during(0), Access::exclusive, &applied});
          worst = std::max(
              worst, relative_error(std::span(state).first(problem.parameters()), expected[t]));
        }
        CHECK(worst < 2e-5);
        ++checked;
      }
    }
  CHECK(checked >= 2 * 2 * 8);
}

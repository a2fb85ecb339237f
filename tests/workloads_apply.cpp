#include <doctest/doctest.h>

#include "tests/workloads_fixture.h"
#include "workloads/names.h"
#include "workloads/rules/rule.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

constexpr std::size_t kSize = 3001;
constexpr Real kMomentum = Real(0.9);

/// Every rule of the catalog that takes gradients as they are.
std::vector<std::unique_ptr<const Rule>> all_rules() {
  std::vector<std::unique_ptr<const Rule>> rules;
  for (const auto& row : rule_catalog())
    if (row.estimate == Estimate::plain)
      rules.push_back(make_rule(parse_rule(row.name, kMomentum), {kSize, 1}));
  return rules;
}
const Rule& plain_sgd() {
  static const auto rule = make_rule({}, {kSize, 1});
  return *rule;
}

/// A gradient sum with its memory: `count` random coordinates.
struct Sparse {
  AlignedVector<Real> values = AlignedVector<Real>(kSize);
  std::vector<std::uint32_t> support;

  Sparse(std::size_t count, std::uint64_t seed) : support(random_rows(count, kSize, seed)) {
    Random random(seed);
    for (const auto k : support) values[k] = static_cast<Real>(random.normal());
    values[support[0]] = 0;  // in the support by chance only
  }
  GradientSum gradient_sum(bool dense = false) const { return {values, support, dense, 3}; }
};

AlignedVector<Real> start(const Rule& rule) {
  return random_state(rule, 8);
}

/// But for a rounding, which compilers may leave out here and not there.
bool alike(const AlignedVector<Real>& a, const AlignedVector<Real>& b) {
  return relative_error(a, b) < 1e-6;
}

}  // namespace

TEST_CASE("A rule over the supports is that over everything, where it stays on them") {
  const Sparse first(90, 1), second(120, 2), third(70, 3);
  const GradientSum sparse[] = {first.gradient_sum(), second.gradient_sum(), third.gradient_sum()};
  const GradientSum dense[] = {first.gradient_sum(true), second.gradient_sum(true),
                               third.gradient_sum(true)};
  for (const auto& rule : all_rules())
    for (const std::size_t count : {1u, 2u, 3u}) {
      CAPTURE(rule->spec().name);
      auto a = start(*rule), b = start(*rule);
      rule->apply(a, std::span(sparse).first(count), 0, kSize, Real(0.1), Access::exclusive);
      rule->apply(b, std::span(dense).first(count), 0, kSize, Real(0.1), Access::exclusive);
      CHECK(alike(a, b));
      const auto before = start(*rule);
      std::size_t changed = 0;
      for (std::size_t i = 0; i < before.size(); ++i) changed += a[i] != before[i];
      if (rule->stays_on_support())
        CHECK(changed <= rule->vectors() * (90 + 120 + 70));
      else
        CHECK(changed > kSize);
      CHECK(changed > 50);
    }
}

TEST_CASE("Packed gradient sums, one or many, do what scattered ones do") {
  std::vector<Sparse> all;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) all.emplace_back(60, seed);
  std::vector<std::vector<Real>> compact(all.size());
  std::vector<GradientSum> scattered, kept;
  for (std::size_t d = 0; d < all.size(); ++d) {
    for (const auto k : all[d].support) compact[d].push_back(all[d].values[k]);
    scattered.push_back(all[d].gradient_sum());
    kept.push_back({compact[d], all[d].support, false, 3, true});
  }
  GradientTotal sum;
  for (const auto& made : all_rules()) {
    const Rule& rule = *made;
    for (const std::size_t count : {1u, 2u, 5u, 6u, 40u}) {  // in all, sparse and dense
      auto a = start(rule), b = start(rule), c = start(rule);
      const auto used = std::span(kept).first(count);
      const auto scattered_used = std::span(scattered).first(count);
      rule.apply(a, scattered_used, 0, kSize, Real(0.1), Access::exclusive);
      rule.apply(b, used, 0, 700, Real(0.1), Access::exclusive, nullptr, &sum);
      rule.apply(b, used, 700, kSize, Real(0.1), Access::racy_store, nullptr, &sum);
      rule.apply(c, scattered_used, 0, kSize, Real(0.1), Access::exclusive, nullptr, &sum);
      CHECK(alike(a, b));
      CHECK(alike(a, c));
    }
  }
  auto a = start(plain_sgd()), b = start(plain_sgd());
  plain_sgd().apply(a, std::span(scattered).first(1), 0, kSize, Real(0.1), Access::exclusive);
  plain_sgd().apply(b, std::span(kept).first(1), 0, kSize, Real(0.1), Access::exclusive);
  CHECK(alike(a, b));
}

TEST_CASE("Gradient sums of every form add up") {
  const Sparse first(60, 1), second(60, 2), third(3000, 3);
  std::vector<Real> values;
  for (const auto k : second.support) values.push_back(second.values[k]);
  const GradientSum mixed[] = {
      first.gradient_sum(), {values, second.support, false, 3, true}, third.gradient_sum(true)};
  const GradientSum plain[] = {first.gradient_sum(), second.gradient_sum(),
                               third.gradient_sum(true)};
  GradientTotal sum;
  for (const auto& made : all_rules()) {
    const Rule& rule = *made;
    auto a = start(rule), b = start(rule);
    rule.apply(a, plain, 0, kSize, Real(0.1), Access::exclusive);
    rule.apply(b, mixed, 0, kSize, Real(0.1), Access::exclusive, nullptr, &sum);
    CHECK(alike(a, b));
  }
}

TEST_CASE("Applying slice by slice is applying the whole") {
  const Sparse first(90, 1), second(2500, 2);
  const GradientSum gradient_sums[] = {first.gradient_sum(), second.gradient_sum()};
  for (const auto& made : all_rules()) {
    const Rule& rule = *made;
    for (const std::size_t count : {1u, 2u}) {
      const auto used = std::span(gradient_sums).first(count);
      auto whole = start(rule), sliced = start(rule);
      rule.apply(whole, used, 0, kSize, Real(0.1), Access::exclusive);
      const std::size_t cuts[] = {0, 1, 17, 700, 701, 2990, kSize};
      for (std::size_t k = 0; k + 1 < std::size(cuts); ++k)
        rule.apply(sliced, used, cuts[k], cuts[k + 1], Real(0.1), Access::exclusive);
      CHECK(alike(whole, sliced));
    }
  }
}

TEST_CASE("Every rule is its formula, with every access") {
  const Sparse first(600, 1), second(50, 2);
  const GradientSum gradient_sums[] = {first.gradient_sum(), second.gradient_sum()};
  for (const auto& made : all_rules()) {
    const Rule& rule = *made;
    const auto before = start(rule);
    std::vector<double> expected(before.begin(), before.end());
    std::vector<double> g(kSize);
    for (std::size_t k = 0; k < kSize; ++k)
      g[k] = (double{first.values[k]} + double{second.values[k]}) / 6;
    rule_entry(rule.spec().name).reference(rule.spec(), expected, g, 0.1);
    for (const Access access : {Access::exclusive, Access::racy_store, Access::racy_cas}) {
      auto state = before;
      rule.apply(state, gradient_sums, 0, kSize, Real(0.1), access);
      CHECK(relative_error(state, expected) < 1e-6);
    }
  }
}

TEST_CASE("A watched dense pass makes every update and watches a stripe of them") {
  const Sparse dense(3000, 1);
  const GradientSum gradient_sums[] = {dense.gradient_sum(true)};
  for (const auto& made : all_rules()) {
    const Rule& rule = *made;
    auto a = start(rule), b = start(rule);
    WriteProbe probe;
    for (int t = 0; t < 5; ++t) {
      rule.apply(a, gradient_sums, 0, kSize, Real(0.1), Access::exclusive);
      rule.apply(b, gradient_sums, 0, kSize, Real(0.1), Access::racy_store, &probe);
    }
    CHECK(relative_error(b, a) < 1e-6);
    CHECK(probe.writes == 5 * 256 * rule.vectors());
    CHECK(probe.lost == 0);
  }
}

TEST_CASE("The formulas are those of the papers") {
  // Two steps of 1 along 3 and 5 from 10, by hand; the momentum is 1/2.
  const auto after = [](const char* name) {
    const RuleSpec spec = parse_rule(
        name, 0.5, {.beta1 = 0.5, .beta2 = 0.75, .decay = 0.75, .epsilon = 1, .weight_decay = 0.5});
    std::vector<double> state(make_rule(spec, {1, 1})->state_size());
    state[0] = 10;
    for (const double g : {3.0, 5.0}) rule_entry(name).reference(spec, state, std::span(&g, 1), 1);
    return state;
  };
  CHECK(after("sgd") == std::vector<double>{2});
  CHECK(after("momentum") == std::vector<double>{0.5, 6.5});
  CHECK(after("nesterov") == std::vector<double>{-2.75, 6.5});
  const auto check = [&](const char* name, const std::vector<double>& expected) {
    const auto got = after(name);
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i]));
  };
  // β₁ = ½, β₂ = ρ = ¾, ε = 1 and λ = ½ below.
  check("adagrad", {10 - 3 / 4.0 - 5 / (std::sqrt(34) + 1), 34});
  const double v = 0.75 * 0.25 * 9 + 0.25 * 25;
  check("rmsprop", {10 - 3 / 2.5 - 5 / (std::sqrt(v) + 1), v});
  // Unbiased, the moments are 3 and 9, then (½·3 + 5)/1.5 and (¾·9 + 25)/1.75.
  const double d = 6.5 / 1.5 / (std::sqrt(31.75 / 1.75) + 1);
  check("adam", {10 - 3 / 4.0 - d, 3.25, v, 2});
  check("adamw", {(10 * 0.5 - 3 / 4.0) * 0.5 - d, 3.25, v, 2});
}

TEST_CASE("Rules are found by name, and a momentum that can't be is refused") {
  CHECK(parse_rule("sgd", 0.9) == RuleSpec{});
  CHECK(parse_rule("momentum", -0.5) == RuleSpec{"momentum", Real(-0.5)});
  for (const auto& row : rule_catalog()) CHECK(parse_rule(row.name, 0).name == row.name);
  CHECK_THROWS_AS(parse_rule("momentun", 0.5), UsageError);
  CHECK_THROWS_AS(parse_rule("nesterov", 1), UsageError);
  CHECK_THROWS_AS(parse_rule("nesterov", NAN), UsageError);
  for (const double beta : {-0.1, 1.0, double{NAN}}) {
    CHECK_THROWS_AS(parse_rule("adam", 0, {.beta1 = beta}), UsageError);
    CHECK_THROWS_AS(parse_rule("adam", 0, {.beta2 = beta}), UsageError);
    CHECK_THROWS_AS(parse_rule("rmsprop", 0, {.decay = beta}), UsageError);
  }
  for (const double value : {-1.0, double{NAN}, double{INFINITY}}) {
    CHECK_THROWS_AS(parse_rule("adamw", 0, {.weight_decay = value}), UsageError);
    CHECK_THROWS_AS(parse_rule("adagrad", 0, {.epsilon = value}), UsageError);
  }
  CHECK_THROWS_AS(parse_rule("adagrad", 0, {.epsilon = 0}), UsageError);
}

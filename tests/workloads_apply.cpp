#include <doctest/doctest.h>

#include <cstring>

#include "tests/workloads_fixture.h"
#include "workloads/names.h"
#include "workloads/rules/rule.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

constexpr std::size_t kSize = 3001;
constexpr Rule kRules[] = {
    {Rule::Kind::sgd, 0}, {Rule::Kind::momentum, Real(0.9)}, {Rule::Kind::nesterov, Real(0.9)}};

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
  return random_point(kSize * rule.slots(), 8);
}

bool same_bits(const AlignedVector<Real>& a, const AlignedVector<Real>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0;
}

}  // namespace

TEST_CASE("sgd over the supports and sgd over everything give the same bits") {
  const Sparse first(90, 1), second(120, 2), third(70, 3);
  const GradientSum sparse[] = {first.gradient_sum(), second.gradient_sum(), third.gradient_sum()};
  const GradientSum dense[] = {first.gradient_sum(true), second.gradient_sum(true),
                               third.gradient_sum(true)};
  for (const std::size_t count : {1u, 2u, 3u}) {
    auto a = start({}), b = start({});
    apply({}, a, std::span(sparse).first(count), 0, kSize, Real(0.1), Access::exclusive);
    apply({}, b, std::span(dense).first(count), 0, kSize, Real(0.1), Access::exclusive);
    CHECK(same_bits(a, b));
    CHECK_FALSE(same_bits(a, start({})));
  }
}

TEST_CASE("Packed gradient sums, one or many, give the bits of scattered ones") {
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
  for (const Rule& rule : kRules) {
    for (const std::size_t count : {1u, 2u, 5u, 6u, 40u}) {  // in all, sparse and dense
      auto a = start(rule), b = start(rule), c = start(rule);
      const auto used = std::span(kept).first(count);
      const auto scattered_used = std::span(scattered).first(count);
      apply(rule, a, scattered_used, 0, kSize, Real(0.1), Access::exclusive);
      apply(rule, b, used, 0, 700, Real(0.1), Access::exclusive, nullptr, &sum);
      apply(rule, b, used, 700, kSize, Real(0.1), Access::racy_store, nullptr, &sum);
      apply(rule, c, scattered_used, 0, kSize, Real(0.1), Access::exclusive, nullptr, &sum);
      CHECK(same_bits(a, b));
      CHECK(same_bits(a, c));
    }
  }
  auto a = start({}), b = start({});
  apply({}, a, std::span(scattered).first(1), 0, kSize, Real(0.1), Access::exclusive);
  apply({}, b, std::span(kept).first(1), 0, kSize, Real(0.1), Access::exclusive);
  CHECK(same_bits(a, b));
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
  for (const Rule& rule : kRules) {
    auto a = start(rule), b = start(rule);
    apply(rule, a, plain, 0, kSize, Real(0.1), Access::exclusive);
    apply(rule, b, mixed, 0, kSize, Real(0.1), Access::exclusive, nullptr, &sum);
    CHECK(same_bits(a, b));
  }
}

TEST_CASE("Applying slice by slice is applying the whole, bit for bit") {
  const Sparse first(90, 1), second(2500, 2);
  const GradientSum gradient_sums[] = {first.gradient_sum(), second.gradient_sum()};
  for (const Rule& rule : kRules) {
    for (const std::size_t count : {1u, 2u}) {
      const auto used = std::span(gradient_sums).first(count);
      auto whole = start(rule), sliced = start(rule);
      apply(rule, whole, used, 0, kSize, Real(0.1), Access::exclusive);
      const std::size_t cuts[] = {0, 1, 17, 700, 701, 2990, kSize};
      for (std::size_t k = 0; k + 1 < std::size(cuts); ++k)
        apply(rule, sliced, used, cuts[k], cuts[k + 1], Real(0.1), Access::exclusive);
      CHECK(same_bits(whole, sliced));
    }
  }
}

TEST_CASE("Every rule is its formula, with every access") {
  const Sparse first(600, 1), second(50, 2);
  const GradientSum gradient_sums[] = {first.gradient_sum(), second.gradient_sum()};
  for (const Rule& rule : kRules) {
    const auto before = start(rule);
    std::vector<double> expected(before.begin(), before.end());
    const double mu = rule.momentum, step = 0.1;
    for (std::size_t k = 0; k < kSize; ++k) {
      const double g = (double{first.values[k]} + double{second.values[k]}) / 6;
      double d = g;
      if (rule.kind != Rule::Kind::sgd) {
        double& v = expected[kSize + k];
        v = mu * v + g;
        d = rule.kind == Rule::Kind::momentum ? v : g + mu * v;
      }
      expected[k] -= step * d;
    }
    for (const Access access : {Access::exclusive, Access::racy_store, Access::racy_cas}) {
      auto state = before;
      apply(rule, state, gradient_sums, 0, kSize, Real(0.1), access);
      CHECK(relative_error(state, expected) < 1e-6);
    }
  }
}

TEST_CASE("A watched dense pass makes every update and watches a stripe of them") {
  const Sparse dense(3000, 1);
  const GradientSum gradient_sums[] = {dense.gradient_sum(true)};
  for (const Rule& rule : kRules) {
    auto a = start(rule), b = start(rule);
    WriteProbe probe;
    for (int t = 0; t < 5; ++t) {
      apply(rule, a, gradient_sums, 0, kSize, Real(0.1), Access::exclusive);
      apply(rule, b, gradient_sums, 0, kSize, Real(0.1), Access::racy_store, &probe);
    }
    CHECK(relative_error(b, a) < 1e-6);
    CHECK(probe.writes == 5 * 256 * rule.slots());
    CHECK(probe.lost == 0);
  }
}

TEST_CASE("Rules are found by name, and a momentum that can't be is refused") {
  CHECK(parse_rule("sgd", 0.9) == Rule{});
  CHECK(parse_rule("momentum", -0.5) == Rule{Rule::Kind::momentum, Real(-0.5)});
  for (const auto& row : rule_catalog()) CHECK(to_string(parse_rule(row.name, 0).kind) == row.name);
  CHECK_THROWS_AS(parse_rule("momentun", 0.5), UsageError);
  CHECK_THROWS_AS(parse_rule("nesterov", 1), UsageError);
  CHECK_THROWS_AS(parse_rule("nesterov", NAN), UsageError);
}

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "results/statistics/ranks.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;
using Numbers = std::vector<double>;

namespace {

double doubled_u(const Numbers& a, const Numbers& b) {
  double u = 0;
  for (const double x : a)
    for (const double y : b) u += y > x ? 2 : y == x ? 1 : 0;
  return u;
}

/// By every way to choose which of the pooled values are b.
double brute_mann_whitney(const Numbers& a, const Numbers& b) {
  Numbers pooled = a;
  pooled.insert(pooled.end(), b.begin(), b.end());
  const double seen = doubled_u(a, b);
  int below = 0, above = 0, all = 0;
  for (unsigned chosen = 0; chosen < 1u << pooled.size(); ++chosen) {
    Numbers left, right;
    for (std::size_t i = 0; i < pooled.size(); ++i)
      (chosen >> i & 1 ? right : left).push_back(pooled[i]);
    if (right.size() != b.size()) continue;
    const double u = doubled_u(left, right);
    ++all;
    below += u <= seen;
    above += u >= seen;
  }
  return std::min(1.0, 2.0 * std::min(below, above) / all);
}

/// By every choice of signs for differences in order of size, ranks without ties.
double brute_signed_rank(const Numbers& differences) {
  const std::size_t n = differences.size();
  unsigned seen = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (differences[i] > 0) seen += static_cast<unsigned>(i) + 1;
  int below = 0, above = 0;
  for (unsigned signs = 0; signs < 1u << n; ++signs) {
    unsigned sum = 0;
    for (unsigned i = 0; i < n; ++i) sum += signs >> i & 1 ? i + 1 : 0;
    below += sum <= seen;
    above += sum >= seen;
  }
  return std::min(1.0, 2.0 * std::min(below, above) / (1u << n));
}

}  // namespace

TEST_CASE("The exact p-value without ties is what counting every arrangement gives") {
  Samples samples(3);
  for (const auto& [m, n] : std::vector<std::pair<std::size_t, std::size_t>>{
           {1, 1}, {1, 6}, {3, 4}, {5, 5}, {7, 3}, {6, 6}})
    for (int trial = 0; trial < 5; ++trial) {
      const auto a = samples.log_normal(m, 0.1), b = samples.log_normal(n, 0.1, 1.1);
      CHECK(mann_whitney(a, b) == doctest::Approx(brute_mann_whitney(a, b)));
    }
}

TEST_CASE("The exact p-value with ties is what counting every arrangement gives") {
  Samples samples(4);
  for (const auto& [m, n] :
       std::vector<std::pair<std::size_t, std::size_t>>{{3, 4}, {5, 5}, {6, 4}, {2, 8}})
    for (int trial = 0; trial < 5; ++trial) {
      Numbers a, b;
      for (std::size_t i = 0; i < m; ++i) a.push_back(std::floor(4 * samples.uniform()));
      for (std::size_t i = 0; i < n; ++i) b.push_back(std::floor(5 * samples.uniform()));
      CHECK(mann_whitney(a, b) == doctest::Approx(brute_mann_whitney(a, b)));
    }
}

TEST_CASE("The normal approximation agrees with the exact p-value where one takes over") {
  Samples samples(5);
  const auto a = samples.log_normal(50, 0.1), b = samples.log_normal(50, 0.1, 1.05);
  auto more = a;
  more.push_back(1.0);  // 51·50 pairs: beyond the exact count
  const double exact = mann_whitney(a, b), approximate = mann_whitney(more, b);
  CHECK(exact < 0.2);
  CHECK(approximate == doctest::Approx(exact).epsilon(0.25));
  auto tied = more;
  tied.back() = tied.front();
  CHECK(mann_whitney(tied, b) == doctest::Approx(approximate).epsilon(0.3));
}

TEST_CASE("Samples without any difference have a p-value of 1") {
  CHECK(mann_whitney(Numbers{1, 1, 1}, Numbers{1, 1, 1}) == doctest::Approx(1));
  CHECK(mann_whitney(Numbers(200, 1.0), Numbers(200, 1.0)) == 1);
  CHECK(mann_whitney(Numbers{}, Numbers{1}) == 1);
  CHECK(signed_rank(Numbers{1, 2, 3}, Numbers{1, 2, 3}) == 1);
}

TEST_CASE("A p-value does not change when the samples change places") {
  Samples samples(6);
  const auto a = samples.log_normal(8, 0.1), b = samples.log_normal(6, 0.1, 1.1);
  CHECK(mann_whitney(a, b) == doctest::Approx(mann_whitney(b, a)));
}

TEST_CASE("A missed target ranks behind every time") {
  const Numbers a{1, 2, 3, 4, 5};
  CHECK(mann_whitney(a, Numbers{kNever, kNever, kNever, kNever, kNever}) ==
        doctest::Approx(2.0 / 252));
  CHECK(mann_whitney(a, Numbers{1, 2, 3, 4, kNever}) ==
        doctest::Approx(mann_whitney(a, Numbers{1, 2, 3, 4, 100})));
}

TEST_CASE("The least number of samples is the first whose extreme arrangement is rare enough") {
  CHECK(least_samples(0.01) == 5);       // 2/252
  CHECK(least_samples(0.01 / 60) == 8);  // 2/12870; 2/3432 is too much
  CHECK(least_pairs(0.01) == 8);         // 2/256
  CHECK(least_pairs(2.0 / 256) == 9);
  Numbers a(8), b(8);
  std::iota(a.begin(), a.end(), 1.0);
  std::transform(a.begin(), a.end(), b.begin(), [](double x) { return x * (1 + x / 100); });
  CHECK(signed_rank(a, b) == doctest::Approx(2.0 / 256));
}

TEST_CASE("The signed-rank p-value is what counting every choice of signs gives") {
  Samples samples(7);
  for (std::size_t n = 1; n <= 10; ++n)
    for (int trial = 0; trial < 4; ++trial) {
      Numbers a(n, 1.0), b, differences;
      for (std::size_t i = 0; i < n; ++i) {
        differences.push_back((samples.uniform() < 0.6 ? 1 : -1) * static_cast<double>(i + 1));
        b.push_back(std::exp(differences.back() / 100));
      }
      CHECK(signed_rank(a, b) == doctest::Approx(brute_signed_rank(differences)));
    }
}

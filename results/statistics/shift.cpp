#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "results/statistics.h"
#include "results/statistics/ranks.h"

namespace sgdbench {
namespace {

/// Probabilities are sums of exact counts but for rounding: what is equal on paper must not be
/// found larger.
constexpr double kRounding = 1 + 1e-9;

}  // namespace

std::size_t cut_off(std::span<const double> probabilities, double error) {
  double tail = 0;
  std::size_t k = 0;
  for (; k < probabilities.size() / 2; ++k) {
    tail += probabilities[k];
    if (2 * tail > error * kRounding) break;
  }
  return k;
}

namespace {

using Numbers = std::vector<double>;

constexpr std::size_t kExactProduct = 2500;

Numbers sorted_logarithms(std::span<const double> values) {
  Numbers sorted;
  for (const double value : values) sorted.push_back(std::log(value));
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double binomial(std::size_t n, std::size_t k) {
  double value = 1;
  for (std::size_t i = 1; i <= k; ++i)
    value = value * static_cast<double>(n - k + i) / static_cast<double>(i);
  return value;
}

std::size_t rank_sum_cut_off(std::size_t m, std::size_t n, double error) {
  if (m * n <= kExactProduct) return cut_off(rank_sum_distribution(m, n), error);
  const auto pairs = static_cast<double>(m * n);
  const double sigma = std::sqrt(pairs * static_cast<double>(m + n + 1) / 12);
  const double k = pairs / 2 - normal_two_sided(error) * sigma;
  return k < 1 ? 0 : static_cast<std::size_t>(k);
}

/// All differences ln b − ln a, in order, without making them: there may be billions. How many are
/// at most t is counted in one pass over both samples, sorted; the k-th is found by bisection over
/// the doubles themselves, so exactly.
class Differences {
 public:
  Differences(std::span<const double> a, std::span<const double> b)
      : a_(sorted_logarithms(a)), b_(sorted_logarithms(b)) {}

  /// The k-th smallest, from 1.
  double ordered(std::size_t k) const {
    std::int64_t low = order_of(-kInfinite), high = order_of(kInfinite);
    while (low < high) {
      const std::int64_t middle = std::midpoint(low, high);
      if (at_most(value_of(middle)) >= k)
        high = middle;
      else
        low = middle + 1;
    }
    return value_of(high);
  }
  std::size_t count() const { return a_.size() * b_.size(); }

 private:
  static constexpr double kInfinite = std::numeric_limits<double>::infinity();

  /// Doubles in the order of these numbers: a negative double's bits count downwards.
  static std::int64_t order_of(double value) {
    const auto bits = std::bit_cast<std::int64_t>(value);
    return bits < 0 ? std::numeric_limits<std::int64_t>::min() - bits : bits;
  }
  static double value_of(std::int64_t order) {
    return std::bit_cast<double>(order < 0 ? std::numeric_limits<std::int64_t>::min() - order
                                           : order);
  }
  std::size_t at_most(double t) const {
    std::size_t count = 0, j = 0;
    for (const double a : a_) {
      while (j < b_.size() && log_ratio(a, b_[j]) <= t) ++j;
      count += j;
    }
    return count;
  }
  Numbers a_, b_;
};

}  // namespace

// By the largest of all values: it is one of the m with probability m / (m + n) and then exceeds
// all n others, or it is one of the n and adds nothing.
//   P(m, n; u) = m/(m+n)·P(m − 1, n; u − n) + n/(m+n)·P(m, n − 1; u)
std::vector<double> rank_sum_distribution(std::size_t m, std::size_t n) {
  std::vector<Numbers> row(n + 1, Numbers{1});  // P(i, 0…n) for the present i
  for (std::size_t i = 1; i <= m; ++i)
    for (std::size_t j = 1; j <= n; ++j) {
      const double share = static_cast<double>(i) / static_cast<double>(i + j);
      Numbers next(i * j + 1);
      for (std::size_t u = 0; u < row[j].size(); ++u) next[u + j] = share * row[j][u];
      for (std::size_t u = 0; u < row[j - 1].size(); ++u) next[u] += (1 - share) * row[j - 1][u];
      row[j] = std::move(next);
    }
  return row[n];
}

Shift shift_between(std::span<const double> a, std::span<const double> b, double confidence) {
  if (a.empty() || b.empty()) return {};
  const Differences differences(a, b);
  const std::size_t count = differences.count();
  Shift shift;
  shift.centre = half_way(differences.ordered((count + 1) / 2), differences.ordered(count / 2 + 1));
  if (std::isnan(*shift.centre)) shift.centre.reset();
  const std::size_t k = rank_sum_cut_off(a.size(), b.size(), 1 - confidence);
  if (k > 0)
    shift.interval = ConfidenceInterval{differences.ordered(k), differences.ordered(count + 1 - k)};
  return shift;
}

std::size_t least_samples(double p) {
  std::size_t n = 1;
  while (2 / binomial(2 * n, n) >= p && n < 500) ++n;
  return n;
}

namespace {

constexpr std::size_t kExactPairs = 200;

Numbers differences(std::span<const double> a, std::span<const double> b) {
  Numbers all;
  for (std::size_t i = 0; i < a.size(); ++i)
    all.push_back(log_ratio(std::log(a[i]), std::log(b[i])));
  return all;
}

std::size_t signed_rank_cut_off(std::size_t n, double error) {
  const auto size = static_cast<double>(n);
  if (n > kExactPairs) {
    const double sigma = std::sqrt(size * (size + 1) * (2 * size + 1) / 24);
    return static_cast<std::size_t>(size * (size + 1) / 4 - normal_two_sided(error) * sigma);
  }
  Numbers p{1};
  for (std::size_t rank = 1; rank <= n; ++rank) {
    Numbers next(p.size() + rank);
    for (std::size_t t = 0; t < p.size(); ++t) {
      next[t] += p[t] / 2;
      next[t + rank] += p[t] / 2;
    }
    p = std::move(next);
  }
  return cut_off(p, error);
}

/// Half-way between −∞ and ∞ nothing is known: no difference.
double average(double a, double b) {
  const double middle = half_way(a, b);
  return std::isnan(middle) ? 0 : middle;
}

Numbers walsh_averages(const Numbers& d) {
  Numbers averages;
  averages.reserve(d.size() * (d.size() + 1) / 2);
  for (std::size_t i = 0; i < d.size(); ++i)
    for (std::size_t j = i; j < d.size(); ++j) averages.push_back(average(d[i], d[j]));
  std::sort(averages.begin(), averages.end());
  return averages;
}

}  // namespace

Shift shift_of_pairs(std::span<const double> a, std::span<const double> b, double confidence) {
  if (a.empty()) return {};
  const auto averages = walsh_averages(differences(a, b));
  const std::size_t count = averages.size();
  Shift shift;
  shift.centre = half_way(averages[(count + 1) / 2 - 1], averages[count / 2]);
  if (std::isnan(*shift.centre)) shift.centre.reset();
  const std::size_t k = signed_rank_cut_off(a.size(), 1 - confidence);
  if (k > 0) shift.interval = ConfidenceInterval{averages[k - 1], averages[count - k]};
  return shift;
}

}  // namespace sgdbench

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

using Numbers = std::vector<double>;

Numbers sorted_logarithms(std::span<const double> values) {
  Numbers sorted;
  for (const double value : values) sorted.push_back(std::log(value));
  std::sort(sorted.begin(), sorted.end());
  return sorted;
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

namespace {

/// NaN is half-way between −∞ and ∞.
std::optional<double> known(double shift) {
  return std::isnan(shift) ? std::nullopt : std::optional(shift);
}

}  // namespace

std::optional<double> shift_between(std::span<const double> a, std::span<const double> b) {
  if (a.empty() || b.empty()) return std::nullopt;
  const Differences differences(a, b);
  const std::size_t count = differences.count();
  return known(half_way(differences.ordered((count + 1) / 2), differences.ordered(count / 2 + 1)));
}

namespace {

Numbers differences(std::span<const double> a, std::span<const double> b) {
  Numbers all;
  for (std::size_t i = 0; i < a.size(); ++i)
    all.push_back(log_ratio(std::log(a[i]), std::log(b[i])));
  return all;
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

std::optional<double> shift_of_pairs(std::span<const double> a, std::span<const double> b) {
  if (a.empty()) return std::nullopt;
  const auto averages = walsh_averages(differences(a, b));
  const std::size_t count = averages.size();
  return known(half_way(averages[(count + 1) / 2 - 1], averages[count / 2]));
}

}  // namespace sgdbench

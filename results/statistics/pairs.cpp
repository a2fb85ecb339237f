#include <algorithm>
#include <cmath>

#include "results/statistics.h"
#include "results/statistics/ranks.h"

namespace sgdbench {
namespace {

using Numbers = std::vector<double>;

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

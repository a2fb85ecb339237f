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

/// P(T = 0), P(T = 1), … of the sum T of those doubled ranks whose sign is positive, each with
/// probability ½.
Numbers sign_distribution(const std::vector<TieGroup>& groups) {
  Numbers p{1};
  for (const auto& group : groups)
    for (std::size_t i = 0; i < group.size; ++i) {
      Numbers next(p.size() + group.doubled_rank);
      for (std::size_t t = 0; t < p.size(); ++t) {
        next[t] += p[t] / 2;
        next[t + group.doubled_rank] += p[t] / 2;
      }
      p = std::move(next);
    }
  return p;
}

///   z = (|T − E| − ½) / σ,   E = Σ r / 2,   σ² = Σ r² / 4,   r the mid-ranks
double normal_p(double t, const std::vector<TieGroup>& groups) {
  double mean = 0, variance = 0;
  for (const auto& group : groups) {
    const double rank = static_cast<double>(group.doubled_rank) / 2;
    mean += static_cast<double>(group.size) * rank / 2;
    variance += static_cast<double>(group.size) * rank * rank / 4;
  }
  const double distance = std::abs(t - mean) - 0.5;
  return distance <= 0 ? 1 : std::min(1.0, 2 * normal_tail(distance / std::sqrt(variance)));
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

double signed_rank(std::span<const double> a, std::span<const double> b) {
  auto d = differences(a, b);
  std::erase(d, 0.0);
  if (d.empty()) return 1;
  Numbers sizes;
  for (const double difference : d) sizes.push_back(std::abs(difference));
  std::sort(sizes.begin(), sizes.end());
  const auto groups = tie_groups(sizes);
  std::size_t positive = 0, first = 0;
  for (const auto& group : groups) {
    positive +=
        static_cast<std::size_t>(std::count(d.begin(), d.end(), sizes[first])) * group.doubled_rank;
    first += group.size;
  }
  if (d.size() > kExactPairs) return normal_p(static_cast<double>(positive) / 2, groups);
  return two_sided(sign_distribution(groups), positive);
}

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

std::size_t least_pairs(double p) {
  std::size_t n = 1;
  for (double least = 1; least >= p && n < 1000; least /= 2) ++n;
  return n;
}

}  // namespace sgdbench

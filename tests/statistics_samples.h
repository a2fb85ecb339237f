// Seeded synthetic run times.
#pragma once

#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "results/outcome.h"

namespace sgdbench {

/// Of so many comparisons, each wrong with probability alpha, more are so with a probability below
/// 0.1 %.
inline int most_false(int trials, double alpha = 0.01) {
  using namespace boost::math;
  return static_cast<int>(quantile(complement(binomial_distribution<>(trials, alpha), 0.001)));
}

/// Thread safety: one thread. The engine and the formula are fixed, so that the samples are too:
/// the distributions of the standard library differ from one library to the next.
class Samples {
 public:
  explicit Samples(std::uint64_t seed) : random_(seed) {}

  /// In (0, 1).
  double uniform() { return (static_cast<double>(random_() >> 11) + 0.5) * 0x1p-53; }
  /// Standard normal, by Box and Muller.
  double normal() {
    return std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307179586 * uniform());
  }
  /// Log-normal about `centre`.
  std::vector<double> log_normal(std::size_t n, double noise, double centre = 1) {
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(centre * std::exp(noise * normal()));
    return values;
  }
  /// Mostly 3 % noise, but one in five is slowed by a neighbour, often by a factor (Pareto, α = 1:
  /// without a mean).
  std::vector<double> heavy_tailed(std::size_t n) {
    auto values = log_normal(n, 0.03);
    for (double& value : values)
      if (uniform() < 0.2) value /= uniform();
    return values;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace sgdbench

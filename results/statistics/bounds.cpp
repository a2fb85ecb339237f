// What the changes of a family are above: of each thing the least change that the family's test
// would not reject, found by asking.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "results/statistics.h"
#include "results/statistics/background.h"
#include "results/statistics/family.h"

namespace sgdbench {
namespace {

/// Where to look for a bound: how far below the middle, at first.
struct Search {
  double middle, step;
};

struct FiniteValues {
  std::vector<double> values;
  double endless = 0;  ///< share of those that are −∞ or ∞
};

FiniteValues finite_of(const std::vector<double>& values) {
  FiniteValues finite;
  double count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    ++count;
    if (std::isfinite(value))
      finite.values.push_back(value);
    else
      ++finite.endless;
  }
  if (count > 0) finite.endless /= count;
  return finite;
}

double farthest(const std::vector<double>& values, double from) {
  double distance = 0;
  for (const double value : values) distance = std::max(distance, std::abs(value - from));
  return distance;
}

/// Nothing where there are too few values. Where more runs of BASE never ended than the statistic
/// leaves out as slow, NEW may be faster by any factor.
std::optional<Search> search_for(const Measured& measured, bool paired) {
  constexpr double kMostEndless = 0.2, kLeastStep = 1e-6;
  const auto search = [&](double middle, double step) {
    return Search{middle, std::max(step, kLeastStep)};
  };
  if (paired) {
    std::vector<double> differences;
    for (std::size_t i = 0; i < std::min(measured.before.size(), measured.after.size()); ++i) {
      // One that only NEW never ended is above any bound.
      if (measured.after[i] == HUGE_VAL && std::isfinite(measured.before[i])) continue;
      differences.push_back(measured.after[i] - measured.before[i]);
    }
    const auto finite = finite_of(differences);
    if (finite.values.size() < 2 || finite.endless > kMostEndless) return std::nullopt;
    const double middle = median(finite.values);
    return search(middle, farthest(finite.values, middle));
  }
  const auto before = finite_of(measured.before), after = finite_of(measured.after);
  if (before.values.size() < 2 || after.values.size() < 2 || before.endless > kMostEndless)
    return std::nullopt;
  const double a = median(before.values), b = median(after.values);
  return search(b - a, std::max(farthest(before.values, a), farthest(after.values, b)));
}

}  // namespace

std::vector<Measured> turned(std::span<const Measured> family) {
  std::vector<Measured> other(family.begin(), family.end());
  for (auto& measured : other) {
    std::swap(measured.before, measured.after);
    measured.allowed = 0;
  }
  return other;
}

std::vector<double> lower_bounds(std::span<const Measured> family, const Dealing& dealing,
                                 double alpha) {
  constexpr double kFarthest = 100, kPrecision = 0.01;
  std::vector<double> bounds(family.size(), -HUGE_VAL);
  const Background background(family, dealing, alpha);
  if (!background.decides()) return bounds;
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (family[i].is_event) continue;
    const auto search = search_for(family[i], dealing.paired);
    if (!search) continue;
    auto held = family[i];
    const auto rejected = [&](double below) {
      held.allowed = search->middle - below;
      return background.finds(held, i);
    };
    double near = 0, far = search->step;
    while (far < kFarthest && !rejected(far)) near = std::exchange(far, 2 * far);
    if (far >= kFarthest) continue;
    while (far - near > kPrecision * far) {
      const double half_way = (near + far) / 2;
      (rejected(half_way) ? far : near) = half_way;
    }
    bounds[i] = search->middle - far;
  }
  return bounds;
}

}  // namespace sgdbench

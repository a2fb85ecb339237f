#include "workloads/rules/reference_rules.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sgdbench {

ReferenceMemory::ReferenceMemory(const Problem& problem, const RuleSpec& rule)
    : problem_(&problem),
      estimate_(rule_entry(rule.name).estimate),
      differs_(problem.make_rule(rule)->has_anchor()),
      mean_(problem.parameters()) {}

/// z ← z + λw, but for intercepts.
void ReferenceMemory::add_regulariser(std::span<const double> w, std::span<double> z) const {
  for (std::size_t i = 0; i < problem_->regularised(); ++i) z[i] += problem_->l2() * w[i];
}

/// ∇ℓᵢ(w)
std::vector<double> ReferenceMemory::gradient_of(std::span<const double> w,
                                                 std::uint32_t row) const {
  std::vector<double> gradient(w.size()), shrinkage(w.size()), spread(w.size());
  problem_->reference_gradient(w, {&row, 1}, gradient);
  add_regulariser(w, shrinkage);
  problem_->reference_spread(shrinkage, {&row, 1}, spread);
  for (std::size_t i = 0; i < w.size(); ++i) gradient[i] -= spread[i];
  return gradient;
}

void ReferenceMemory::estimate(std::span<const double> w, std::span<const Part> parts,
                               std::span<double> estimate) {
  if (differs_) return estimate_difference(w, parts, estimate);
  std::vector<double> change(w.size());
  std::vector<std::uint32_t> rows;
  for (const auto& part : parts) {
    for (const std::uint32_t row : part.rows) {
      rows.push_back(row);
      const auto gradient = gradient_of(part.w, row);
      for (std::size_t i = 0; i < w.size(); ++i) change[i] += gradient[i];
      if (estimate_ == Estimate::svrg) {
        const auto remembered = gradient_of(snapshot_, row);
        for (std::size_t i = 0; i < w.size(); ++i) change[i] -= remembered[i];
        continue;
      }
      Sparse& remembered = gradients_[row];
      for (const auto& [i, value] : remembered) change[i] -= value;
      remembered.clear();
      for (std::size_t i = 0; i < w.size(); ++i)
        if (gradient[i] != 0) remembered.emplace_back(i, gradient[i]);
    }
  }
  const auto b = static_cast<double>(rows.size()), n = static_cast<double>(problem_->examples());
  const double c = estimate_ == Estimate::sag ? b / n : 1;
  std::vector<double> z = mean_;
  add_regulariser(w, z);
  problem_->reference_spread(z, rows, estimate);
  for (std::size_t i = 0; i < w.size(); ++i) {
    estimate[i] += c / b * change[i];
    if (estimate_ != Estimate::svrg) mean_[i] += change[i] / n;
  }
}

void ReferenceMemory::estimate_difference(std::span<const double> w, std::span<const Part> parts,
                                          std::span<double> estimate) {
  std::vector<double> sum(w.size()), gradient(w.size());
  double b = 0;
  for (const auto& part : parts) {
    const auto rows = static_cast<double>(part.rows.size());
    if (rows == 0) continue;
    b += rows;
    problem_->reference_gradient(part.w, part.rows, gradient);
    for (std::size_t i = 0; i < w.size(); ++i) sum[i] += rows * gradient[i];
    problem_->reference_gradient(snapshot_, part.rows, gradient);
    for (std::size_t i = 0; i < w.size(); ++i) sum[i] -= rows * gradient[i];
  }
  for (std::size_t i = 0; i < w.size(); ++i) estimate[i] = sum[i] / b + mean_[i];
  if (estimate_ != Estimate::sarah) return;
  mean_.assign(estimate.begin(), estimate.end());
  snapshot_.assign(w.begin(), w.end());
}

void ReferenceMemory::make_full(std::span<const double> w) {
  snapshot_.assign(w.begin(), w.end());
  std::vector<std::uint32_t> all(problem_->examples());
  std::iota(all.begin(), all.end(), 0U);
  std::vector<double> shrinkage(w.size()), spread(w.size());
  problem_->reference_gradient(w, all, mean_);
  if (differs_) return;
  add_regulariser(w, shrinkage);
  problem_->reference_spread(shrinkage, all, spread);
  for (std::size_t i = 0; i < w.size(); ++i) mean_[i] -= spread[i];
}

void ReferencePolicy::correct(std::span<double> gradient, std::span<const double> moved) {
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    double &g = gradient[i], &m = mean_square_[i];
    if (g == 0) continue;
    const double usual = step_.initial * std::sqrt(m);
    switch (step_.policy) {
      case StalenessPolicy::dc:
        g += step_.compensation * g * g * moved[i];
        break;
      case StalenessPolicy::dc_adaptive:
        m = 0.95 * m + 0.05 * g * g;
        g += 2 / std::sqrt(m + 1e-7) * g * g * moved[i];
        break;
      case StalenessPolicy::gap_aware:
        if (usual > 0) g /= 1 + std::abs(moved[i]) / usual;
        m = m > 0 ? 0.95 * m + 0.05 * g * g : g * g;
        break;
      default:
        break;
    }
  }
}

double ReferencePolicy::factor(std::uint64_t staleness) {
  met_.insert(std::upper_bound(met_.begin(), met_.end(), staleness), staleness);
  const auto t = static_cast<double>(staleness), p = static_cast<double>(workers_);
  switch (step_.policy) {
    case StalenessPolicy::inverse:
      return 1 / std::max(1.0, t);
    case StalenessPolicy::delay_adaptive:
      return p / std::max(p, t);
    case StalenessPolicy::fleet: {
      const auto place = std::ceil(0.997 * static_cast<double>(met_.size()));
      const double x = static_cast<double>(met_[static_cast<std::size_t>(place) - 1]) / 2;
      return std::exp(-(x > 0 ? std::log(1 + x) / x : 1) * t);
    }
    case StalenessPolicy::tail: {
      double rank = 0;
      for (const auto other : met_) rank += other < staleness ? 1 : other == staleness ? 0.5 : 0;
      return 2 - 2 * rank / static_cast<double>(met_.size());
    }
    default:
      return 1;
  }
}

}  // namespace sgdbench

#include "workloads/rules/compensation.h"

#include <cmath>

namespace sgdbench {
namespace {

constexpr Real kMemory = Real(0.95);       ///< m
constexpr Real kAdaptiveLambda = 2;        ///< λ₀
constexpr Real kLeastSquare = Real(1e-7);  ///< ε

}  // namespace

Compensation::Compensation(const StepSize& step, std::size_t parameters, std::size_t gradient_sums)
    : policy_(step.policy),
      lambda_(static_cast<Real>(step.compensation)),
      step_(static_cast<Real>(step.initial)) {
  if (!needs(policy_, kNeedsReadParameters)) return;
  corrected_.resize(gradient_sums);
  for (auto& corrected : corrected_) corrected.reserve(parameters);
  if (needs(policy_, kNeedsMemory)) mean_square_.resize(parameters);
}

/// corrected[j] = correct(i, ∑ g, w − w′) for the j-th coordinate i of the gradient sum.
template <class Correct>
void Compensation::correct_all(const GradientSum& gradient_sum, std::span<const Real> w,
                               Real* corrected, Correct correct) {
  const Real *const values = gradient_sum.values.data(), *const read = gradient_sum.read.data();
  if (gradient_sum.dense) {
    for (std::size_t i = 0; i < gradient_sum.values.size(); ++i)
      corrected[i] = correct(i, values[i], w[i] - read[i]);
    return;
  }
  for (std::size_t j = 0; j < gradient_sum.support.size(); ++j) {
    const std::size_t i = gradient_sum.support[j], at = gradient_sum.packed ? j : i;
    corrected[j] = correct(i, values[at], w[i] - read[at]);
  }
}

GradientSum Compensation::correct(const GradientSum& gradient_sum, std::span<const Real> w,
                                  std::size_t k) {
  auto& corrected = corrected_[k];
  const bool dense = gradient_sum.dense;
  corrected.resize(dense ? gradient_sum.values.size() : gradient_sum.support.size());
  // Sums s = n·g: what is added to g is added to them n times.
  const Real mean = Real(1) / static_cast<Real>(gradient_sum.examples);
  Real* const m = mean_square_.data();
  const auto blend = [](Real old, Real g) { return kMemory * old + (1 - kMemory) * g * g; };
  switch (policy_) {
    case StalenessPolicy::dc_adaptive:
      correct_all(gradient_sum, w, corrected.data(), [&](std::size_t i, Real s, Real moved) {
        if (s == 0) return s;
        m[i] = blend(m[i], s * mean);
        return s + kAdaptiveLambda / std::sqrt(m[i] + kLeastSquare) * (s * s * mean) * moved;
      });
      break;
    case StalenessPolicy::gap_aware:
      correct_all(gradient_sum, w, corrected.data(), [&](std::size_t i, Real s, Real moved) {
        if (s == 0) return s;
        const Real usual = step_ * std::sqrt(m[i]);
        const Real landing = usual > 0 ? s / (1 + std::abs(moved) / usual) : s;
        const Real g = landing * mean;
        m[i] = m[i] > 0 ? blend(m[i], g) : g * g;
        return landing;
      });
      break;
    case StalenessPolicy::dc:
      correct_all(gradient_sum, w, corrected.data(), [&](std::size_t, Real s, Real moved) {
        return s + lambda_ * (s * s * mean) * moved;
      });
      break;
    // They damp, and correct nothing (corrects()).
    case StalenessPolicy::none:
    case StalenessPolicy::inverse:
    case StalenessPolicy::delay_adaptive:
    case StalenessPolicy::fleet:
    case StalenessPolicy::tail:
      break;
  }
  return {corrected,         gradient_sum.support, dense, gradient_sum.examples, !dense,
          gradient_sum.rows, gradient_sum.slopes};
}

}  // namespace sgdbench

#include "workloads/rules/reference_memory.h"

#include <numeric>

namespace sgdbench {

ReferenceMemory::ReferenceMemory(const Problem& problem, const RuleSpec& rule)
    : problem_(&problem), estimate_(rule_entry(rule.name).estimate), mean_(problem.parameters()) {}

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

void ReferenceMemory::make_full(std::span<const double> w) {
  snapshot_.assign(w.begin(), w.end());
  std::vector<std::uint32_t> all(problem_->examples());
  std::iota(all.begin(), all.end(), 0U);
  std::vector<double> shrinkage(w.size()), spread(w.size());
  problem_->reference_gradient(w, all, mean_);
  add_regulariser(w, shrinkage);
  problem_->reference_spread(shrinkage, all, spread);
  for (std::size_t i = 0; i < w.size(); ++i) mean_[i] -= spread[i];
}

}  // namespace sgdbench

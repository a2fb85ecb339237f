#include "workloads/rules/slope_memory.h"

#include "workloads/kernels/memory.h"

namespace sgdbench {

SlopeMemory::SlopeMemory(const RuleSpec& spec, const RuleInput& input, Estimate estimate)
    : Rule(spec, input, 2, true, input.examples * input.rows->scores),
      rows_(*input.rows),
      estimate_(estimate),
      inverse_examples_(Real(1) / static_cast<Real>(input.examples)) {}

void SlopeMemory::reserve(GradientTotal& total) const {
  total.reserve(parameters());
  if (total.cover.size() < parameters()) total.cover.resize(parameters());
}

/// Where one update adds up ∑ (sᵢ − αᵢ)·xᵢ and the diagonal of ∑ Dᵢ, and on which coordinates.
struct SlopeMemory::Landing {
  GradientTotal& total;
  std::size_t begin, end;
  Access access;
};

void SlopeMemory::add(std::span<Real> state, const GradientSum& gradient_sum,
                      const Landing& landing) const {
  GradientTotal& total = landing.total;
  const std::size_t begin = landing.begin, end = landing.end;
  const bool exclusive = landing.access == Access::exclusive;
  const std::size_t scores = rows_.scores;
  Real* const remembered = slopes(state);
  for (std::size_t k = 0; k < gradient_sum.rows.size(); ++k) {
    const std::uint32_t row = gradient_sum.rows[k];
    for (std::size_t c = 0; c < scores; ++c) {
      const Real s = gradient_sum.slopes[k * scores + c];
      Real& alpha = remembered[row * scores + c];
      const Real change = s - (exclusive   ? alpha
                               : follows() ? racy::exchange(&alpha, s)
                                           : racy::load<Real>(&alpha));
      rows_.for_each(row, [&](std::size_t v, Real x) {
        const std::size_t i = v * scores + c;
        if (i < begin || i >= end) return;
        total.values[i] += change * x;
        total.cover[i] += rows_.sparse ? rows_.inverse_shares[v] : Real(1);
        if (total.touched[i]) return;
        total.touched[i] = 1;
        total.support.push_back(static_cast<std::uint32_t>(i));
      });
    }
  }
}

void SlopeMemory::apply(std::span<Real> state, std::span<const GradientSum> gradient_sums,
                        std::size_t begin, std::size_t end, UpdateStep step, Access access,
                        WriteProbe* probe, GradientTotal* total) const {
  std::size_t examples = 0;
  for (const auto& gradient_sum : gradient_sums) examples += gradient_sum.examples;
  if (examples == 0 || begin >= end) return;
  reserve(*total);
  for (const auto& gradient_sum : gradient_sums)
    add(state, gradient_sum, {*total, begin, end, access});

  const Real rate = step.size / static_cast<Real>(examples), c = weight(examples);
  Real* const w = state.data();
  Real* const mean = this->mean(state);
  const auto land = [&](const auto& memory, auto change_mean) {
    for (const std::uint32_t i : total->support) {
      const Real sum = total->values[i], cover = total->cover[i];
      const Real l2 = rows_.l2_of(i / rows_.scores), g = memory.template load<Real>(mean + i);
      memory.template modify<Real>(
          w + i, [&](Real w_i) { return w_i - rate * (c * sum + cover * (g + l2 * w_i)); });
      if (follows()) change_mean(mean + i, sum * inverse_examples_);
      total->values[i] = total->cover[i] = 0;
      total->touched[i] = 0;
    }
  };
  with_memory(access, probe, [&](const auto& memory) {
    if (access == Access::exclusive)
      land(memory, [](Real* g, Real change) { *g += change; });
    else
      land(memory, [](Real* g, Real change) { racy::add_cas(g, change); });
  });
  total->support.clear();
}

void SlopeMemory::remember(std::span<Real> state, const GradientSum& gradient_sum) const {
  if (follows()) remember_all(state, gradient_sum);
}

/// ḡ ← 1/n ∑ᵢ ∇fᵢ(w) − λw: the regulariser is no part of what is remembered.
void SlopeMemory::take_full_gradient(std::span<Real> state,
                                     std::span<const std::span<const Real>> sums, std::size_t begin,
                                     std::size_t end) const {
  Real* const g = mean(state);
  for (std::size_t i = begin; i < end; ++i) {
    Real sum = 0;
    for (const auto& one : sums) sum += one[i];
    const std::size_t v = i / rows_.scores;
    const bool is_met = rows_.sparse == nullptr || rows_.inverse_shares[v] != 0;
    g[i] = sum * inverse_examples_ - (is_met ? rows_.l2_of(v) * state[i] : 0);
  }
}

void SlopeMemory::remember_all(std::span<Real> state, const GradientSum& gradient_sum) const {
  const std::size_t scores = rows_.scores;
  for (std::size_t k = 0; k < gradient_sum.rows.size(); ++k)
    for (std::size_t c = 0; c < scores; ++c)
      slopes(state)[gradient_sum.rows[k] * scores + c] = gradient_sum.slopes[k * scores + c];
}

}  // namespace sgdbench

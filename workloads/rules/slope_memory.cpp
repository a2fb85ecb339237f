#include "workloads/rules/slope_memory.h"

#include <algorithm>

#include "workloads/kernels/memory.h"

namespace sgdbench {

std::string why_no_full_gradients(const RuleInput&);

SlopeMemory::SlopeMemory(const RuleSpec& spec, const RuleInput& input, Estimate estimate)
    : Rule(spec, input, estimate == Estimate::sag ? 3 : 2, true,
           input.examples * input.rows->scores),
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

/// sᵢ − αᵢ in one score of the k-th row.
Real SlopeMemory::change(std::span<Real> state, const GradientSum& gradient_sum, std::size_t k,
                         std::size_t c, Access access) const {
  const std::size_t scores = rows_.scores;
  const Real s = gradient_sum.slopes[k * scores + c];
  Real& alpha = slopes(state)[gradient_sum.rows[k] * scores + c];
  if (access == Access::exclusive) return s - alpha;
  return s - (follows() ? racy::exchange(&alpha, s) : racy::load<Real>(&alpha));
}

void SlopeMemory::add(std::span<Real> state, const GradientSum& gradient_sum,
                      const Landing& landing) const {
  GradientTotal& total = landing.total;
  const std::size_t begin = landing.begin, end = landing.end, scores = rows_.scores;
  for (std::size_t k = 0; k < gradient_sum.rows.size(); ++k)
    for (std::size_t c = 0; c < scores; ++c) {
      const Real d = change(state, gradient_sum, k, c, landing.access);
      rows_.for_each(gradient_sum.rows[k], [&](std::size_t v, Real x) {
        const std::size_t i = v * scores + c;
        if (i < begin || i >= end) return;
        total.values[i] += d * x;
        total.cover[i] += rows_.inverse_shares[v];
        if (total.touched[i]) return;
        total.touched[i] = 1;
        total.support.push_back(static_cast<std::uint32_t>(i));
      });
    }
}

/// Of dense rows: every coordinate, and Dᵢ is the identity.
void SlopeMemory::add_dense(std::span<Real> state, const GradientSum& gradient_sum,
                            const Landing& landing) const {
  const std::size_t begin = landing.begin, end = landing.end, scores = rows_.scores;
  Real* const values = landing.total.values.data();
  Real* const changes = landing.total.cover.data();
  for (std::size_t k = 0; k < gradient_sum.rows.size(); ++k) {
    for (std::size_t c = 0; c < scores; ++c)
      changes[c] = change(state, gradient_sum, k, c, landing.access);
    const auto x = rows_.dense->row(gradient_sum.rows[k]);
    const std::size_t features = std::min(rows_.dense->columns, (end + scores - 1) / scores);
    if (scores == 1) {
      const Real d = changes[0];
      for (std::size_t v = begin; v < features; ++v) values[v] += d * x[v];
    } else {
      for (std::size_t v = begin / scores; v < features; ++v)
        add_scores(values, v * scores, x[v], changes, landing);
    }
    if (rows_.intercept) add_scores(values, rows_.dense->columns * scores, 1, changes, landing);
  }
}

/// values += x·changes at the scores of a feature, the first of which is at `first`.
void SlopeMemory::add_scores(Real* values, std::size_t first, Real x, const Real* changes,
                             const Landing& landing) const {
  if (x == 0) return;
  const std::size_t from = std::max(first, landing.begin);
  const std::size_t to = std::min(first + rows_.scores, landing.end);
  for (std::size_t i = from; i < to; ++i) values[i] += x * changes[i - first];
}

void SlopeMemory::apply(std::span<Real> state, std::span<const GradientSum> gradient_sums,
                        std::size_t begin, std::size_t end, UpdateStep step, Access access,
                        WriteProbe* probe, GradientTotal* total) const {
  std::size_t examples = 0;
  for (const auto& gradient_sum : gradient_sums) examples += gradient_sum.examples;
  if (examples == 0 || begin >= end) return;
  reserve(*total);
  const bool dense = rows_.sparse == nullptr;
  for (const auto& gradient_sum : gradient_sums)
    if (dense)
      add_dense(state, gradient_sum, {*total, begin, end, access});
    else
      add(state, gradient_sum, {*total, begin, end, access});

  const Real rate = step.size / static_cast<Real>(examples), c = weight(examples);
  const Real everywhere = static_cast<Real>(examples);
  const std::size_t regularised = rows_.columns() * rows_.scores;
  Real* const w = state.data();
  Real* const mean = this->mean(state);
  Real* const lost = keeps_lost() && access == Access::exclusive ? this->lost(state) : nullptr;
  const auto land = [&](const auto& memory, auto change_mean) {
    const auto at = [&](std::size_t i, Real cover) {
      const Real sum = total->values[i], l2 = i < regularised ? rows_.l2 : Real(0);
      const Real g = memory.template load<Real>(mean + i);
      const auto change = [&](Real w_i) { return rate * (c * sum + cover * (g + l2 * w_i)); };
      if (lost != nullptr)
        add_all(w[i], lost[i], -change(w[i]));
      else
        memory.template modify<Real>(w + i, [&](Real w_i) { return w_i - change(w_i); });
      if (follows()) change_mean(mean + i, sum * inverse_examples_);
      total->values[i] = 0;
    };
    if (dense)
      for (std::size_t i = begin; i < end; ++i) at(i, everywhere);
    for (const std::uint32_t i : total->support) {
      at(i, total->cover[i]);
      total->cover[i] = 0;
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

// SAGA's estimate has no bias; SAG's weighs an example's change by 1/n instead of 1, which is
// biased and less noisy. Their steps: 1/(3L) and 1/(16L), by theorem 1 of either paper, where sgd's
// is 1/(2L). Both begin with nothing remembered, so that no full gradient comes before the first
// update.

std::string why_no_slope_memory(const RuleInput& input) {
  if (input.rows == nullptr)
    return "it remembers a slope for each example, and this model's gradients are no multiples of "
           "its rows: one of them takes " +
           std::to_string(input.parameters * sizeof(Real)) + " bytes, all of them " +
           std::to_string(input.parameters * input.examples * sizeof(Real)) + ": use svrg";
  return why_no_full_gradients(input);
}

std::unique_ptr<const Rule> make_saga(const RuleSpec& spec, const RuleInput& input) {
  return std::make_unique<SlopeMemory>(spec, input, Estimate::saga);
}
std::unique_ptr<const Rule> make_sag(const RuleSpec& spec, const RuleInput& input) {
  return std::make_unique<SlopeMemory>(spec, input, Estimate::sag);
}

}  // namespace sgdbench

#include "workloads/rules/slope_memory.h"

#include <cmath>

#include "workloads/kernels/memory.h"
#include "workloads/random.h"

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

// The rules. SAGA and SAG: the memory follows the gradients, from zero. SAGA's estimate has no
// bias; SAG's weighs an example's change by 1/n instead of 1, which is biased and less noisy. Their
// steps: 1/(3L) and 1/(16L), by theorem 1 of either paper, where sgd's is 1/(2L). Both begin with
// nothing remembered, so that no full gradient comes before the first update.
//
// SVRG and its loopless form: slopes are those of a full gradient, which all workers make together
// now and then, and stay until the next one. In between, an update is unbiased and
// the farther w is from where the full gradient was made, the noisier.
//
//   svrg    every m examples (Johnson & Zhang 2013, option I: the last w; they recommend m = 2n for
//           convex problems, which is the default)
//   lsvrg   after each example with probability 1/n, so that there is no m to choose (Kovalev,
//           Horváth & Richtárik 2020); which examples, is drawn before the run, from its seed

std::string why_no_slope_memory(const RuleInput& input) {
  if (input.rows == nullptr)
    return "it remembers a slope for each example, and this model's gradients are no multiples of "
           "its rows: one of them takes " +
           std::to_string(input.parameters * sizeof(Real)) + " bytes, all of them " +
           std::to_string(input.parameters * input.examples * sizeof(Real));
  if (!input.rows->smooth)
    return "the hinge loss has no slope at its corner, so that remembered slopes need not come to "
           "rest: take a smooth loss";
  return "";
}

std::unique_ptr<const Rule> make_saga(const RuleSpec& spec, const RuleInput& input) {
  return std::make_unique<SlopeMemory>(spec, input, Estimate::saga);
}
std::unique_ptr<const Rule> make_sag(const RuleSpec& spec, const RuleInput& input) {
  return std::make_unique<SlopeMemory>(spec, input, Estimate::sag);
}

namespace {

/// Draws of lsvrg's own.
constexpr std::uint64_t kRefreshes = 0x15f6;

}  // namespace

std::vector<std::uint64_t> full_gradients_of_svrg(const RuleSpec& spec, std::size_t n,
                                                  std::uint64_t planned, std::uint64_t) {
  const std::uint64_t inner =
      spec.inner != 0
          ? spec.inner
          : std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(
                                           spec.inner_passes * static_cast<double>(n))));
  std::vector<std::uint64_t> places;
  for (std::uint64_t place = 0; place < planned; place += inner) places.push_back(place);
  return places;
}

std::vector<std::uint64_t> full_gradients_of_lsvrg(const RuleSpec&, std::size_t n,
                                                   std::uint64_t planned, std::uint64_t seed) {
  Random random(mix(seed, kRefreshes));
  const double p = 1 / static_cast<double>(n);
  std::vector<std::uint64_t> places;
  for (std::uint64_t place = 0; place < planned;) {
    places.push_back(place);
    // The first success of a geometric distribution, by inversion.
    const double tries = n == 1 ? 1 : std::ceil(std::log1p(-random.uniform()) / std::log1p(-p));
    place += static_cast<std::uint64_t>(std::max(1.0, tries));
  }
  return places;
}

std::unique_ptr<const Rule> make_svrg(const RuleSpec& spec, const RuleInput& input) {
  return std::make_unique<SlopeMemory>(spec, input, Estimate::svrg);
}

}  // namespace sgdbench

// Rules that begin again, now and then, from a full gradient, which all workers make together:
//
//   svrg    w ← w − γ·(g(w) − g(w̃) + ∇f(w̃)), w̃ where the last full gradient was made: every m
//           examples (Johnson & Zhang, NIPS 2013, option I: the last w; they recommend m = 2n for
//           convex problems, which is the default)
//   lsvrg   the same, and a full gradient after each example with probability 1/n, so that there is
//           no m to choose (Kovalev, Horváth & Richtárik 2020); which examples, is drawn before the
//           run, from its seed
//   sarah   v ← v + g(w) − g(w⁻),  w⁻ ← w,  w ← w − γ·v, from v = ∇f(w) and w⁻ = w (Nguyen, Liu,
//           Scheinberg & Takáč, ICML 2017; the last w goes on, not one drawn from all)
//
// g(w) is the mean gradient of the update's examples. In between, an update of svrg is unbiased,
// and the farther w is from w̃, the noisier. v of sarah is biased: it adds up to ∇f(w) in the mean
// over all examples that could have been met, and only if each gradient is of the w that it lands
// in. The first update after a full gradient is a step along it, whatever the examples: w⁻ is w.
//
// The papers' steps for convex losses are 1/(3L) for svrg and below 1/(2L) for sarah. Of a network,
// v of sarah gathers noise from one update to the next, and steps have to fall with the root of the
// updates between two full gradients (Nguyen et al. 2017b): it is refused there.
//
// Of a linear model, svrg remembers slopes (slope_memory.h). Otherwise, and of softmax on dense
// rows, the state is [w | v | a]: workers make the differences g(w) − g(a), which is a second
// gradient of the same examples, and what is added to them lies in v, ∇f(w̃) or that of sarah. On
// sparse data, too, a step of sarah changes every coordinate: v is dense, and along a part of it
// the differences would not add up.
#include <cmath>
#include <utility>

#include "workloads/random.h"
#include "workloads/rules/coordinate_rule.h"
#include "workloads/rules/slope_memory.h"

namespace sgdbench {
namespace {

/// Draws of lsvrg's own.
constexpr std::uint64_t kRefreshes = 0x15f6;

}  // namespace

std::string why_no_full_gradients(const RuleInput& input) {
  if (input.rows == nullptr || input.rows->smooth) return "";
  return "the hinge loss has no slope at its corner, so that remembered slopes need not come to "
         "rest: the squared hinge, of the workload l2-svm, has one everywhere";
}

std::string why_no_recursion(const RuleInput& input) {
  if (input.rows != nullptr) return why_no_full_gradients(input);
  return "this model is not linear, and where a loss is not convex what sarah adds up gathers "
         "noise "
         "from one update to the next, unless steps fall with the root of the updates between two "
         "full gradients: use svrg";
}

FullGradients full_gradients_of_svrg(const RuleSpec& spec, std::size_t n, std::uint64_t) {
  const auto passes = std::llround(spec.inner_passes * static_cast<double>(n));
  const std::uint64_t inner =
      spec.inner != 0 ? spec.inner : std::max<std::uint64_t>(1, static_cast<std::uint64_t>(passes));
  return [inner, next = std::uint64_t{0}]() mutable { return std::exchange(next, next + inner); };
}

FullGradients full_gradients_of_lsvrg(const RuleSpec&, std::size_t n, std::uint64_t seed) {
  const double p = 1 / static_cast<double>(n);
  return [n, p, random = Random(mix(seed, kRefreshes)), next = std::uint64_t{0}]() mutable {
    // The first success of a geometric distribution, by inversion.
    const double tries = n == 1 ? 1 : std::ceil(std::log1p(-random.uniform()) / std::log1p(-p));
    return std::exchange(next, next + static_cast<std::uint64_t>(std::max(1.0, tries)));
  };
}

std::unique_ptr<const Rule> make_svrg(const RuleSpec& spec, const RuleInput& input) {
  // On dense rows of several scores, what is made of slopes costs more than another gradient.
  if (input.rows != nullptr && (input.rows->sparse != nullptr || input.rows->scores == 1))
    return std::make_unique<SlopeMemory>(spec, input, Estimate::svrg);
  return std::make_unique<CoordinateRule<DifferenceUpdate<false>, false>>(spec, input);
}
std::unique_ptr<const Rule> make_sarah(const RuleSpec& spec, const RuleInput& input) {
  return std::make_unique<Sarah>(spec, input);
}

}  // namespace sgdbench

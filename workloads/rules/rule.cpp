#include "workloads/rules/rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "workloads/names.h"

namespace sgdbench {

// What the rules' files have for this table, and for nobody else.
using MakeRule = std::unique_ptr<const Rule>(const RuleSpec&, const RuleInput&);
MakeRule make_sgd, make_momentum, make_nesterov, make_adagrad, make_rmsprop, make_adam, make_adamw,
    make_saga, make_sag, make_svrg, make_sarah;
using ReferenceStep = void(const RuleSpec&, std::span<double>, std::span<const double>, double);
ReferenceStep reference_sgd, reference_momentum, reference_nesterov, reference_adagrad,
    reference_rmsprop, reference_adam, reference_adamw;
using MakeFullGradients = FullGradients(const RuleSpec&, std::size_t n, std::uint64_t seed);
MakeFullGradients full_gradients_of_svrg, full_gradients_of_lsvrg;
std::string why_no_slope_memory(const RuleInput&input), why_no_full_gradients(const RuleInput&),
    why_no_recursion(const RuleInput&);

const std::vector<RuleEntry>& rule_catalog() {
  static const std::vector<RuleEntry> catalog{
      {.name = "sgd",
       .summary = "w ← w − γ·g; on sparse data only the coordinates of the mini-batch are touched",
       .make = make_sgd,
       .reference = reference_sgd},
      {.name = "momentum",
       .summary = "v ← μ·v + g, w ← w − γ·v; every coordinate at every update, v decays everywhere",
       .takes = kTakesMomentum,
       .make = make_momentum,
       .reference = reference_momentum},
      {.name = "nesterov",
       .summary = "v ← μ·v + g, w ← w − γ·(g + μ·v); every coordinate at every update",
       .takes = kTakesMomentum,
       .make = make_nesterov,
       .reference = reference_nesterov},
      {.name = "adagrad",
       .summary = "s ← s + g², w ← w − γ·g/(√s + ε); on sparse data only the coordinates of the "
                  "mini-batch are touched",
       .takes = kTakesEpsilon,
       .make = make_adagrad,
       .reference = reference_adagrad,
       .usual_step = 1e-2},
      {.name = "rmsprop",
       .summary = "v ← ρ·v + (1 − ρ)·g², w ← w − γ·g/(√v + ε); every coordinate at every update",
       .takes = kTakesDecay | kTakesEpsilon,
       .make = make_rmsprop,
       .reference = reference_rmsprop,
       .usual_step = 1e-3},
      {.name = "adam",
       .summary = "w ← w − γ·m̂/(√v̂ + ε), m̂ and v̂ the means of g and g² that β₁ and β₂ fade; every "
                  "coordinate at every update",
       .takes = kTakesBetas | kTakesEpsilon,
       .make = make_adam,
       .reference = reference_adam,
       .usual_step = 1e-3},
      {.name = "adamw",
       .summary =
           "as adam, and w ← w − γ·λ·w with the `weight decay` λ beside the objective's own, "
           "which stays in g",
       .takes = kTakesBetas | kTakesEpsilon | kTakesWeightDecay,
       .make = make_adamw,
       .reference = reference_adamw,
       .usual_step = 1e-3},
      {.name = "saga",
       .summary = "w ← w − γ·((s − α)·x + ḡ), α ← s: remembers each example's slope; linear "
                  "models, no noise floor",
       .make = make_saga,
       .reference = reference_sgd,
       .estimate = Estimate::saga,
       .step_share = 2.0 / 3,
       .why_not = why_no_slope_memory},
      {.name = "sag",
       .summary = "w ← w − γ·ḡ, the mean of all remembered gradients; linear models, biased",
       .make = make_sag,
       .reference = reference_sgd,
       .estimate = Estimate::sag,
       .step_share = 1.0 / 8,
       .why_not = why_no_slope_memory},
      {.name = "svrg",
       .summary =
           "w ← w − γ·(g(w) − g(w̃) + ∇f(w̃)), w̃ where all workers made a full gradient, every "
           "`inner` examples; linear models remember the slopes of g(w̃), others evaluate it",
       .takes = kTakesInner,
       .make = make_svrg,
       .reference = reference_sgd,
       .estimate = Estimate::svrg,
       .step_share = 2.0 / 3,
       .full_gradients = full_gradients_of_svrg,
       .why_not = why_no_full_gradients},
      {.name = "lsvrg",
       .summary = "as svrg, with a full gradient after each example with probability 1/n",
       .make = make_svrg,
       .reference = reference_sgd,
       .estimate = Estimate::svrg,
       .step_share = 2.0 / 3,
       .full_gradients = full_gradients_of_lsvrg,
       .why_not = why_no_full_gradients},
      {.name = "sarah",
       .summary =
           "v ← v + g(w) − g(w of the update before), w ← w − γ·v, v renewed as in svrg; every "
           "coordinate at every update, on sparse data too; no stale gradients",
       .takes = kTakesInner,
       .make = make_sarah,
       .reference = reference_sgd,
       .estimate = Estimate::sarah,
       .step_share = 1.0 / 2,
       .full_gradients = full_gradients_of_svrg,
       .why_not = why_no_recursion},
  };
  return catalog;
}

const RuleEntry& rule_entry(std::string_view name) {
  return find_by_name(rule_catalog(), "rule", name);
}

namespace {

void check_values(const RuleSpec& values) {
  // Of a fading mean with a longer memory than a million updates, single precision keeps nothing.
  for (const double fading : {values.beta1, values.beta2, values.decay})
    if (!(fading >= 0 && fading <= kLongestMemory))
      throw UsageError(
          fmt::format("a moment of which {:g} is left: it lies between 0 and {:f}, as in `beta2` "
                      "0.999",
                      fading, kLongestMemory));
  if (!(values.epsilon >= kLeastEpsilon && values.epsilon <= kMostEpsilon))
    throw UsageError(
        fmt::format("epsilon {:g}: it lies between {:g} and {:g}, as in `epsilon` 1e-8",
                    values.epsilon, kLeastEpsilon, kMostEpsilon));
  if (!(values.weight_decay >= 0 && std::isfinite(values.weight_decay)))
    throw UsageError(fmt::format("weight decay {:g}: it is at least 0", values.weight_decay));
  if (!(values.average >= 0 && values.average <= 1))
    throw UsageError(
        fmt::format("average over {:g} of the iterates: it is a share of them, at "
                    "most 1",
                    values.average));
}

}  // namespace

RuleSpec parse_rule(std::string_view name, double momentum, const RuleSpec& values) {
  const RuleEntry& entry = rule_entry(name);
  check_values(values);
  RuleSpec spec = values;
  spec.name = entry.name;
  spec.momentum = 0;
  if ((entry.takes & kTakesMomentum) == 0) return spec;
  if (!(std::abs(momentum) < 1))
    throw UsageError(
        fmt::format("momentum {:f}: it lies above -1 and below 1, as in `momentum` 0.9", momentum));
  spec.momentum = static_cast<Real>(momentum);
  return spec;
}

std::string why_no_rule(const RuleSpec& spec, const RuleInput& input) {
  const RuleEntry& entry = rule_entry(spec.name);
  if (spec.average != 0 && entry.estimate != Estimate::plain)
    return fmt::format(
        "{} leaves no noise that an average over iterates would take away: it goes on to the "
        "optimum by itself",
        entry.name);
  auto* const why_not = entry.why_not;
  return why_not == nullptr ? "" : why_not(input);
}

std::unique_ptr<const Rule> make_rule(const RuleSpec& spec, const RuleInput& input) {
  const RuleEntry& entry = rule_entry(spec.name);
  if (const auto why = why_no_rule(spec, input); !why.empty())
    throw UsageError(fmt::format("no rule {} here: {}", entry.name, why));
  return entry.make(spec, input);
}

double step_share(double momentum) {
  return std::min(1 - momentum, 2 * (1 + momentum));
}

Shuffle usual_shuffle(const RuleSpec& rule) {
  const Estimate estimate = rule_entry(rule.name).estimate;
  if (estimate != Estimate::saga && estimate != Estimate::sag) return {};
  return {Shuffle::Kind::blocks, 4};
}

FullGradients Rule::full_gradients(std::uint64_t seed) const {
  auto* const places = rule_entry(spec_.name).full_gradients;
  return places == nullptr ? FullGradients() : places(spec_, examples_, seed);
}

// SAG goes along a mean of gradients that are up to a pass old. Where rows come once a pass (its
// theorem draws them independently), and the mean loss has the curvature h in some direction, the
// way along it is, with a pass for the unit of time,
//
//   w′(t) = −A·∫₀¹ w(t − a) da,    A = γ·h·n/b,    so w = eˢᵗ where s² + A·(1 − e⁻ˢ) = 0
//
// which swings up from A = π²/2 on, at s = iπ. The step is at most half of that one, as sgd's is
// half of the longest; sgd_step(n) is 1/(2h).
double automatic_step(const RuleSpec& rule, std::size_t averaged, std::size_t n,
                      const std::function<double(std::size_t)>& sgd_step) {
  const RuleEntry& entry = rule_entry(rule.name);
  if (entry.usual_step != 0) return entry.usual_step;
  const double step =
      sgd_step(averaged) * entry.step_share * step_share(static_cast<double>(rule.momentum));
  if (entry.estimate != Estimate::sag) return step;
  constexpr double kMost = std::numbers::pi * std::numbers::pi / 4;  // A
  return std::min(step,
                  kMost * 2 * sgd_step(n) * static_cast<double>(averaged) / static_cast<double>(n));
}

}  // namespace sgdbench

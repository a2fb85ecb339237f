#include "workloads/rules/rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "workloads/names.h"
#include "workloads/rules/rules.h"

namespace sgdbench {

const std::vector<RuleEntry>& rule_catalog() {
  static const std::vector<RuleEntry> catalog{
      {"sgd", "w ← w − γ·g; on sparse data only the coordinates of the block are touched", false,
       false, make_sgd, reference_sgd},
      {"momentum",
       "v ← μ·v + g, w ← w − γ·v; every coordinate at every update, v decays everywhere", true,
       false, make_momentum, reference_momentum},
      {"nesterov", "v ← μ·v + g, w ← w − γ·(g + μ·v); every coordinate at every update", true,
       false, make_nesterov, reference_nesterov},
      {"saga",
       "w ← w − γ·((s − α)·x + ḡ), α ← s: remembers each example's slope; linear models, no noise "
       "floor",
       false, false, make_saga, reference_sgd, Estimate::saga, 2.0 / 3, nullptr,
       why_no_slope_memory},
      {"sag", "w ← w − γ·ḡ, the mean of all remembered gradients; linear models, biased", false,
       false, make_sag, reference_sgd, Estimate::sag, 1.0 / 8, nullptr, why_no_slope_memory},
      {"svrg",
       "as saga, with slopes and ḡ of a full gradient that all workers make every `inner` examples",
       false, true, make_svrg, reference_sgd, Estimate::svrg, 2.0 / 3, full_gradients_of_svrg,
       why_no_slope_memory},
      {"lsvrg", "as svrg, with a full gradient after each example with probability 1/n", false,
       false, make_svrg, reference_sgd, Estimate::svrg, 2.0 / 3, full_gradients_of_lsvrg,
       why_no_slope_memory},
  };
  return catalog;
}

const RuleEntry& rule_entry(std::string_view name) {
  return find_by_name(rule_catalog(), "rule", name);
}

RuleSpec parse_rule(std::string_view name, double momentum) {
  const RuleEntry& entry = rule_entry(name);
  if (!entry.takes_momentum) return {entry.name};
  if (!(std::abs(momentum) < 1))
    throw UsageError(
        fmt::format("momentum {:f}: it lies above -1 and below 1, as in `momentum` 0.9", momentum));
  return {entry.name, static_cast<Real>(momentum)};
}

std::string why_no_rule(const RuleSpec& spec, const RuleInput& input) {
  auto* const why_not = rule_entry(spec.name).why_not;
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

std::vector<std::uint64_t> Rule::full_gradients(std::uint64_t planned, std::uint64_t seed) const {
  auto* const places = rule_entry(spec_.name).full_gradients;
  return places == nullptr ? std::vector<std::uint64_t>() : places(spec_, examples_, planned, seed);
}

double step_share(const RuleSpec& rule) {
  return rule_entry(rule.name).step_share * step_share(static_cast<double>(rule.momentum));
}

}  // namespace sgdbench

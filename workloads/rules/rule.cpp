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
       make_sgd, reference_sgd},
      {"momentum",
       "v ← μ·v + g, w ← w − γ·v; every coordinate at every update, v decays everywhere", true,
       make_momentum, reference_momentum},
      {"nesterov", "v ← μ·v + g, w ← w − γ·(g + μ·v); every coordinate at every update", true,
       make_nesterov, reference_nesterov},
      {"saga",
       "w ← w − γ·((s − α)·x + ḡ), α ← s: remembers each example's slope; linear models, no noise "
       "floor",
       false, make_saga, reference_sgd, Estimate::saga, 2.0 / 3, why_no_slope_memory},
      {"sag", "w ← w − γ·ḡ, the mean of all remembered gradients; linear models, biased", false,
       make_sag, reference_sgd, Estimate::sag, 1.0 / 8, why_no_slope_memory},
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

double step_share(const RuleSpec& rule) {
  return rule_entry(rule.name).step_share * step_share(static_cast<double>(rule.momentum));
}

}  // namespace sgdbench

#include "workloads/rules/rule.h"

#include <algorithm>
#include <cmath>

#include "workloads/names.h"

namespace sgdbench {

const std::vector<NamedSummary>& rule_catalog() {
  static const std::vector<NamedSummary> catalog{
      {"sgd", "w ← w − γ·g; on sparse data only the coordinates of the block are touched"},
      {"momentum",
       "v ← μ·v + g, w ← w − γ·v; every coordinate at every update, v decays everywhere"},
      {"nesterov", "v ← μ·v + g, w ← w − γ·(g + μ·v); every coordinate at every update"},
  };
  return catalog;
}

double step_share(double momentum) {
  return std::min(1 - momentum, 2 * (1 + momentum));
}

std::string_view to_string(Rule::Kind kind) {
  return rule_catalog()[static_cast<std::size_t>(kind)].name;
}

Rule parse_rule(std::string_view name, double momentum) {
  const auto& catalog = rule_catalog();
  const auto& row = find_by_name(catalog, "rule", name);
  const auto kind = static_cast<Rule::Kind>(&row - catalog.data());
  if (kind == Rule::Kind::sgd) return {};
  if (!(std::abs(momentum) < 1))
    throw UsageError("momentum " + std::to_string(momentum) +
                     ": it lies above -1 and below 1, as in --momentum 0.9");
  return {kind, static_cast<Real>(momentum)};
}

}  // namespace sgdbench

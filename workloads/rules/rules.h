// What the catalog of rules knows of each: how it is made, and its formula.
#pragma once

#include "workloads/rules/rule.h"

namespace sgdbench {

std::unique_ptr<const Rule> make_sgd(const RuleSpec& spec, std::size_t parameters);
std::unique_ptr<const Rule> make_momentum(const RuleSpec& spec, std::size_t parameters);
std::unique_ptr<const Rule> make_nesterov(const RuleSpec& spec, std::size_t parameters);

using ReferenceStep = void(const RuleSpec&, std::span<double>, std::span<const double>, double);
ReferenceStep reference_sgd, reference_momentum, reference_nesterov;

}  // namespace sgdbench

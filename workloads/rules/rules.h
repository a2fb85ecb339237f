// What the catalog of rules knows of each: how it is made, and its formula.
#pragma once

#include "workloads/rules/rule.h"

namespace sgdbench {

std::unique_ptr<const Rule> make_sgd(const RuleSpec& spec, const RuleInput& input);
std::unique_ptr<const Rule> make_momentum(const RuleSpec& spec, const RuleInput& input);
std::unique_ptr<const Rule> make_nesterov(const RuleSpec& spec, const RuleInput& input);
std::unique_ptr<const Rule> make_adagrad(const RuleSpec& spec, const RuleInput& input);
std::unique_ptr<const Rule> make_rmsprop(const RuleSpec& spec, const RuleInput& input);
std::unique_ptr<const Rule> make_adam(const RuleSpec& spec, const RuleInput& input);
std::unique_ptr<const Rule> make_adamw(const RuleSpec& spec, const RuleInput& input);
std::unique_ptr<const Rule> make_saga(const RuleSpec& spec, const RuleInput& input);
std::unique_ptr<const Rule> make_sag(const RuleSpec& spec, const RuleInput& input);
std::unique_ptr<const Rule> make_svrg(const RuleSpec& spec, const RuleInput& input);

using FullGradients = std::vector<std::uint64_t>(const RuleSpec&, std::size_t n,
                                                 std::uint64_t planned, std::uint64_t seed);
FullGradients full_gradients_of_svrg, full_gradients_of_lsvrg;

std::string why_no_slope_memory(const RuleInput& input);

using ReferenceStep = void(const RuleSpec&, std::span<double>, std::span<const double>, double);
ReferenceStep reference_sgd, reference_momentum, reference_nesterov, reference_adagrad,
    reference_rmsprop, reference_adam, reference_adamw;

}  // namespace sgdbench

// SAGA and SAG: the memory follows the gradients, from zero (slope_memory.h). SAGA's estimate has
// no bias; SAG's weighs an example's change by 1/n instead of 1, which is biased and less noisy.
// Their steps: 1/(3L) and 1/(16L), by theorem 1 of either paper, where sgd's is 1/(2L).
// Both begin with nothing remembered, so that no full gradient comes before the first update.
#include "workloads/rules/rules.h"
#include "workloads/rules/slope_memory.h"

namespace sgdbench {

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

}  // namespace sgdbench

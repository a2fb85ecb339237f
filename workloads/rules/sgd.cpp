// Stochastic gradient descent (Robbins & Monro 1951):
//
//   w ← w − γ·g
#include "workloads/rules/coordinate_rule.h"
#include "workloads/rules/rules.h"

namespace sgdbench {
namespace {

struct SgdUpdate {
  static constexpr std::size_t kVectors = 1;
  static constexpr bool kOnSupport = true, kPlain = true;

  explicit SgdUpdate(const RuleSpec&) {}

  template <class T, class Memory>
  T operator()(const Memory&, const Coefficients& c, const Coordinate&, T sum) const {
    return sum * c.mean;
  }
};

}  // namespace

std::unique_ptr<const Rule> make_sgd(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<SgdUpdate>(spec, input);
}

void reference_sgd(const RuleSpec&, std::span<double> state, std::span<const double> g,
                   double step) {
  for (std::size_t i = 0; i < g.size(); ++i) state[i] -= step * g[i];
}

}  // namespace sgdbench

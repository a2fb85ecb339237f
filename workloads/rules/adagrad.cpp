// Adagrad (Duchi, Hazan & Singer 2011), with a diagonal:
//
//   s ← s + g²,  w ← w − γ·g/(√s + ε)
//
// A gradient of 0 changes neither s nor w, so that an update stays on the support.
#include "workloads/rules/coordinate_rule.h"
#include "workloads/rules/rules.h"

namespace sgdbench {
namespace {

struct AdagradUpdate {
  static constexpr std::size_t kVectors = 2;
  static constexpr bool kOnSupport = true, kPlain = false;

  explicit AdagradUpdate(const RuleSpec& spec) : epsilon(static_cast<Real>(spec.epsilon)) {}

  template <class T, class Memory>
  T operator()(const Memory& memory, const Coefficients& c, const Coordinate& x, T sum) const {
    const T g = sum * c.mean;
    const T s = memory.template modify<T>(x.vector(1), [&](T old) { return old + g * g; });
    return g / (square_root(s) + epsilon);
  }

  Real epsilon;  ///< ε
};

}  // namespace

std::unique_ptr<const Rule> make_adagrad(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<AdagradUpdate>(spec, input);
}

void reference_adagrad(const RuleSpec& spec, std::span<double> state, std::span<const double> g,
                       double step) {
  for (std::size_t i = 0; i < g.size(); ++i) {
    double& s = state[g.size() + i];
    s += g[i] * g[i];
    state[i] -= step * g[i] / (std::sqrt(s) + spec.epsilon);
  }
}

}  // namespace sgdbench

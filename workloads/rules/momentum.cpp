// Heavy-ball momentum (Polyak 1964), and Nesterov's (1983) in the form of Sutskever (2013):
//
//   momentum   v ← μ·v + g,  w ← w − γ·v
//   nesterov   v ← μ·v + g,  w ← w − γ·(g + μ·v)
//
// v decays everywhere, at every update.
#include "workloads/rules/coordinate_rule.h"
#include "workloads/rules/rules.h"

namespace sgdbench {
namespace {

template <bool nesterov>
struct MomentumUpdate {
  static constexpr std::size_t kVectors = 2;
  static constexpr bool kOnSupport = false, kPlain = false;

  explicit MomentumUpdate(const RuleSpec& spec) : momentum(spec.momentum) {}

  template <class T, class Memory>
  T operator()(const Memory& memory, const Coefficients& c, const Coordinate& x, T sum) const {
    const T g = sum * c.mean;
    const T v = memory.template modify<T>(x.vector(1), [&](T old) { return momentum * old + g; });
    return nesterov ? g + momentum * v : v;
  }

  Real momentum;  ///< μ
};

template <bool nesterov>
void reference_step(const RuleSpec& spec, std::span<double> state, std::span<const double> g,
                    double step) {
  const double momentum = spec.momentum;
  for (std::size_t i = 0; i < g.size(); ++i) {
    double& v = state[g.size() + i];
    v = momentum * v + g[i];
    state[i] -= step * (nesterov ? g[i] + momentum * v : v);
  }
}

}  // namespace

std::unique_ptr<const Rule> make_momentum(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<MomentumUpdate<false>>(spec, input);
}
std::unique_ptr<const Rule> make_nesterov(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<MomentumUpdate<true>>(spec, input);
}

void reference_momentum(const RuleSpec& spec, std::span<double> state, std::span<const double> g,
                        double step) {
  reference_step<false>(spec, state, g, step);
}
void reference_nesterov(const RuleSpec& spec, std::span<double> state, std::span<const double> g,
                        double step) {
  reference_step<true>(spec, state, g, step);
}

}  // namespace sgdbench

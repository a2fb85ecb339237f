// RMSProp (Tieleman & Hinton 2012, lecture 6.5):
//
//   v ← ρ·v + (1 − ρ)·g²,  w ← w − γ·g/(√v + ε)
//
// v starts from 0 and nothing corrects that: the first step is 1/√(1 − ρ) times as long as later
// ones. v decays everywhere, at every update.
#include "workloads/rules/coordinate_rule.h"
#include "workloads/rules/rules.h"

namespace sgdbench {
namespace {

struct RmspropUpdate {
  static constexpr std::size_t kVectors = 2;
  static constexpr bool kOnSupport = false, kPlain = false;

  explicit RmspropUpdate(const RuleSpec& spec)
      : decay(static_cast<Real>(spec.decay)),
        share(static_cast<Real>(1 - spec.decay)),
        epsilon(static_cast<Real>(spec.epsilon)) {}

  template <class T, class Memory>
  T operator()(const Memory& memory, const Coefficients& c, const Coordinate& x, T sum) const {
    const T g = sum * c.mean;
    const T v = memory.template modify<T>(x.vector(1),
                                          [&](T old) { return decay * old + share * (g * g); });
    return g / (square_root(v) + epsilon);
  }

  Real decay, share;  ///< ρ, 1 − ρ
  Real epsilon;       ///< ε
};

}  // namespace

std::unique_ptr<const Rule> make_rmsprop(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<RmspropUpdate>(spec, input);
}

void reference_rmsprop(const RuleSpec& spec, std::span<double> state, std::span<const double> g,
                       double step) {
  for (std::size_t i = 0; i < g.size(); ++i) {
    double& v = state[g.size() + i];
    v = spec.decay * v + (1 - spec.decay) * g[i] * g[i];
    state[i] -= step * g[i] / (std::sqrt(v) + spec.epsilon);
  }
}

}  // namespace sgdbench

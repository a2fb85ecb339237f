// Adam (Kingma & Ba 2015, algorithm 1), and AdamW (Loshchilov & Hutter 2019, algorithm 2):
//
//   m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²,  t ← t + 1
//   m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
//
//   adam    w ← w − γ·m̂/(√v̂ + ε)
//   adamw   w ← w − γ·(m̂/(√v̂ + ε) + λ·w)
//
// m and v decay everywhere, at every update. λ is not the objective's own regulariser, which stays
// in g as in Adam: it comes on top, and pulls at every parameter.
//
// t is a vector of the state, a number for each coordinate, because only the state knows which
// updates are in m and v: those of one replica, of a mean of replicas, of a version. An update
// reads it once, at the beginning of its range, as every update lands on all coordinates; while
// others write, a coordinate may be as many updates ahead as there are workers. From where both
// corrections are 1 in single precision it is no longer counted, and costs nothing.
#include "workloads/rules/coordinate_rule.h"
#include "workloads/rules/rules.h"

namespace sgdbench {
namespace {

/// Updates after which β^t is nothing beside 1 in single precision.
double updates_to_forget(double beta) {
  return beta == 0 ? 1 : std::ceil(std::log(0x1p-25) / std::log(beta));
}

template <bool decoupled>
struct AdamUpdate {
  static constexpr std::size_t kVectors = 4;
  static constexpr bool kOnSupport = false, kPlain = false;

  explicit AdamUpdate(const RuleSpec& spec)
      : beta1(static_cast<Real>(spec.beta1)),
        beta2(static_cast<Real>(spec.beta2)),
        share1(static_cast<Real>(1 - spec.beta1)),
        share2(static_cast<Real>(1 - spec.beta2)),
        epsilon(static_cast<Real>(spec.epsilon)),
        weight_decay(static_cast<Real>(spec.weight_decay)),
        log_beta1(std::log(spec.beta1)),
        log_beta2(std::log(spec.beta2)),
        counted(std::max(updates_to_forget(spec.beta1), updates_to_forget(spec.beta2))) {}

  /// The update that follows `made` others.
  AdamUpdate after(Real made) const {
    AdamUpdate next = *this;
    const double t = static_cast<double>(made) + 1;
    next.counts = t <= counted;
    if (!next.counts) return next;
    next.correction1 = static_cast<Real>(-1 / std::expm1(t * log_beta1));
    next.correction2 = static_cast<Real>(1 / std::sqrt(-std::expm1(t * log_beta2)));
    return next;
  }

  template <class T, class Memory>
  T operator()(const Memory& memory, const Coefficients& c, const Coordinate& x, T sum) const {
    const T g = sum * c.mean;
    const T m =
        memory.template modify<T>(x.vector(1), [&](T old) { return beta1 * old + share1 * g; });
    const T v = memory.template modify<T>(x.vector(2),
                                          [&](T old) { return beta2 * old + share2 * (g * g); });
    if (counts) memory.template modify<T>(x.vector(3), [](T t) { return t + Real(1); });
    const T d = (m * correction1) / (square_root(v) * correction2 + epsilon);
    if constexpr (decoupled) return d + weight_decay * memory.template load<T>(x.w);
    return d;
  }

  Real beta1, beta2, share1, share2;  ///< β₁, β₂, 1 − β₁, 1 − β₂
  Real epsilon, weight_decay;         ///< ε, λ
  double log_beta1, log_beta2;
  double counted;                         ///< updates after which t stands still
  Real correction1 = 1, correction2 = 1;  ///< 1/(1 − β₁ᵗ), 1/√(1 − β₂ᵗ)
  bool counts = true;
};

void adam_step(const RuleSpec& spec, std::span<double> state, std::span<const double> g,
               double step, double weight_decay) {
  const std::size_t n = g.size();
  for (std::size_t i = 0; i < n; ++i) {
    double &w = state[i], &m = state[n + i], &v = state[2 * n + i], &t = state[3 * n + i];
    m = spec.beta1 * m + (1 - spec.beta1) * g[i];
    v = spec.beta2 * v + (1 - spec.beta2) * g[i] * g[i];
    t += 1;
    const double unbiased_m = m / (1 - std::pow(spec.beta1, t));
    const double unbiased_v = v / (1 - std::pow(spec.beta2, t));
    w -= step * (unbiased_m / (std::sqrt(unbiased_v) + spec.epsilon) + weight_decay * w);
  }
}

}  // namespace

std::unique_ptr<const Rule> make_adam(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<AdamUpdate<false>>(spec, input);
}
std::unique_ptr<const Rule> make_adamw(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<AdamUpdate<true>>(spec, input);
}

void reference_adam(const RuleSpec& spec, std::span<double> state, std::span<const double> g,
                    double step) {
  adam_step(spec, state, g, step, 0);
}
void reference_adamw(const RuleSpec& spec, std::span<double> state, std::span<const double> g,
                     double step) {
  adam_step(spec, state, g, step, spec.weight_decay);
}

}  // namespace sgdbench

// Rules that step along the gradient itself, one coordinate like the other (coordinate_rule.h):
//
//   sgd        w ← w − γ·g                                          Robbins & Monro 1951
//   momentum   v ← μ·v + g,  w ← w − γ·v                            heavy ball, Polyak 1964
//   nesterov   v ← μ·v + g,  w ← w − γ·(g + μ·v)                    1983, as in Sutskever 2013
//   adagrad    s ← s + g²,  w ← w − γ·g/(√s + ε)                    diagonal, Duchi et al. 2011
//   rmsprop    v ← ρ·v + (1 − ρ)·g²,  w ← w − γ·g/(√v + ε)          Tieleman & Hinton 2012, 6.5
//   adam       m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²,  t ← t + 1
//              m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
//              w ← w − γ·m̂/(√v̂ + ε)                                 algorithm 1, Kingma & Ba 2015
//   adamw      w ← w − γ·(m̂/(√v̂ + ε) + λ·w)                         algorithm 2, Loshchilov &
//                                                                   Hutter 2019
//
// Under sgd and adagrad a gradient of 0 changes nothing, so that an update stays on the support;
// what the others remember fades everywhere, at every update.
//
// rmsprop's v starts from 0 and nothing corrects that: the first step is 1/√(1 − ρ) times as long
// as later ones. λ of adamw is not the objective's own regulariser, which stays in g as in adam: it
// comes on top, and pulls at every parameter.
//
// t of adam is a vector of the state, a number for each coordinate, because only the state knows
// which updates are in m and v: those of one replica, of a mean of replicas, of a version. An
// update reads it once, at the beginning of its range, as every update lands on all coordinates;
// while others write, a coordinate may be as many updates ahead as there are workers. From where
// both corrections are 1 in single precision it is no longer counted, and costs nothing.
//
// m and v are sums over the same gradients, so that by Cauchy and Schwarz
//
//   m² ≤ B·v,  B = (1 − β₁)² / ((1 − β₂)·(1 − β₁²/β₂)) where β₁² < β₂
//
// and no coordinate goes farther than γ·√B at an update. Where workers overwrite each other, the
// gradient that a store of v lost may still be in m: with v = 0 the next step would be γ·m/ε. There
// an update takes and leaves v no smaller than half of m²/B, which changes nothing where no store
// was lost. The other rules divide by a root that has their own g in it.
#include <cmath>

#include "workloads/rules/coordinate_rule.h"

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

/// Updates after which β^t is nothing beside 1 in single precision.
double updates_to_forget(double beta) {
  return beta == 0 ? 1 : std::ceil(std::log(0x1p-25) / std::log(beta));
}

/// Half of 1/B; 0 where nothing bounds m²/v.
Real least_share(double beta1, double beta2) {
  if (!(beta1 * beta1 < beta2)) return 0;
  return static_cast<Real>((1 - beta2) * (1 - beta1 * beta1 / beta2) /
                           (2 * (1 - beta1) * (1 - beta1)));
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
        least(least_share(spec.beta1, spec.beta2)),
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
    const T v = memory.template modify<T>(x.vector(2), [&](T old) {
      const T next = beta2 * old + share2 * (g * g);
      if constexpr (Memory::kPlain) return next;
      const T bound = least * (m * m);
      return next < bound ? bound : next;
    });
    if (counts) memory.template modify<T>(x.vector(3), [](T t) { return t + Real(1); });
    const T d = (m * correction1) / (square_root(v) * correction2 + epsilon);
    if constexpr (decoupled) return d + weight_decay * memory.template load<T>(x.w);
    return d;
  }

  Real beta1, beta2, share1, share2;  ///< β₁, β₂, 1 − β₁, 1 − β₂
  Real epsilon, weight_decay;         ///< ε, λ
  double log_beta1, log_beta2;
  Real least;                             ///< of m², what v is at least while others write
  double counted;                         ///< updates after which t stands still
  Real correction1 = 1, correction2 = 1;  ///< 1/(1 − β₁ᵗ), 1/√(1 − β₂ᵗ)
  bool counts = true;
};

/// w ← w − γ·along(g, x) at every coordinate, x[k·n] being what the k-th vector has of it.
template <class Along>
void reference_step(std::span<double> state, std::span<const double> g, double step, Along along) {
  for (std::size_t i = 0; i < g.size(); ++i) state[i] -= step * along(g[i], &state[i]);
}

template <bool nesterov>
void reference_momentum_step(const RuleSpec& spec, std::span<double> state,
                             std::span<const double> gradient, double step) {
  const double momentum = spec.momentum;
  reference_step(state, gradient, step, [&](double g, double* x) {
    double& v = x[gradient.size()];
    v = momentum * v + g;
    return nesterov ? g + momentum * v : v;
  });
}

void reference_adam_step(const RuleSpec& spec, std::span<double> state,
                         std::span<const double> gradient, double step, double weight_decay) {
  const std::size_t n = gradient.size();
  reference_step(state, gradient, step, [&](double g, double* x) {
    double &m = x[n], &v = x[2 * n], &t = x[3 * n];
    m = spec.beta1 * m + (1 - spec.beta1) * g;
    v = spec.beta2 * v + (1 - spec.beta2) * g * g;
    t += 1;
    const double unbiased_m = m / (1 - std::pow(spec.beta1, t));
    const double unbiased_v = v / (1 - std::pow(spec.beta2, t));
    return unbiased_m / (std::sqrt(unbiased_v) + spec.epsilon) + weight_decay * *x;
  });
}

}  // namespace

std::unique_ptr<const Rule> make_sgd(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<SgdUpdate>(spec, input);
}
std::unique_ptr<const Rule> make_momentum(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<MomentumUpdate<false>>(spec, input);
}
std::unique_ptr<const Rule> make_nesterov(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<MomentumUpdate<true>>(spec, input);
}
std::unique_ptr<const Rule> make_adagrad(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<RootUpdate<false>>(spec, input);
}
std::unique_ptr<const Rule> make_rmsprop(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<RootUpdate<true>>(spec, input);
}
std::unique_ptr<const Rule> make_adam(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<AdamUpdate<false>>(spec, input);
}
std::unique_ptr<const Rule> make_adamw(const RuleSpec& spec, const RuleInput& input) {
  return make_coordinate_rule<AdamUpdate<true>>(spec, input);
}

void reference_sgd(const RuleSpec&, std::span<double> state, std::span<const double> gradient,
                   double step) {
  reference_step(state, gradient, step, [](double g, double*) { return g; });
}
void reference_momentum(const RuleSpec& spec, std::span<double> state,
                        std::span<const double> gradient, double step) {
  reference_momentum_step<false>(spec, state, gradient, step);
}
void reference_nesterov(const RuleSpec& spec, std::span<double> state,
                        std::span<const double> gradient, double step) {
  reference_momentum_step<true>(spec, state, gradient, step);
}
void reference_adagrad(const RuleSpec& spec, std::span<double> state,
                       std::span<const double> gradient, double step) {
  reference_step(state, gradient, step, [&](double g, double* x) {
    double& s = x[gradient.size()];
    s += g * g;
    return g / (std::sqrt(s) + spec.epsilon);
  });
}
void reference_rmsprop(const RuleSpec& spec, std::span<double> state,
                       std::span<const double> gradient, double step) {
  reference_step(state, gradient, step, [&](double g, double* x) {
    double& v = x[gradient.size()];
    v = spec.decay * v + (1 - spec.decay) * g * g;
    return g / (std::sqrt(v) + spec.epsilon);
  });
}
void reference_adam(const RuleSpec& spec, std::span<double> state, std::span<const double> gradient,
                    double step) {
  reference_adam_step(spec, state, gradient, step, 0);
}
void reference_adamw(const RuleSpec& spec, std::span<double> state,
                     std::span<const double> gradient, double step) {
  reference_adam_step(spec, state, gradient, step, spec.weight_decay);
}

}  // namespace sgdbench

// What one example's update in place does under other rules than sgd, whose step stands in the
// loops over rows themselves (linear_sparse.cpp, linear_dense.cpp). The loops are written once for
// all of them. For example i, with the slope s of its loss,
//
//   weigh(memory, i, s)                       what multiplies xᵢ below; notes the slope
//   move<T>(memory, w_v, v, x, …)             writes coordinate v, or a register of them
//   place(updates)                            the update that is made next
//   vector()                                  where it has one beside w, that
#pragma once

#include "workloads/kernels/memory.h"
#include "workloads/rules/coordinate_rule.h"
#include "workloads/rules/slope_memory.h"

namespace sgdbench {

/// sgd: nothing beside w ← w − γ·g, which the loop does.
struct SgdStep {
  static constexpr bool kPlain = true, kRemembers = false, kHasVector = false;

  template <class Memory>
  Real weigh(const Memory&, std::uint32_t, Real s) const {
    return s;
  }
  void ask_for(std::uint32_t) const {}
  template <class Updates>
  void place(const Updates&) {}
};

/// The same where iterates are averaged: u takes t − 1 times the step (rules/coordinate_rule.h).
/// `shrinkage` is λ/d_v.
struct AveragedStep : SgdStep {
  static constexpr bool kPlain = false, kHasVector = true;

  explicit AveragedStep(Real* average) : u(average) {}
  Real*& vector() { return u; }
  template <class Updates>
  void place(const Updates& updates) {
    averaged = updates.averaged();
  }
  template <class T, class Memory>
  [[gnu::always_inline]] void move(const Memory& memory, Real* w, std::size_t v, T x, Real s, Real,
                                   Real shrinkage, Real step) const {
    T change{};
    memory.template modify<T>(w, [&](T w_v) {
      change = step * (s * x + shrinkage * w_v);
      return w_v - change;
    });
    if (averaged != 0)
      memory.template modify<T>(u + v, [&](T old) { return old - averaged * change; });
  }

  Real* u;
  Real averaged = 0;  ///< t − 1
};

/// What a rule that treats every coordinate by itself makes of sgd's gradient; w lies in the rule's
/// state.
template <class Update>
struct CoordinateStep : SgdStep {
  static constexpr bool kPlain = false;

  CoordinateStep(const Update& of, std::size_t parameters_) : update(of), parameters(parameters_) {}

  template <class T, class Memory>
  [[gnu::always_inline]] void move(const Memory& memory, Real* w, std::size_t, T x, Real s, Real,
                                   Real shrinkage, Real step) const {
    const T gradient = s * x + shrinkage * memory.template load<T>(w);
    const T change =
        step * update.template operator()<T>(memory, {step, 1, 0}, {w, parameters}, gradient);
    memory.template modify<T>(w, [&](T w_v) { return w_v - change; });
  }

  Update update;
  std::size_t parameters;
};

/// Along c·(s − α)·x + (ḡ_v + λ·w_v)/d_v, and what is remembered of it.
template <bool follows>
struct RememberedStep {
  static constexpr bool kPlain = false, kRemembers = true, kHasVector = true;

  Real* mean;    ///< ḡ
  Real* slopes;  ///< α
  Real l2, weight, inverse_examples;

  RememberedStep(const SlopeMemory& rule, std::span<Real> state)
      : mean(rule.mean(state)),
        slopes(rule.slopes(state)),
        l2(rule.rows().l2),
        weight(rule.weight(1)),
        inverse_examples(rule.inverse_examples()) {}

  template <class Memory>
  Real weigh(const Memory&, std::uint32_t row, Real s) const {
    if constexpr (!follows) return s - slopes[row];  // nobody writes it now
    if constexpr (!Memory::kPlain) return s - racy::exchange(slopes + row, s);
    const Real alpha = slopes[row];
    slopes[row] = s;
    return s - alpha;
  }
  void ask_for(std::uint32_t row) const { __builtin_prefetch(slopes + row); }
  template <class Updates>
  void place(const Updates&) {}
  Real*& vector() { return mean; }
  /// `share` is 1/d_v, `penalty` λ of this coordinate.
  template <class T, class Memory>
  [[gnu::always_inline]] void move(const Memory& memory, Real* w, std::size_t v, T x, Real change,
                                   Real share, Real penalty, Real step) const {
    const T g = memory.template load<T>(mean + v);
    memory.template modify<T>(
        w, [&](T w_v) { return w_v - step * (weight * change * x + share * (g + penalty * w_v)); });
    if constexpr (follows) {
      const T more = change * inverse_examples * x;
      if constexpr (Memory::kPlain)
        plain::store(mean + v, g + more);
      else
        add(mean + v, more);
    }
  }

 private:
  static void add(Real* p, Real more) { racy::add_cas(p, more); }
  static void add(Real* p, Vec more) {
    for (std::size_t i = 0; i < kLanes; ++i) racy::add_cas(p + i, more[i]);
  }
};

/// Calls body(step) with that of a rule.
template <class Body>
void with_remembered_step(const SlopeMemory& rule, std::span<Real> state, Body body) {
  if (rule.follows())
    body(RememberedStep<true>(rule, state));
  else
    body(RememberedStep<false>(rule, state));
}

}  // namespace sgdbench

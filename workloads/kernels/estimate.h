// What one example's update in place takes a step along, coordinate by coordinate: its gradient, or
// that corrected by what is remembered (rules/slope_memory.h). Loops over rows are written once for
// all. For example i, with the slope s of its loss,
//
//   begin(memory, i, s)                       what multiplies xᵢ below; notes the slope
//   along<T>(memory, w_v, v, x, …)            the step of coordinate v, or of a register of them
//   place(updates)                            the update that is made next
//   vector()                                  where it has one beside w, that
#pragma once

#include "workloads/kernels/memory.h"
#include "workloads/rules/coordinate_rule.h"
#include "workloads/rules/slope_memory.h"

namespace sgdbench {

/// s·x + λ/d_v·w_v: `shrinkage` is λ/d_v.
struct GradientEstimate {
  static constexpr bool kRemembers = false, kHasVector = false;

  template <class Memory>
  Real begin(const Memory&, std::uint32_t, Real s) const {
    return s;
  }
  void ask_for(std::uint32_t) const {}
  template <class Updates>
  void place(const Updates&) {}
  template <class T, class Memory>
  [[gnu::always_inline]] void along(const Memory& memory, Real* w, std::size_t, T x, Real s, Real,
                                    Real shrinkage, Real step) const {
    memory.template modify<T>(w, [&](T w_v) { return w_v - step * (s * x + shrinkage * w_v); });
  }
};

/// The same where iterates are averaged: u takes t − 1 times the step (rules/coordinate_rule.h).
struct AveragedEstimate : GradientEstimate {
  static constexpr bool kHasVector = true;

  explicit AveragedEstimate(Real* average) : u(average) {}
  Real*& vector() { return u; }
  template <class Updates>
  void place(const Updates& updates) {
    averaged = updates.averaged();
  }
  template <class T, class Memory>
  [[gnu::always_inline]] void along(const Memory& memory, Real* w, std::size_t v, T x, Real s, Real,
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

/// What a rule that treats every coordinate by itself makes of the first of them; w lies in the
/// rule's state.
template <class Update>
struct CoordinateEstimate : GradientEstimate {
  CoordinateEstimate(const Update& of, std::size_t parameters_)
      : update(of), parameters(parameters_) {}

  template <class T, class Memory>
  [[gnu::always_inline]] void along(const Memory& memory, Real* w, std::size_t, T x, Real s, Real,
                                    Real shrinkage, Real step) const {
    const T gradient = s * x + shrinkage * memory.template load<T>(w);
    const T change =
        step * update.template operator()<T>(memory, {step, 1, 0}, {w, parameters}, gradient);
    memory.template modify<T>(w, [&](T w_v) { return w_v - change; });
  }

  Update update;
  std::size_t parameters;
};

/// c·(s − α)·x + (ḡ_v + λ·w_v)/d_v, and what is remembered of it.
template <bool follows>
struct RememberedEstimate {
  static constexpr bool kRemembers = true, kHasVector = true;

  Real* mean;    ///< ḡ
  Real* slopes;  ///< α
  Real l2, weight, inverse_examples;

  RememberedEstimate(const SlopeMemory& rule, std::span<Real> state)
      : mean(rule.mean(state)),
        slopes(rule.slopes(state)),
        l2(rule.rows().l2),
        weight(rule.weight(1)),
        inverse_examples(rule.inverse_examples()) {}

  template <class Memory>
  Real begin(const Memory&, std::uint32_t row, Real s) const {
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
  [[gnu::always_inline]] void along(const Memory& memory, Real* w, std::size_t v, T x, Real change,
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

/// Calls body(estimate) with that of a rule.
template <class Body>
void with_memory_of(const SlopeMemory& rule, std::span<Real> state, Body body) {
  if (rule.follows())
    body(RememberedEstimate<true>(rule, state));
  else
    body(RememberedEstimate<false>(rule, state));
}

}  // namespace sgdbench

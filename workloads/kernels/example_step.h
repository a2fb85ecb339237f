// What one example's update in place does under other rules than sgd, whose step stands in the
// loops over rows themselves (linear_sparse.cpp, linear_dense.cpp). The loops are written once for
// all of them. For example i, with the slope s of its loss,
//
//   weigh(memory, i, s)                       what multiplies xᵢ below; notes the slope
//   move<T>(memory, w_v, v, x, …)             writes coordinate v, or a register of them
//   place(updates)                            the update that is made next
//   end(memory)                               after the last one of a run
//   vector(k)                                 the k-th of its kVectors beside w
#pragma once

#include "workloads/kernels/memory.h"
#include "workloads/rules/coordinate_rule.h"
#include "workloads/rules/slope_memory.h"

namespace sgdbench {

/// sgd: nothing beside w ← w − γ·g, which the loop does.
struct SgdStep {
  static constexpr bool kPlain = true, kRemembers = false;
  static constexpr std::size_t kVectors = 0;

  template <class Memory>
  Real weigh(const Memory&, std::uint32_t, Real s) const {
    return s;
  }
  void ask_for(std::uint32_t) const {}
  template <class Updates>
  void place(const Updates&) {}
  template <class Memory>
  void end(const Memory&) const {}
};

/// The same where iterates are averaged: u takes t − 1 times the step (rules/coordinate_rule.h).
/// `shrinkage` is λ/d_v.
struct AveragedStep : SgdStep {
  static constexpr bool kPlain = false;
  static constexpr std::size_t kVectors = 1;

  explicit AveragedStep(Real* average) : u(average) {}
  Real*& vector(std::size_t) { return u; }
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

/// What a worker among others has changed of ḡ on dense rows, and not told them yet. A change that
/// was lost would leave ḡ wrong for the rest of the run, so that each is a compare-and-swap; of
/// many rows' changes together, their sum needs one. The worker's own steps see its changes at
/// once, the others' some rows later: as if they had read ḡ that much earlier. (On sparse rows,
/// which share few coordinates, remembering what was changed was measured to cost more.)
class MeanChanges {
 public:
  /// For a worker under this rule, or null.
  explicit MeanChanges(const SlopeMemory* rule)
      : changes_(rule != nullptr && rule->follows() ? rule->parameters() : 0) {}

  template <class T>
  T at(std::size_t v) const {
    return plain::load<T>(&changes_[v]);
  }
  template <class T>
  void set(std::size_t v, T change) {
    plain::store(&changes_[v], change);
  }

  /// A row more, before its changes; they are told every so many.
  void row(Real* mean) {
    if (rows_ == kTogether) tell(mean);
    ++rows_;
  }
  void tell(Real* mean) {
    rows_ = 0;
    for (std::size_t v = 0; v < changes_.size(); ++v) {
      if (changes_[v] != 0) racy::add_cas(mean + v, changes_[v]);
      changes_[v] = 0;
    }
  }

 private:
  static constexpr std::size_t kTogether = 128;

  AlignedVector<Real> changes_;
  std::size_t rows_ = 0;
};

/// Along c·(s − α)·x + (ḡ_v + λ·w_v)/d_v, and what is remembered of it; `keeps`: and what additions
/// to w lost, where nobody else makes any.
template <bool follows, bool keeps, bool together>
struct RememberedStep {
  static constexpr bool kPlain = false, kRemembers = true;
  static constexpr std::size_t kVectors = keeps ? 2 : 1;

  Real* mean;    ///< ḡ
  Real* lost;    ///< by additions to w
  Real* slopes;  ///< α
  MeanChanges* changes;
  Real l2, weight, inverse_examples;

  RememberedStep(const SlopeMemory& rule, std::span<Real> state, MeanChanges* changes_)
      : mean(rule.mean(state)),
        lost(rule.lost(state)),
        slopes(rule.slopes(state)),
        changes(changes_),
        l2(rule.rows().l2),
        weight(rule.weight(1)),
        inverse_examples(rule.inverse_examples()) {}

  template <class Memory>
  Real weigh(const Memory&, std::uint32_t row, Real s) const {
    if constexpr (!follows) return s - slopes[row];  // nobody writes it now
    if constexpr (!Memory::kPlain) {
      if constexpr (together) changes->row(mean);
      return s - racy::exchange(slopes + row, s);
    }
    const Real alpha = slopes[row];
    slopes[row] = s;
    return s - alpha;
  }
  void ask_for(std::uint32_t row) const { __builtin_prefetch(slopes + row); }
  template <class Updates>
  void place(const Updates&) {}
  template <class Memory>
  void end(const Memory&) const {
    if constexpr (follows && together && !Memory::kPlain) changes->tell(mean);
  }
  Real*& vector(std::size_t k) { return k == 0 ? mean : lost; }
  /// `share` is 1/d_v, `penalty` λ of this coordinate.
  template <class T, class Memory>
  [[gnu::always_inline]] void move(const Memory& memory, Real* w, std::size_t v, T x, Real change,
                                   Real share, Real penalty, Real step) const {
    const T more = change * inverse_examples * x;
    T g = memory.template load<T>(mean + v);
    if constexpr (follows && together && !Memory::kPlain) {
      const T mine = changes->at<T>(v);
      changes->set<T>(v, mine + more);
      g += mine;
    }
    const auto length = [&](T w_v) {
      return step * (weight * change * x + share * (g + penalty * w_v));
    };
    if constexpr (keeps && Memory::kPlain) {
      T w_v = plain::load<T>(w), rest = plain::load<T>(lost + v);
      add_all(w_v, rest, -length(w_v));
      plain::store(w, w_v);
      plain::store(lost + v, rest);
    } else {
      memory.template modify<T>(w, [&](T w_v) { return w_v - length(w_v); });
    }
    if constexpr (follows && Memory::kPlain) plain::store(mean + v, g + more);
    if constexpr (follows && !together && !Memory::kPlain) racy::add_cas(mean + v, more);
  }
};

/// Calls body(step) with that of a rule. `together`: changes of ḡ are told to others by the
/// worker's `changes`.
template <bool together, class Body>
void with_remembered_step(const SlopeMemory& rule, std::span<Real> state, MeanChanges* changes,
                          Body body) {
  if (rule.keeps_lost())
    body(RememberedStep<true, true, together>(rule, state, changes));
  else if (rule.follows())
    body(RememberedStep<true, false, together>(rule, state, changes));
  else
    body(RememberedStep<false, false, together>(rule, state, changes));
}

}  // namespace sgdbench

// A rule that treats every coordinate by itself: one arithmetic for every access and every shape of
// gradient sum. What a coordinate's update is, a class says (first_order.cpp, full_gradients.cpp):
//
//   kVectors      vectors of the state, w included
//   kOnSupport    a gradient of 0 leaves the coordinate as it is
//   kPlain        it is w ← w − γ·g
//   operator()    d of w ← w − γ·d at one coordinate, or at a register of them
//   after(t)      for those that depend on how many updates were made, which the last vector counts
//                 at each coordinate: the next one
//   kAnchor, kFullGradient, kMovesAnchor   of those that land differences of gradients: the vectors
//                 of Rule::anchor() and of the last full gradient, and Rule::moves_anchor()
//
// On the support, only it is touched. Where the supports cover much of the range a pass over all of
// it is cheaper than gathering, and does the same: w − γ·0 = w. Other rules always pass over
// all of the range.
//
// Where iterates are averaged (Polyak & Juditsky 1992; over the last of them: Rakhlin, Shamir &
// Sridharan 2012), one vector more holds u: of the T iterates w₁, …, w_T the mean is
//
//   w̄ = w_T − u/T,  u = ∑ (t − 1)·(w_t − w_{t−1})
//
// so that it costs an update what its own changes do and is exact on a support (Xu 2011). t is the
// number of the update in the plan, whoever makes it and when.
//
// Gradient sums that are packed, or too many to be looked up in one another, are first added up
// coordinate by coordinate, in the order given; their sum is then a gradient sum like any other.
#pragma once

#include <algorithm>
#include <type_traits>

#include "workloads/kernels/memory.h"
#include "workloads/random.h"
#include "workloads/rules/rule.h"

namespace sgdbench {

struct Coefficients {
  Real step;      ///< γ
  Real mean;      ///< 1 / ∑ examples
  Real averaged;  ///< t − 1, of those in the average
};

/// Where a coordinate lies in the state.
struct Coordinate {
  Real* w;
  std::size_t parameters;
  /// In the k-th vector behind w.
  Real* vector(std::size_t k) const { return w + k * parameters; }
};

/// Whether the supports cover little of a range: a pass over all of it costs about as much as an
/// eighth of it gathered.
inline bool is_sparse(std::span<const GradientSum> gradient_sums, std::size_t range) {
  constexpr std::size_t kGatherShare = 8;
  std::size_t support = 0;
  for (const auto& gradient_sum : gradient_sums) {
    if (gradient_sum.dense) return false;
    support += gradient_sum.support.size();
  }
  return support * kGatherShare <= range;
}

/// The sum of gradient sums over [begin, end), as long as this lives; then its memory is zero
/// again.
class MergedSum {
 public:
  MergedSum(GradientTotal& total, std::span<const GradientSum> gradient_sums,
            std::size_t parameters, std::size_t begin, std::size_t end)
      : total_(total), begin_(begin), end_(end), dense_(!is_sparse(gradient_sums, end - begin)) {
    total.reserve(parameters);
    for (const auto& gradient_sum : gradient_sums) add(gradient_sum);
  }
  ~MergedSum() {
    if (dense_)
      std::fill(&total_.values[begin_], &total_.values[begin_] + (end_ - begin_), Real(0));
    for (const auto i : total_.support) {
      total_.values[i] = 0;
      total_.touched[i] = 0;
    }
    total_.support.clear();
  }
  MergedSum(const MergedSum&) = delete;
  MergedSum& operator=(const MergedSum&) = delete;

  GradientSum gradient_sum() const { return {total_.values, total_.support, dense_, 0}; }

 private:
  void add(const GradientSum& gradient_sum) {
    if (gradient_sum.dense) {
      for (std::size_t i = begin_; i < end_; ++i) total_.values[i] += gradient_sum.values[i];
    } else {
      for (std::size_t k = 0; k < gradient_sum.support.size(); ++k) {
        const std::uint32_t i = gradient_sum.support[k];
        if (i >= begin_ && i < end_) add(i, gradient_sum.values[gradient_sum.packed ? k : i]);
      }
    }
  }
  void add(std::uint32_t i, Real value) {
    total_.values[i] += value;
    if (dense_ || total_.touched[i]) return;
    total_.touched[i] = 1;
    total_.support.push_back(i);
  }

  GradientTotal& total_;
  std::size_t begin_, end_;
  bool dense_;
};

template <class Update>
concept LandsDifferences = requires {
  Update::kAnchor;
};

template <class Update>
constexpr std::size_t anchor_of() {
  if constexpr (LandsDifferences<Update>)
    return Update::kAnchor;
  else
    return 0;
}

template <class Update, bool averages>
class CoordinateRule final : public Rule {
 public:
  CoordinateRule(const RuleSpec& spec, const RuleInput& input)
      : Rule(spec, input, Update::kVectors + averages, Update::kOnSupport, 0, anchor_of<Update>()),
        update_(spec) {}

  const Update& update() const { return update_; }
  bool is_plain() const override { return Update::kPlain; }
  bool moves_anchor() const override {
    if constexpr (LandsDifferences<Update>)
      return Update::kMovesAnchor;
    else
      return false;
  }

  /// v ← 1/n ∑ᵢ ∇fᵢ(w),  a ← w
  void take_full_gradient(std::span<Real> state, std::span<const std::span<const Real>> sums,
                          std::size_t begin, std::size_t end) const override {
    if constexpr (LandsDifferences<Update>) {
      Real* const v = state.data() + Update::kFullGradient * parameters();
      Real* const a = state.data() + Update::kAnchor * parameters();
      for (std::size_t i = begin; i < end; ++i) {
        Real sum = 0;
        for (const auto& one : sums) sum += one[i];
        v[i] = sum / static_cast<Real>(examples());
        a[i] = state[i];
      }
    }
  }

  void apply(std::span<Real> state, std::span<const GradientSum> gradient_sums, std::size_t begin,
             std::size_t end, UpdateStep step, Access access, WriteProbe* probe,
             GradientTotal* total) const override {
    std::size_t examples = 0;
    for (const auto& gradient_sum : gradient_sums) examples += gradient_sum.examples;
    if (examples == 0 || begin >= end) return;

    const Real mean = Real(1) / static_cast<Real>(examples);
    const Coefficients c{step.size, mean, step.averaged};
    Pass pass{
        {next_update(state, begin), c, {state.data(), parameters()}}, gradient_sums, begin, end};
    if (!wants_total(gradient_sums, total != nullptr)) return pass.make(access, probe);
    const MergedSum merged(*total, gradient_sums, parameters(), begin, end);
    const GradientSum one[] = {merged.gradient_sum()};
    pass.gradient_sums = one;
    pass.make(access, probe);
  }

 private:
  /// Above so many gradient sums, adding them up first is cheaper than asking each of them about
  /// every coordinate.
  static constexpr std::size_t kFew = 4;
  /// Coordinates watched in one dense pass: a locked instruction each is too slow for all of them.
  static constexpr std::size_t kStripe = 256;

  /// What is done to coordinates from `begin` on, whose state others may be writing.
  Update next_update(std::span<const Real> state, std::size_t begin) const {
    if constexpr (requires(const Update& update) { update.after(Real(0)); })
      return update_.after(racy::load<Real>(&state[(Update::kVectors - 1) * parameters() + begin]));
    else
      return update_;
  }

  /// Whether gradient sums have to be, or had better be, added up first.
  static bool wants_total(std::span<const GradientSum> gradient_sums, bool has_total) {
    if (has_total && gradient_sums.size() > kFew) return true;
    if (gradient_sums.size() == 1 && Update::kOnSupport) return false;
    return std::any_of(gradient_sums.begin(), gradient_sums.end(),
                       [](const GradientSum& gradient_sum) { return gradient_sum.packed; });
  }

  /// The update of single coordinates. Loops have a copy of their own, so that the compiler sees
  /// that none of their writes changes it.
  struct Step {
    Update update;
    Coefficients c;
    Coordinate first;  ///< coordinate 0

    template <class T, class Memory>
    void at(const Memory& memory, std::size_t i, T sum) const {
      const Coordinate x{first.w + i, first.parameters};
      const T change = c.step * update.template operator()<T>(memory, c, x, sum);
      memory.template modify<T>(x.w, [&](T w) { return w - change; });
      if constexpr (averages)
        if (c.averaged != 0)
          memory.template modify<T>(x.vector(Update::kVectors),
                                    [&](T u) { return u - c.averaged * change; });
    }
  };

  /// One update of a range.
  struct Pass {
    Step step;
    std::span<const GradientSum> gradient_sums;
    std::size_t begin, end;

    void make(Access access, WriteProbe* probe) const {
      with_memory(access, probe, [this](const auto& memory) { this->over(memory); });
    }

    template <class Memory>
    void over(const Memory& memory) const {
      if constexpr (Update::kOnSupport) {
        const GradientSum& one = gradient_sums[0];
        if (one.packed) return single_pass<true>(memory, one);
        if (is_sparse(gradient_sums, end - begin))
          return gradient_sums.size() == 1 ? single_pass<false>(memory, one) : sparse_pass(memory);
      }
      if constexpr (std::is_same_v<Memory, WatchedMemory>)
        watched_pass(memory);
      else
        dense_pass(memory, begin, end);
    }

    /// ∑ values at one coordinate (or a register of them), in the order given.
    template <class T>
    T sum(std::size_t i) const {
      T total = plain::load<T>(&gradient_sums[0].values[i]);
      for (std::size_t k = 1; k < gradient_sums.size(); ++k)
        total += plain::load<T>(&gradient_sums[k].values[i]);
      return total;
    }

    template <class Memory>
    void dense_pass(const Memory& memory, std::size_t from, std::size_t to) const {
      const Step s = step;
      std::size_t i = from;
      if constexpr (Memory::kVectors)
        for (; i + kLanes <= to; i += kLanes) s.template at<Vec>(memory, i, sum<Vec>(i));
      for (; i < to; ++i) s.template at<Real>(memory, i, sum<Real>(i));
    }

    /// Watches one stripe of the range, at a place that moves with the number of writes seen, and
    /// passes over the rest at full speed.
    void watched_pass(const WatchedMemory& memory) const {
      const std::size_t length = std::min(kStripe, end - begin);
      const std::size_t places = end - begin - length + 1;
      const std::size_t from = begin + mix(memory.probe->writes) % places;
      dense_pass(RacyMemory{}, begin, from);
      dense_pass(memory, from, from + length);
      dense_pass(RacyMemory{}, from + length, end);
    }

    /// Whether gradient sum k is the first that is not zero at a coordinate.
    bool first_there(std::size_t k, std::size_t i) const {
      if (gradient_sums[k].values[i] == 0) return false;
      for (std::size_t j = 0; j < k; ++j)
        if (gradient_sums[j].values[i] != 0) return false;
      return true;
    }

    /// A coordinate in several supports is updated once, with the sum: by the first gradient sum
    /// that is not zero there.
    template <class Memory>
    void sparse_pass(const Memory& memory) const {
      const Step s = step;
      for (std::size_t k = 0; k < gradient_sums.size(); ++k)
        for (const std::uint32_t i : gradient_sums[k].support)
          if (i >= begin && i < end && first_there(k, i))
            s.template at<Real>(memory, i, sum<Real>(i));
    }

    /// One gradient sum over its support: nothing to look up but its value there.
    template <bool packed, class Memory>
    void single_pass(const Memory& memory, const GradientSum& gradient_sum) const {
      const Step s = step;
      const Real* const values = gradient_sum.values.data();
      const std::uint32_t* const support = gradient_sum.support.data();
      for (std::size_t k = 0, size = gradient_sum.support.size(); k < size; ++k) {
        const std::uint32_t i = support[k];
        if (i >= begin && i < end) s.template at<Real>(memory, i, values[packed ? k : i]);
      }
    }
  };

  Update update_;
};

/// adagrad, whose sum of g² fades nowhere, and rmsprop (first_order.cpp). Here, because there is a
/// loop over sparse rows that is made for the first of them (kernels/example_step.h).
template <bool fades>
struct RootUpdate {
  static constexpr std::size_t kVectors = 2;
  static constexpr bool kOnSupport = !fades, kPlain = false;

  explicit RootUpdate(const RuleSpec& spec)
      : decay(static_cast<Real>(spec.decay)),
        share(static_cast<Real>(1 - spec.decay)),
        epsilon(static_cast<Real>(spec.epsilon)) {}

  template <class T, class Memory>
  T operator()(const Memory& memory, const Coefficients& c, const Coordinate& x, T sum) const {
    const T g = sum * c.mean;
    const T v = memory.template modify<T>(
        x.vector(1), [&](T old) { return fades ? decay * old + share * (g * g) : old + g * g; });
    return g / (square_root(v) + epsilon);
  }

  Real decay, share;  ///< ρ, 1 − ρ
  Real epsilon;       ///< ε
};

using Adagrad = CoordinateRule<RootUpdate<false>, false>;

/// svrg without slopes, and sarah, which is recursive (full_gradients.cpp). Here, because there is
/// a loop over dense rows that is made for the latter.
template <bool recursive>
struct DifferenceUpdate {
  static constexpr std::size_t kVectors = 3, kFullGradient = 1, kAnchor = 2;
  static constexpr bool kOnSupport = false, kPlain = false, kMovesAnchor = recursive;

  explicit DifferenceUpdate(const RuleSpec&) {}

  template <class T, class Memory>
  T operator()(const Memory& memory, const Coefficients& c, const Coordinate& x, T sum) const {
    Real* const v = x.vector(kFullGradient);
    const T difference = sum * c.mean;
    if constexpr (!recursive) return difference + memory.template load<T>(v);
    const T w = memory.template load<T>(x.w);
    memory.template modify<T>(x.vector(kAnchor), [w](T) { return w; });
    return memory.template modify<T>(v, [&](T old) { return old + difference; });
  }
};

using SarahUpdate = DifferenceUpdate<true>;
using Sarah = CoordinateRule<SarahUpdate, false>;

template <class Update>
std::unique_ptr<const Rule> make_coordinate_rule(const RuleSpec& spec, const RuleInput& input) {
  if (spec.average != 0) return std::make_unique<CoordinateRule<Update, true>>(spec, input);
  return std::make_unique<CoordinateRule<Update, false>>(spec, input);
}

}  // namespace sgdbench

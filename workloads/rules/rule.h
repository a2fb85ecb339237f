// Update rules: what is done with a gradient once it lands.
//
// A rule is an object and a row of the catalog (rule.cpp). A problem makes it, because a rule may
// want to know what the problem's gradients are made of. It never changes; what it
// remembers lies in the state of whoever owns the parameters, one array
//
//   [w | vectors of w's length | numbers of single examples]
//
// so that a version, a replica or a shard of one is that of both. The state changes when an update
// lands, never when a gradient is computed, and over any range of the coordinates, so that several
// may land one update together.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/rules/gradient_sum.h"
#include "workloads/sample_order.h"
#include "workloads/step_size.h"

namespace sgdbench {

/// A rule as it is asked for: a value.
struct RuleSpec {
  std::string_view name = "sgd";  ///< of rule_catalog()
  Real momentum = 0;  ///< μ, may be negative (asynchrony adds momentum of its own); 0: it has none
  /// Between two full gradients: examples that land, or, where that is 0, so many passes.
  std::uint64_t inner = 0;
  double inner_passes = 2;
  double beta1 = 0.9, beta2 = 0.999;  ///< β₁, β₂: what is left of the moments after an update
  double decay = 0.99;                ///< ρ, the same of the one moment of rmsprop
  double epsilon = 1e-8;              ///< ε, beside the root that a step is divided by
  double weight_decay = 0.01;         ///< γ times this share of w goes at every update
  /// Share of the run's updates, its last ones, over whose iterates w is averaged; 0: none are.
  double average = 0;
  bool operator==(const RuleSpec&) const = default;
};

/// The ends of what RuleSpec may hold: beyond them single precision has no number for it.
inline constexpr double kLongestMemory = 0.999999;  ///< of beta1, beta2 and decay
inline constexpr double kLeastEpsilon = 1e-30, kMostEpsilon = 1e30;

/// What of RuleSpec a rule may take; bits of a set.
enum RuleValue : unsigned {
  kTakesMomentum = 1,
  kTakesInner = 2,
  kTakesBetas = 4,
  kTakesDecay = 8,
  kTakesEpsilon = 16,
  kTakesWeightDecay = 32,
};

/// How many examples of a plan are before a full gradient, for one after the other: each call gives
/// the next number, ascending, from 0 on.
using FullGradients = std::function<std::uint64_t()>;

struct LinearRows;

/// What a problem tells the rules that are made for it.
struct RuleInput {
  std::size_t parameters = 0;
  std::size_t examples = 0;
  const LinearRows* rows = nullptr;  ///< of linear models; valid while the rule is made
};

/// Thread safety: immutable; calls on disjoint ranges of one state may run at once.
class Rule {
 public:
  virtual ~Rule() = default;

  const RuleSpec& spec() const { return spec_; }
  std::size_t parameters() const { return parameters_; }  ///< length of w
  /// Vectors of that length in the state, w included.
  std::size_t vectors() const { return vectors_; }
  std::size_t state_size() const { return vectors_ * parameters_ + numbers_; }
  /// Whether it remembers something of every example: there can be but one state then, and gradient
  /// sums are taken by their rows and slopes.
  bool remembers_examples() const { return numbers_ != 0; }
  /// Memory for what is kept of a gradient sum of so many examples, for this rule, and of what it
  /// was computed at, if that is.
  void reserve(StoredGradient& stored, std::size_t examples, bool with_read) const {
    const std::size_t numbers = numbers_ == 0 ? 0 : numbers_ / examples_;
    stored.reserve(parameters_, numbers == 0 ? 0 : examples, examples * numbers, with_read);
  }
  /// Where it averages iterates (RuleSpec::average), the last vector of a state: u, such that their
  /// mean is w − u/T after T of them. Else null.
  template <class Number>
  Number* average(Number* state) const {
    return spec_.average == 0 ? nullptr : state + (vectors_ - 1) * parameters_;
  }
  /// Whether an update changes nothing outside of the gradients' supports.
  bool stays_on_support() const { return on_support_; }
  /// Of a rule that lands differences of gradients, the parameters a in a state that they are
  /// differences from: an update is of ∑ᵢ (∇fᵢ(w) − ∇fᵢ(a)). Else empty.
  std::span<const Real> anchor(std::span<const Real> state) const {
    return anchor_ == 0 ? std::span<const Real>()
                        : state.subspan(anchor_ * parameters_, parameters_);
  }
  bool has_anchor() const { return anchor_ != 0; }
  /// Whether an update moves the anchor, too; else a full gradient alone does.
  virtual bool moves_anchor() const { return false; }
  /// Gradients of an example that are evaluated for an update.
  std::uint64_t evaluations() const { return has_anchor() ? 2 : 1; }
  /// Whether it is w ← w − γ·g, and u where iterates are averaged, and nothing more, so that who
  /// makes gradients may as well make the updates.
  virtual bool is_plain() const { return false; }

  /// Applies the mean of the example gradients in `gradient_sums`, g = ∑ values / ∑ examples, with
  /// step γ, to coordinates [begin, end) of every vector of `state`. Several gradient sums are
  /// summed in the order given, so the result does not depend on who calls. `probe` may be null; it
  /// is looked at for racy_store only. `total` may be null where at most one gradient sum is packed
  /// and then alone, under a rule that stays on the support; with it, time is proportional to the
  /// supports together, however many gradient sums there are; a rule that remembers examples needs
  /// it. The result is the same but for roundings, whatever form a gradient sum has.
  virtual void apply(std::span<Real> state, std::span<const GradientSum> gradient_sums,
                     std::size_t begin, std::size_t end, UpdateStep step, Access access,
                     WriteProbe* probe = nullptr, GradientTotal* total = nullptr) const = 0;
  /// What is remembered of a gradient sum's examples; once an update has been applied on all
  /// ranges, by one caller for each gradient sum, where nobody else touches the state now: with
  /// other access, apply() has done it.
  virtual void remember(std::span<Real>, const GradientSum&) const {}
  /// Where full gradients are made; null: nowhere.
  FullGradients full_gradients(std::uint64_t seed) const;
  /// Of a full gradient at w: remembers a gradient sum's examples; by any number of callers, each
  /// for examples of its own.
  virtual void remember_all(std::span<Real>, const GradientSum&) const {}
  /// Of a full gradient at w: takes ∑ᵢ ∇fᵢ(w), which is the sum of `sums`, on coordinates
  /// [begin, end).
  virtual void take_full_gradient(std::span<Real>, std::span<const std::span<const Real>>,
                                  std::size_t, std::size_t) const {}
  /// Takes the memory in `total` that apply() may need.
  virtual void reserve(GradientTotal& total) const { total.reserve(parameters_); }
  /// All of the above for one gradient sum.
  void land(std::span<Real> state, const GradientSum& gradient_sum, UpdateStep step,
            Access access = Access::exclusive, WriteProbe* probe = nullptr,
            GradientTotal* total = nullptr) const {
    apply(state, {&gradient_sum, 1}, 0, parameters_, step, access, probe, total);
    if (access == Access::exclusive && remembers_examples()) remember(state, gradient_sum);
  }

 protected:
  /// `numbers` of single examples; the anchor is that one of the vectors, 0: there is none.
  Rule(const RuleSpec& spec, const RuleInput& input, std::size_t vectors, bool on_support,
       std::size_t numbers = 0, std::size_t anchor = 0)
      : spec_(spec),
        parameters_(input.parameters),
        examples_(input.examples),
        vectors_(vectors),
        numbers_(numbers),
        anchor_(anchor),
        on_support_(on_support) {}
  std::size_t examples() const { return examples_; }  ///< n

 private:
  RuleSpec spec_;
  std::size_t parameters_, examples_, vectors_, numbers_, anchor_;
  bool on_support_;
};

/// What stands for ∇f in an update: the mean gradient of its examples, or that corrected by what is
/// remembered of them.
enum class Estimate { plain, saga, sag, svrg, sarah };

/// A row of the catalog.
struct RuleEntry {
  std::string_view name;
  std::string_view summary;
  unsigned takes = 0;  ///< a set of RuleValue
  std::unique_ptr<const Rule> (*make)(const RuleSpec&, const RuleInput&);
  /// The rule by its formula, in double: one step γ along the estimate g, on `state` as above.
  void (*reference)(const RuleSpec&, std::span<double> state, std::span<const double> g,
                    double step);
  Estimate estimate = Estimate::plain;
  /// What a good step for sgd, 1/(2L), is multiplied by.
  double step_share = 1;
  /// The usual step of a rule whose updates are as long whatever the gradient's scale, so that no
  /// smoothness says anything of it. 0: step_share says it.
  double usual_step = 0;
  /// Rule::full_gradients() of a rule, on n examples. Null: there are none.
  FullGradients (*full_gradients)(const RuleSpec&, std::size_t n, std::uint64_t seed) = nullptr;
  /// "" if it can be made for such a problem, else why not. Null: always.
  std::string (*why_not)(const RuleInput&) = nullptr;
};
const std::vector<RuleEntry>& rule_catalog();
const RuleEntry& rule_entry(std::string_view name);  ///< throws UsageError

/// `values`, checked, as the rule of that name; throws UsageError.
RuleSpec parse_rule(std::string_view name, double momentum, const RuleSpec& values = {});

/// "" if there is such a rule for such a problem, else why not.
std::string why_no_rule(const RuleSpec& spec, const RuleInput& input);
/// Throws UsageError where there is none.
std::unique_ptr<const Rule> make_rule(const RuleSpec& spec, const RuleInput& input);

/// The order of examples where nobody says one. Under saga and sag, rows that are always visited
/// together act as one example with all their steps at once, too long for it where they are alike,
/// as dense rows are: blocks are short, and long enough to be read in runs.
Shuffle usual_shuffle(const RuleSpec& rule);

/// What a good step for sgd, 1/(2L), is multiplied by under this momentum: 1 − μ, which leaves the
/// whole effect of a gradient, γ/(1 − μ), as it is. Below μ = −1/3 it is what makes of 1/(2L) the
/// half of 2(1 + μ)/L, beyond which momentum swings up.
double step_share(double momentum);
/// The step that a rule is given where nobody says one and an update averages so many of n
/// examples: its usual one, or sgd_step(averaged), a good one for sgd, times its share of that and
/// that of its momentum, and no longer than what the age of its gradients allows.
double automatic_step(const RuleSpec& rule, std::size_t averaged, std::size_t n,
                      const std::function<double(std::size_t)>& sgd_step);

}  // namespace sgdbench

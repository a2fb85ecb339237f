// Update rules: what is done with a gradient once it lands.
//
//   sgd        w ← w − γ·g
//   momentum   v ← μ·v + g,  w ← w − γ·v            (Polyak 1964)
//   nesterov   v ← μ·v + g,  w ← w − γ·(g + μ·v)    (Nesterov 1983, in the form of Sutskever 2013)
//
// The state of a rule (v) belongs to whoever owns the parameters and changes when an update
// lands, never when it was computed. Parameters and state lie in one array, [w | v], so that a
// version of one is a version of both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/real.h"
#include "workloads/step_size.h"

namespace sgdbench {

/// How shared memory may be touched.
enum class Access {
  exclusive,   ///< nobody else touches it now: plain loads and stores
  racy_store,  ///< relaxed load, arithmetic, relaxed store: a concurrent update may be lost
  racy_cas,    ///< compare-and-swap until it holds: no update is lost
};

struct Rule {
  enum class Kind { sgd, momentum, nesterov } kind = Kind::sgd;
  Real momentum = 0;  ///< μ, may be negative (asynchrony adds momentum of its own)

  /// Vectors of state, the parameters included: 1 or 2.
  std::size_t slots() const { return kind == Kind::sgd ? 1 : 2; }
  bool operator==(const Rule&) const = default;
};

/// What a good step for sgd, 1/(2L), is multiplied by under this momentum: 1 − μ, which leaves the
/// whole effect of a gradient, γ/(1 − μ), as it is. Below μ = −1/3 it is what makes of 1/(2L) the
/// half of 2(1 + μ)/L, beyond which momentum swings up.
double step_share(double momentum);

const std::vector<NamedSummary>& rule_catalog();
Rule parse_rule(std::string_view name, double momentum);  ///< throws UsageError
std::string_view to_string(Rule::Kind kind);

/// A sum of example gradients, ∑ᵢ ∇fᵢ(w), over one block.
struct GradientSum {
  /// One value per parameter; zero wherever `support` does not reach. Where `packed`, one value
  /// per coordinate of `support` instead.
  std::span<const Real> values;
  /// The coordinates that may be non-zero, each once, in no order; meaningless when `dense`.
  std::span<const std::uint32_t> support;
  bool dense = false;        ///< every coordinate may be non-zero
  std::size_t examples = 0;  ///< how many example gradients are in the sum
  /// values[k] belongs to coordinate support[k]: a gradient sum that is kept takes no more memory
  /// than its support. Never together with `dense`.
  bool packed = false;

  /// As a message: a number for each parameter, or a coordinate and a number for each of `support`.
  std::size_t bytes() const {
    return dense ? values.size_bytes() : support.size() * (sizeof(std::uint32_t) + sizeof(Real));
  }
};

/// Where apply() adds up gradient sums that can't be read coordinate by coordinate: one sum per
/// parameter, zero between two calls. Belongs to one caller; memory is taken at its first use, or
/// before it, by reserve().
struct GradientTotal {
  AlignedVector<Real> values;
  std::vector<unsigned char> touched;  ///< per parameter
  std::vector<std::uint32_t> support;  ///< those that are touched

  void reserve(std::size_t parameters) {
    if (values.size() >= parameters) return;
    values.resize(parameters);
    touched.resize(parameters);
    support.reserve(parameters);
  }
};

/// Counts of the coordinate writes that `racy_store` was seen to lose, on a sample of them.
struct WriteProbe {
  std::uint64_t writes = 0;  ///< coordinate writes watched
  std::uint64_t lost = 0;    ///< of these, how many overwrote a change made since their own load
};

/// Applies the mean of the example gradients in `gradient_sums` to coordinates [begin, end) of
/// `state` = [w | v] (rule.slots() vectors of equal length): g = ∑ values / ∑ examples, then the
/// rule above with step γ. Several gradient sums are summed in the order given, so the result does
/// not depend on who calls. `probe` may be null; it is looked at for racy_store only. `sum` may be
/// null where at most one gradient sum is packed and then alone, under sgd; with it, time is
/// proportional to the supports together, however many gradient sums there are. The result is the
/// same, bit for bit, whatever form a gradient sum has.
void apply(const Rule& rule, std::span<Real> state, std::span<const GradientSum> gradient_sums,
           std::size_t begin, std::size_t end, Real step, Access access,
           WriteProbe* probe = nullptr, GradientTotal* sum = nullptr);

}  // namespace sgdbench

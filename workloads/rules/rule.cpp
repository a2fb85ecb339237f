// The table of rules, and the update kernels: one arithmetic for every access and every shape of
// gradient sum.
//
// sgd over a sparse gradient sum touches its support only. Where the supports cover much of the
// range a pass over all of it is cheaper than gathering, and gives the same bits: w − γ·0 = w.
// Momentum and nesterov always pass over all of the range, because v decays everywhere.
//
// Gradient sums that are packed, or too many to be looked up in one another, are first added up
// coordinate by coordinate, in the order given; their sum is then a gradient sum like any other.
#include "workloads/rules/rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "workloads/kernels/memory.h"
#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

/// A pass over all of the range costs about as much as this share of it gathered.
constexpr std::size_t kGatherShare = 8;

/// Above so many gradient sums, adding them up first is cheaper than asking each of them about
/// every coordinate.
constexpr std::size_t kFew = 4;

/// Coordinates watched in one dense pass: a locked instruction each is too slow for all of them.
constexpr std::size_t kStripe = 256;

struct Coefficients {
  Real step;      ///< γ
  Real mean;      ///< 1 / ∑ examples
  Real rate;      ///< γ / ∑ examples
  Real momentum;  ///< μ
};

/// What an update works on: w, v and the gradient sums.
struct Operands {
  Real* w;
  Real* v;
  std::span<const GradientSum> gradient_sums;

  /// ∑ values at one coordinate (or a register of them), in the order given.
  template <class T>
  T sum(std::size_t i) const {
    T total = plain::load<T>(&gradient_sums[0].values[i]);
    for (std::size_t k = 1; k < gradient_sums.size(); ++k)
      total += plain::load<T>(&gradient_sums[k].values[i]);
    return total;
  }

  /// Whether gradient sum k is the first that is not zero at a coordinate.
  bool first_there(std::size_t k, std::size_t i) const {
    if (gradient_sums[k].values[i] == 0) return false;
    for (std::size_t j = 0; j < k; ++j)
      if (gradient_sums[j].values[i] != 0) return false;
    return true;
  }
};

/// sgd:       w ← w − γ·g
/// momentum:  v ← μ·v + g,  w ← w − γ·v
/// nesterov:  v ← μ·v + g,  w ← w − γ·(g + μ·v)      with g = sum / ∑ examples
template <Rule::Kind kind, class T, class Memory>
void update(const Memory& memory, const Coefficients& c, const Operands& x, std::size_t i) {
  const T sum = x.template sum<T>(i);
  if constexpr (kind == Rule::Kind::sgd) {
    memory.template modify<T>(x.w + i, [&](T w) { return w - c.rate * sum; });
  } else {
    const T g = sum * c.mean;
    const T v = memory.template modify<T>(x.v + i, [&](T old) { return c.momentum * old + g; });
    const T d = kind == Rule::Kind::momentum ? v : g + c.momentum * v;
    memory.template modify<T>(x.w + i, [&](T w) { return w - c.step * d; });
  }
}

template <Rule::Kind kind, class Memory>
void dense_pass(const Memory& memory, const Coefficients& c, const Operands& x, std::size_t begin,
                std::size_t end) {
  std::size_t i = begin;
  if constexpr (Memory::kVectors)
    for (; i + kLanes <= end; i += kLanes) update<kind, Vec>(memory, c, x, i);
  for (; i < end; ++i) update<kind, Real>(memory, c, x, i);
}

/// Watches one stripe of the range, at a place that moves with the number of writes seen, and
/// passes over the rest at full speed.
template <Rule::Kind kind>
void watched_pass(const WatchedMemory& memory, const Coefficients& c, const Operands& x,
                  std::size_t begin, std::size_t end) {
  const std::size_t length = std::min(kStripe, end - begin);
  const std::size_t places = end - begin - length + 1;
  const std::size_t from = begin + mix(memory.probe->writes) % places;
  dense_pass<kind>(RacyMemory{}, c, x, begin, from);
  dense_pass<kind>(memory, c, x, from, from + length);
  dense_pass<kind>(RacyMemory{}, c, x, from + length, end);
}

/// A coordinate in several supports is updated once, with the sum: by the first gradient sum that
/// is not zero there.
template <class Memory>
void sparse_pass(const Memory& memory, const Coefficients& c, const Operands& x, std::size_t begin,
                 std::size_t end) {
  for (std::size_t k = 0; k < x.gradient_sums.size(); ++k)
    for (const std::uint32_t i : x.gradient_sums[k].support)
      if (i >= begin && i < end && x.first_there(k, i))
        update<Rule::Kind::sgd, Real>(memory, c, x, i);
}

bool is_sparse(std::span<const GradientSum> gradient_sums, std::size_t range) {
  std::size_t support = 0;
  for (const auto& gradient_sum : gradient_sums) {
    if (gradient_sum.dense) return false;
    support += gradient_sum.support.size();
  }
  return support * kGatherShare <= range;
}

/// sgd with one gradient sum over its support: nothing to look up but its value there.
template <bool packed, class Memory>
void single_pass(const Memory& memory, const Coefficients& c, Real* w,
                 const GradientSum& gradient_sum, std::size_t begin, std::size_t end) {
  const Real rate = c.rate, *const values = gradient_sum.values.data();
  const std::uint32_t* const support = gradient_sum.support.data();
  for (std::size_t k = 0, size = gradient_sum.support.size(); k < size; ++k) {
    const std::uint32_t i = support[k];
    if (i < begin || i >= end) continue;
    const Real sum = values[packed ? k : i];
    memory.template modify<Real>(w + i, [&](Real old) { return old - rate * sum; });
  }
}

/// The sum of gradient sums over [begin, end), as long as this lives; then its memory is zero
/// again.
class Merged {
 public:
  Merged(GradientTotal& sum, std::span<const GradientSum> gradient_sums, std::size_t parameters,
         std::size_t begin, std::size_t end)
      : sum_(sum), begin_(begin), end_(end), dense_(!is_sparse(gradient_sums, end - begin)) {
    sum.reserve(parameters);
    for (const auto& gradient_sum : gradient_sums) add(gradient_sum);
  }
  ~Merged() {
    if (dense_) std::fill(&sum_.values[begin_], &sum_.values[begin_] + (end_ - begin_), Real(0));
    for (const auto i : sum_.support) {
      sum_.values[i] = 0;
      sum_.touched[i] = 0;
    }
    sum_.support.clear();
  }
  Merged(const Merged&) = delete;
  Merged& operator=(const Merged&) = delete;

  GradientSum gradient_sum() const { return {sum_.values, sum_.support, dense_, 0}; }

 private:
  void add(const GradientSum& gradient_sum) {
    if (gradient_sum.dense) {
      for (std::size_t i = begin_; i < end_; ++i) sum_.values[i] += gradient_sum.values[i];
    } else {
      for (std::size_t k = 0; k < gradient_sum.support.size(); ++k) {
        const std::uint32_t i = gradient_sum.support[k];
        if (i >= begin_ && i < end_) add(i, gradient_sum.values[gradient_sum.packed ? k : i]);
      }
    }
  }
  void add(std::uint32_t i, Real value) {
    sum_.values[i] += value;
    if (dense_ || sum_.touched[i]) return;
    sum_.touched[i] = 1;
    sum_.support.push_back(i);
  }

  GradientTotal& sum_;
  std::size_t begin_, end_;
  bool dense_;
};

template <Rule::Kind kind>
void pass(const Coefficients& c, const Operands& x, std::size_t begin, std::size_t end,
          Access access, WriteProbe* probe) {
  with_memory(access, probe, [&](const auto& memory) {
    if constexpr (kind == Rule::Kind::sgd) {
      const GradientSum& first = x.gradient_sums[0];
      if (first.packed) return single_pass<true>(memory, c, x.w, first, begin, end);
      if (is_sparse(x.gradient_sums, end - begin))
        return x.gradient_sums.size() == 1 ? single_pass<false>(memory, c, x.w, first, begin, end)
                                           : sparse_pass(memory, c, x, begin, end);
    }
    if constexpr (std::is_same_v<decltype(memory), const WatchedMemory&>)
      watched_pass<kind>(memory, c, x, begin, end);
    else
      dense_pass<kind>(memory, c, x, begin, end);
  });
}

/// By value, so that the loops see that nobody changes what they work on.
void pass_by_rule(const Rule& rule, const Coefficients c, const Operands x, std::size_t begin,
                  std::size_t end, Access access, WriteProbe* probe) {
  switch (rule.kind) {
    case Rule::Kind::sgd:
      return pass<Rule::Kind::sgd>(c, x, begin, end, access, probe);
    case Rule::Kind::momentum:
      return pass<Rule::Kind::momentum>(c, x, begin, end, access, probe);
    case Rule::Kind::nesterov:
      return pass<Rule::Kind::nesterov>(c, x, begin, end, access, probe);
  }
}

/// Whether gradient sums have to be, or had better be, added up first.
bool wants_sum(const Rule& rule, std::span<const GradientSum> gradient_sums, bool has_sum) {
  if (has_sum && gradient_sums.size() > kFew) return true;
  if (gradient_sums.size() == 1 && rule.kind == Rule::Kind::sgd) return false;
  return std::any_of(gradient_sums.begin(), gradient_sums.end(),
                     [](const GradientSum& gradient_sum) { return gradient_sum.packed; });
}

}  // namespace

void apply(const Rule& rule, std::span<Real> state, std::span<const GradientSum> gradient_sums,
           std::size_t begin, std::size_t end, Real step, Access access, WriteProbe* probe,
           GradientTotal* sum) {
  std::size_t examples = 0;
  for (const auto& gradient_sum : gradient_sums) examples += gradient_sum.examples;
  if (examples == 0 || begin >= end) return;

  const Real mean = Real(1) / static_cast<Real>(examples);
  const Coefficients c{step, mean, step * mean, rule.momentum};
  const std::size_t parameters = state.size() / rule.slots();
  Operands x{state.data(), state.data() + (rule.slots() - 1) * parameters, gradient_sums};
  if (!wants_sum(rule, gradient_sums, sum != nullptr))
    return pass_by_rule(rule, c, x, begin, end, access, probe);
  const Merged merged(*sum, gradient_sums, parameters, begin, end);
  const GradientSum one[] = {merged.gradient_sum()};
  x.gradient_sums = one;
  pass_by_rule(rule, c, x, begin, end, access, probe);
}

const std::vector<NamedSummary>& rule_catalog() {
  static const std::vector<NamedSummary> catalog{
      {"sgd", "w ← w − γ·g; on sparse data only the coordinates of the block are touched"},
      {"momentum",
       "v ← μ·v + g, w ← w − γ·v; every coordinate at every update, v decays everywhere"},
      {"nesterov", "v ← μ·v + g, w ← w − γ·(g + μ·v); every coordinate at every update"},
  };
  return catalog;
}

double step_share(double momentum) {
  return std::min(1 - momentum, 2 * (1 + momentum));
}

std::string_view to_string(Rule::Kind kind) {
  return rule_catalog()[static_cast<std::size_t>(kind)].name;
}

Rule parse_rule(std::string_view name, double momentum) {
  const auto& catalog = rule_catalog();
  const auto& row = find_by_name(catalog, "rule", name);
  const auto kind = static_cast<Rule::Kind>(&row - catalog.data());
  if (kind == Rule::Kind::sgd) return {};
  if (!(std::abs(momentum) < 1))
    throw UsageError(
        fmt::format("momentum {:f}: it lies above -1 and below 1, as in `momentum` 0.9", momentum));
  return {kind, static_cast<Real>(momentum)};
}

}  // namespace sgdbench

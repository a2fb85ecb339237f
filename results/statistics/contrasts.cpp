#include "results/statistics/contrasts.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>

#include "results/statistics.h"

namespace sgdbench {
namespace {

constexpr double kCut = 0.15;     ///< of each side, at each end
constexpr double kCutSlow = 0.2;  ///< of few, at the slow end alone; of pairs, at both
constexpr double kBorrowed = 8;  ///< degrees of freedom that a typical deviation counts for, a side
/// Where too large a share of the arrangements has changed no more than what is cut at both ends,
/// their statistics are as large as the observed one's: at 15 %, of less than ten repeats.
constexpr std::size_t kFew = 10;
/// Clocks have steps: that equal values never scatter is no proof. A millionth is also far more
/// than what is lost where a difference of logarithms meets the threshold exactly.
constexpr double kLeastVariance = 1e-12;

/// So many of n are a share; what is equal but for rounding is a whole number.
double at_least(double share, double n) {
  return std::ceil(share * n - 1e-9);
}

/// Which values of one side, in order, are kept: low, …, end − 1.
struct Kept {
  double low = 0, end = 0;
  double count() const { return end - low; }
};

/// How many repeats each side has, and how many of them came to an end.
struct Counts {
  double all[2], finite[2];
  bool operator==(const Counts&) const = default;
};

struct KeptOfBoth {
  Kept sides[2];
  bool exists = false;
};

KeptOfBoth kept_of(const Counts& counts) {
  KeptOfBoth kept;
  const bool few = std::min(counts.all[0], counts.all[1]) < kFew;
  const double kept_above = few ? 1 : 1 - kCut;
  double kept_below = 1 - (few ? kCutSlow : kCut);
  for (const int k : {0, 1}) {
    if (counts.finite[k] < 2) return kept;
    // The same share of both: those that never ended are slower than any.
    kept_below = std::min(kept_below, counts.finite[k] / counts.all[k]);
  }
  kept.exists = true;
  for (const int k : {0, 1}) {
    kept.sides[k].low = counts.all[k] - at_least(kept_above, counts.all[k]);
    kept.sides[k].end = std::min(counts.finite[k], at_least(kept_below, counts.all[k]));
    kept.exists = kept.exists && kept.sides[k].count() >= 2;
  }
  return kept;
}

/// A number, and a whole one, for each deal; all bits of a whole one say yes.
using Lanes [[gnu::vector_size(kTogether * sizeof(double))]] = double;
using Wholes [[gnu::vector_size(kTogether * sizeof(std::int64_t))]] = std::int64_t;

/// In which of the deals the slot is 1.
void look(const DealBlock& deals, std::size_t slot, Wholes& is_one) {
  constexpr Wholes kBits{1, 2, 4, 8, 16, 32, 64, 128};
  is_one = (kBits & deals.slots[slot]) != 0;
}

/// What is kept of one side's values, which are added in order.
struct Side {
  Wholes low{}, end{}, seen{};
  Lanes sum{}, squares{}, first{}, last{};

  /// In those deals in which it is this side's.
  void add(double number, const Wholes& mine) {
    const Lanes value = Lanes{} + number;
    const Wholes kept = mine & (seen >= low) & (seen < end);
    first = (kept & (seen == low)) ? value : first;
    last = kept ? value : last;
    const Lanes counted = kept ? value : Lanes{};
    sum += counted;
    squares += counted * value;
    seen -= mine;
  }
  void keep(const Kept& kept, std::size_t deal) {
    low[deal] = static_cast<std::int64_t>(kept.low);
    end[deal] = static_cast<std::int64_t>(kept.end);
  }
  /// ∑(x − x̄)² of `all`, those that are cut as fast or slow as their nearest that is kept.
  void winsorise(const Lanes& all, Lanes& around_mean) const {
    const Lanes below = __builtin_convertvector(low, Lanes),
                above = all - __builtin_convertvector(end, Lanes);
    const Lanes total = sum + below * first + above * last;
    const Lanes found = squares + below * first * first + above * last * last - total * total / all;
    around_mean = found > Lanes{} ? found : Lanes{};
  }
};

void store(const Lanes& lanes, EachDeal& numbers) {
  std::memcpy(&numbers, &lanes, sizeof numbers);
}

double upper_median(std::vector<double>& values) {
  const auto found = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), found, values.end());
  return *found;
}

/// The values about 0, with the scatter that what they are drawn from has: about their own middle,
/// samples scatter less.
std::vector<double> about_zero(const std::vector<double>& values) {
  std::vector<double> finite;
  for (const double value : values)
    if (std::isfinite(value)) finite.push_back(value);
  if (finite.size() < 2) return values;
  const double centre = median(finite);
  const auto n = static_cast<double>(finite.size());
  auto moved = values;
  for (double& value : moved) value = (value - centre) * std::sqrt(n / (n - 1));
  return moved;
}

}  // namespace

Dealt::Dealt(const Measured& measured, std::size_t before, std::size_t after, bool paired)
    : is_event_(measured.is_event), paired_(paired) {
  const auto add = [&](double value, std::size_t slot) {
    if (!std::isnan(value)) values_.push_back({value, static_cast<std::uint32_t>(slot)});
  };
  const auto by_value = [](const Value& a, const Value& b) { return a.value < b.value; };
  const auto& a = measured.before;
  const auto& b = measured.after;
  if (!paired) {
    for (std::size_t i = 0; i < a.size(); ++i) add(a[i], i);
    for (std::size_t i = 0; i < b.size(); ++i) add(b[i] - measured.allowed, before + i);
    std::sort(values_.begin(), values_.end(), by_value);
    while (finite_ < values_.size() && std::isfinite(values_[finite_].value)) ++finite_;
    if (is_event_ || finite_ == 0) return;
    const double centre = values_[finite_ / 2].value;  // sums of squares keep their digits
    for (auto& value : values_) value.value -= centre;
    return;
  }
  for (std::size_t i = 0; i < std::min({a.size(), b.size(), before, after}); ++i)
    if (!(std::isinf(a[i]) && std::isinf(b[i]))) add(b[i] - a[i] - measured.allowed, i);
  std::vector<double> sizes;
  for (const auto& value : values_) sizes.push_back(std::abs(value.value));
  std::sort(sizes.begin(), sizes.end());
  finite_ = static_cast<std::size_t>(std::lower_bound(sizes.begin(), sizes.end(), HUGE_VAL) -
                                     sizes.begin());
  if (finite_ == 0) return;
  const auto most_kept =
      static_cast<std::size_t>(at_least(1 - kCutSlow, static_cast<double>(sizes.size())));
  const auto kept = is_event_ ? finite_ : std::min(finite_, most_kept);
  const double most = sizes[kept - 1];
  for (auto& value : values_) {
    value.value = std::clamp(value.value, -most, most);
    squares_ += value.value * value.value;
  }
}

Contrasts Dealt::contrasts(const DealBlock& deals) const {
  Contrasts found{};
  if (paired_)
    of_pairs(deals, found);
  else if (is_event_)
    of_events(deals, found);
  else
    of_two(deals, found);
  return found;
}

void Dealt::of_two(const DealBlock& deals, Contrasts& contrasts) const {
  const auto both = static_cast<double>(values_.size()), ended = static_cast<double>(finite_);
  Wholes to_new, new_all{}, new_ended{};
  for (std::size_t i = 0; i < values_.size(); ++i) {
    look(deals, values_[i].slot, to_new);
    new_all -= to_new;
    if (i < finite_) new_ended -= to_new;
  }
  Side sides[2];
  Wholes exists{};
  Counts counts{};
  KeptOfBoth kept;
  for (std::size_t d = 0; d < deals.size; ++d) {
    const auto n = static_cast<double>(new_all[d]), m = static_cast<double>(new_ended[d]);
    const Counts now{{both - n, n}, {ended - m, m}};
    if (d == 0 || !(now == counts)) kept = kept_of(counts = now);  // nearly always the same
    exists[d] = kept.exists ? -1 : 0;
    for (const int k : {0, 1}) sides[k].keep(kept.sides[k], d);
  }
  for (std::size_t i = 0; i < finite_; ++i) {
    look(deals, values_[i].slot, to_new);
    sides[0].add(values_[i].value, ~to_new);
    sides[1].add(values_[i].value, to_new);
  }
  const Lanes all_new = __builtin_convertvector(new_all, Lanes);
  Lanes means[2], squares;
  for (const int k : {0, 1}) {
    const Lanes n = __builtin_convertvector(sides[k].end - sides[k].low, Lanes);
    means[k] = sides[k].sum / n;
    sides[k].winsorise(k == 0 ? both - all_new : all_new, squares);
    auto& term = contrasts.terms[k];
    store(exists ? squares / (n - 1) : Lanes{}, term.variance);
    store(exists ? 1 / n : Lanes{}, term.scale);
    store(exists ? n - 1 : Lanes{}, term.freedom);
  }
  store(exists ? means[1] - means[0] : Lanes{}, contrasts.difference);
}

void Dealt::of_events(const DealBlock& deals, Contrasts& contrasts) const {
  Wholes to_new, count{};
  Lanes happened{};
  double all = 0;
  for (const auto& value : values_) {
    look(deals, value.slot, to_new);
    count -= to_new;
    happened += to_new ? Lanes{} + value.value : Lanes{};
    all += value.value;
  }
  for (std::size_t d = 0; d < deals.size; ++d) {
    const auto n = static_cast<double>(count[d]), m = static_cast<double>(values_.size()) - n;
    if (m < 2 || n < 2) continue;
    const double p = (all - happened[d]) / m, q = happened[d] / n;
    auto& term = contrasts.terms[0];
    term.freedom[d] = m + n - 2;
    term.variance[d] = (m * p * (1 - p) + n * q * (1 - q)) / term.freedom[d];
    term.scale[d] = 1 / m + 1 / n;
    contrasts.difference[d] = q - p;
  }
}

void Dealt::of_pairs(const DealBlock& deals, Contrasts& contrasts) const {
  const auto n = static_cast<double>(values_.size());
  if (values_.size() < 2 || finite_ == 0) return;
  Wholes turned;
  Lanes sum{};
  for (const auto& value : values_) {
    look(deals, value.slot, turned);
    sum += turned ? Lanes{} - value.value : Lanes{} + value.value;
  }
  for (std::size_t d = 0; d < deals.size; ++d) {
    contrasts.difference[d] = sum[d] / n;
    auto& term = contrasts.terms[0];
    term.variance[d] = std::max(0.0, squares_ - sum[d] * sum[d] / n) / (n - 1);
    term.scale[d] = 1 / n;
    term.freedom[d] = n - 1;
  }
}

void statistics_of(const Contrasts& contrasts, bool is_event, const Typical& typical,
                   EachDeal& statistics) {
  for (std::size_t d = 0; d < kTogether; ++d) {
    double variance = 0;
    for (const int k : {0, 1}) {
      const auto& term = contrasts.terms[k];
      const double drawn = (term.freedom[d] * term.variance[d] + kBorrowed * typical.sides[k][d]) /
                           (term.freedom[d] + kBorrowed);
      variance += ((is_event ? term.variance[d] : drawn) + kLeastVariance) * term.scale[d];
    }
    statistics[d] = contrasts.exists(d) ? contrasts.difference[d] / std::sqrt(variance) : -HUGE_VAL;
  }
}

Measured without_change(Measured measured, bool paired) {
  measured.allowed = 0;
  if (measured.is_event) return measured;
  if (paired) {
    measured.before.resize(measured.after.size(), kNoValue);
    for (std::size_t i = 0; i < measured.after.size(); ++i) {
      measured.after[i] -= measured.before[i];
      measured.before[i] = 0;
    }
  } else {
    measured.before = about_zero(measured.before);
  }
  measured.after = about_zero(measured.after);
  return measured;
}

FamilyStatistics::FamilyStatistics(std::span<const Measured> family, bool paired) {
  for (const auto& measured : family) {
    before_ = std::max(before_, measured.before.size());
    after_ = std::max(after_, measured.after.size());
  }
  if (paired) before_ = after_ = std::min(before_, after_);
  std::map<std::size_t, std::size_t> places;
  for (const auto& measured : family) {
    const std::size_t i = dealt_.size();
    dealt_.emplace_back(measured, before_, after_, paired);
    still_.emplace_back(without_change(measured, paired), before_, after_, paired);
    const auto [place, added] = places.emplace(measured.width, groups_.size());
    if (added) groups_.emplace_back();
    group_of_.push_back(place->second);
    if (!measured.is_event) groups_[place->second].push_back(i);
  }
  typical_.resize(groups_.size());
  contrasts_.resize(dealt_.size());
  statistics_.resize(dealt_.size());
}

const std::vector<FamilyStatistics::Of>& FamilyStatistics::still(const DealBlock& deals) {
  for (std::size_t i = 0; i < still_.size(); ++i) contrasts_[i] = still_[i].contrasts(deals);
  std::vector<double> variances;
  for (std::size_t g = 0; g < groups_.size(); ++g)
    for (const int k : {0, 1})
      for (std::size_t d = 0; d < kTogether; ++d) {
        variances.clear();
        for (const auto i : groups_[g])
          if (contrasts_[i].exists(d)) variances.push_back(contrasts_[i].terms[k].variance[d]);
        typical_[g].sides[k][d] = variances.empty() ? 0 : upper_median(variances);
      }
  for (std::size_t i = 0; i < still_.size(); ++i)
    statistics_of(contrasts_[i], still_[i].is_event(), typical_[group(i)], statistics_[i].still);
  return statistics_;
}

const std::vector<FamilyStatistics::Of>& FamilyStatistics::at(const DealBlock& deals) {
  still(deals);
  for (std::size_t i = 0; i < dealt_.size(); ++i)
    statistics_of(dealt_[i].contrasts(deals), dealt_[i].is_event(), typical_[group(i)],
                  statistics_[i].raw);
  return statistics_;
}

}  // namespace sgdbench

#include <algorithm>
#include <cmath>
#include <map>

#include "results/statistics.h"
#include "results/statistics/family.h"

namespace sgdbench {
namespace {

constexpr double kCut = 0.15;     ///< of each side, at each end
constexpr double kCutSlow = 0.2;  ///< of few, at the slow end alone; of pairs, at both
constexpr double kBorrowed = 8;  ///< degrees of freedom that a typical deviation counts for, a side
/// Where too large a share of the arrangements has changed no more than what is cut at both ends,
/// their statistics are as large as the observed one's: at 15 %, of less than ten repeats.
constexpr std::size_t kFew = 10;
constexpr double kMostCounted = 1e9;
/// Clocks have steps: that equal values never scatter is no proof. A millionth is also far more
/// than what is lost where a difference of logarithms meets the threshold exactly.
constexpr double kLeastVariance = 1e-12;

/// So many of n are a share; what is equal but for rounding is a whole number.
std::size_t at_least(double share, std::size_t n) {
  return static_cast<std::size_t>(std::ceil(share * static_cast<double>(n) - 1e-9));
}

/// Values of one side, in order, without those that are cut at each end.
struct Side {
  std::size_t all = 0, finite = 0, low = 0, end = 0, seen = 0;  ///< kept: low ≤ seen < end
  double sum = 0, squares = 0, first = 0, last = 0;

  void cut(double kept_above, double kept_below) {
    low = all - at_least(kept_above, all);
    end = std::min(finite, at_least(kept_below, all));
  }
  void add(double value) {
    const std::size_t i = seen++;
    if (i < low || i >= end) return;
    if (i == low) first = value;
    sum += value;
    squares += value * value;
    last = value;
  }
  std::size_t kept() const { return end > low ? end - low : 0; }
  double mean() const { return sum / static_cast<double>(kept()); }
  /// ∑(x − x̄)² of all, those that are cut as fast or slow as their nearest that is kept.
  double winsorised_squares() const {
    const auto n = static_cast<double>(all);
    const auto below = static_cast<double>(low), above = static_cast<double>(all - end);
    const double total = sum + below * first + above * last;
    return std::max(0.0, squares + below * first * first + above * last * last - total * total / n);
  }
};

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

std::size_t draw_below(std::mt19937_64& random, std::size_t n) {
  return static_cast<std::size_t>(static_cast<double>(random() >> 11) * 0x1p-53 *
                                  static_cast<double>(n));
}

double count_deals(std::size_t before, std::size_t after, bool paired) {
  if (paired) return std::min(kMostCounted, std::pow(2.0, static_cast<double>(before)));
  double count = 1;
  for (std::size_t i = 1; i <= after && count < kMostCounted; ++i)
    count = count * static_cast<double>(before + i) / static_cast<double>(i);
  return std::min(count, kMostCounted);
}

Deals::Deals(std::size_t before, std::size_t after, const Dealing& dealing)
    : paired_(dealing.paired), random_(dealing.seed) {
  const double all = count_deals(before, after, paired_);
  exact_ = all <= static_cast<double>(dealing.most);
  size_ = exact_ ? static_cast<std::size_t>(std::round(all)) : dealing.most;
  now_.assign(paired_ ? before : before + after, 0);
  if (!paired_) std::fill(now_.begin() + static_cast<std::ptrdiff_t>(before), now_.end(), 1);
}

const Deal& Deals::next() {
  if (!begun_) {
    begun_ = true;
  } else if (exact_ && paired_) {  // counts in binary
    for (auto& sign : now_)
      if ((sign ^= 1) != 0) break;
  } else if (exact_) {  // the observed one is the first in order
    std::next_permutation(now_.begin(), now_.end());
  } else if (paired_) {
    for (auto& sign : now_) sign = static_cast<std::uint8_t>(random_() >> 63);
  } else {
    for (std::size_t i = now_.size(); i > 1; --i)
      std::swap(now_[i - 1], now_[draw_below(random_, i)]);
  }
  return now_;
}

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
  const auto kept = is_event_ ? finite_ : std::min(finite_, at_least(1 - kCutSlow, sizes.size()));
  const double most = sizes[kept - 1];
  for (auto& value : values_) {
    value.value = std::clamp(value.value, -most, most);
    squares_ += value.value * value.value;
  }
}

Contrast Dealt::contrast(const Deal& deal) const {
  if (paired_) return of_pairs(deal);
  return is_event_ ? of_events(deal) : of_two(deal);
}

Contrast Dealt::of_two(const Deal& deal) const {
  Side sides[2];
  for (std::size_t i = 0; i < values_.size(); ++i) {
    auto& side = sides[deal[values_[i].slot]];
    ++side.all;
    side.finite += i < finite_;
  }
  const bool few = std::min(sides[0].all, sides[1].all) < kFew;
  const double kept_above = few ? 1 : 1 - kCut;
  double kept_below = 1 - (few ? kCutSlow : kCut);
  for (const auto& side : sides) {
    if (side.finite < 2) return {};
    // The same share of both: those that never ended are slower than any.
    kept_below =
        std::min(kept_below, static_cast<double>(side.finite) / static_cast<double>(side.all));
  }
  for (auto& side : sides) {
    side.cut(kept_above, kept_below);
    if (side.kept() < 2) return {};
  }
  for (std::size_t i = 0; i < finite_; ++i) sides[deal[values_[i].slot]].add(values_[i].value);
  Contrast contrast{sides[1].mean() - sides[0].mean(), {}};
  for (const int k : {0, 1}) {
    const auto kept = static_cast<double>(sides[k].kept());
    contrast.terms[k] = {sides[k].winsorised_squares() / (kept - 1), 1 / kept, kept - 1};
  }
  return contrast;
}

Contrast Dealt::of_events(const Deal& deal) const {
  double count[2] = {0, 0}, happened[2] = {0, 0};
  for (const auto& value : values_) {
    ++count[deal[value.slot]];
    happened[deal[value.slot]] += value.value;
  }
  if (count[0] < 2 || count[1] < 2) return {};
  const double p = happened[0] / count[0], q = happened[1] / count[1];
  const double squares = count[0] * p * (1 - p) + count[1] * q * (1 - q);
  const double freedom = count[0] + count[1] - 2;
  return {q - p, {{squares / freedom, 1 / count[0] + 1 / count[1], freedom}, {}}};
}

Contrast Dealt::of_pairs(const Deal& deal) const {
  const auto n = static_cast<double>(values_.size());
  if (values_.size() < 2 || finite_ == 0) return {};
  double sum = 0;
  for (const auto& value : values_) sum += deal[value.slot] != 0 ? -value.value : value.value;
  return {sum / n, {{std::max(0.0, squares_ - sum * sum / n) / (n - 1), 1 / n, n - 1}, {}}};
}

double statistic_of(const Contrast& contrast, bool is_event, const Typical& typical) {
  if (!contrast.exists()) return -HUGE_VAL;
  double variance = 0;
  for (const int k : {0, 1}) {
    const auto& term = contrast.terms[k];
    const double drawn =
        (term.freedom * term.variance + kBorrowed * typical[k]) / (term.freedom + kBorrowed);
    variance += ((is_event ? term.variance : drawn) + kLeastVariance) * term.scale;
  }
  return contrast.difference / std::sqrt(variance);
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
  statistics_.raw.resize(dealt_.size());
  statistics_.still.resize(dealt_.size());
}

const FamilyStatistics::Of& FamilyStatistics::at(const Deal& deal) {
  std::vector<Contrast> still;
  for (const auto& thing : still_) still.push_back(thing.contrast(deal));
  std::vector<double> variances[2];
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (auto& side : variances) side.clear();
    for (const auto i : groups_[group]) {
      if (!still[i].exists()) continue;
      for (const int k : {0, 1}) variances[k].push_back(still[i].terms[k].variance);
    }
    typical_[group] = {};
    for (const int k : {0, 1})
      if (!variances[k].empty()) typical_[group][k] = upper_median(variances[k]);
  }
  for (std::size_t i = 0; i < dealt_.size(); ++i) {
    const bool is_event = dealt_[i].is_event();
    statistics_.raw[i] = statistic_of(dealt_[i].contrast(deal), is_event, typical(i));
    statistics_.still[i] = statistic_of(still[i], is_event, typical(i));
  }
  return statistics_;
}

}  // namespace sgdbench

#include "results/statistics/deals.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace sgdbench {
namespace {

constexpr double kKept = 0.8;    ///< of each side, the fastest
constexpr double kBorrowed = 8;  ///< degrees of freedom that a typical deviation counts for
constexpr double kMostCounted = 1e9;
/// Clocks have steps: that equal values never scatter is no proof.
constexpr double kLeastVariance = 1e-16;

std::size_t kept_of(double share, std::size_t n) {
  return static_cast<std::size_t>(std::ceil(share * static_cast<double>(n) - 1e-9));
}

/// Values of one side, in order: sums of the `kept` fastest, the others cut to the last of them.
struct Side {
  std::size_t all = 0, finite = 0, kept = 0, seen = 0;
  double sum = 0, squares = 0, last = 0;

  void add(double value) {
    if (seen == kept) return;
    ++seen;
    sum += value;
    squares += value * value;
    last = value;
  }
  double mean() const { return sum / static_cast<double>(kept); }
  /// Σ(x − x̄)² of all, the slow ones as slow as the last that is kept.
  double winsorised_squares() const {
    const auto n = static_cast<double>(all), cut = n - static_cast<double>(kept);
    const double total = sum + cut * last;
    return std::max(0.0, squares + cut * last * last - total * total / n);
  }
};

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
    : is_event_(measured.is_event), paired_(paired), width_(measured.width) {
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
  const auto kept = is_event_ ? finite_ : std::min(finite_, kept_of(kKept, sizes.size()));
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
  // The same share of both sides: those that never ended are slower than any.
  double share = kKept;
  for (const auto& side : sides) {
    if (side.finite < 2) return {};
    share = std::min(share, static_cast<double>(side.finite) / static_cast<double>(side.all));
  }
  for (auto& side : sides) {
    side.kept = std::min(side.finite, kept_of(share, side.all));
    if (side.kept < 2) return {};
  }
  for (std::size_t i = 0; i < finite_; ++i) sides[deal[values_[i].slot]].add(values_[i].value);
  const auto m = static_cast<double>(sides[0].kept), n = static_cast<double>(sides[1].kept);
  const double squares = sides[0].winsorised_squares() + sides[1].winsorised_squares();
  return {sides[1].mean() - sides[0].mean(), squares / (m + n - 2), 1 / m + 1 / n, m + n - 2};
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
  return {q - p, squares / freedom, 1 / count[0] + 1 / count[1], freedom};
}

Contrast Dealt::of_pairs(const Deal& deal) const {
  const auto n = static_cast<double>(values_.size());
  if (values_.size() < 2 || finite_ == 0) return {};
  double sum = 0;
  for (const auto& value : values_) sum += deal[value.slot] != 0 ? -value.value : value.value;
  return {sum / n, std::max(0.0, squares_ - sum * sum / n) / (n - 1), 1 / n, n - 1};
}

double statistic_of(const Contrast& contrast, bool is_event, double typical) {
  if (contrast.scale <= 0) return -HUGE_VAL;
  const double drawn =
      (contrast.freedom * contrast.variance + kBorrowed * typical) / (contrast.freedom + kBorrowed);
  const double variance = is_event ? contrast.variance : drawn;
  return contrast.difference / std::sqrt((variance + kLeastVariance) * contrast.scale);
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
    const auto [place, added] = places.emplace(measured.width, groups_.size());
    if (added) groups_.emplace_back();
    group_of_.push_back(place->second);
    if (!measured.is_event) groups_[place->second].push_back(i);
  }
  contrasts_.resize(dealt_.size());
  typical_.resize(groups_.size());
  statistics_.resize(dealt_.size());
}

const std::vector<double>& FamilyStatistics::at(const Deal& deal) {
  for (std::size_t i = 0; i < dealt_.size(); ++i) contrasts_[i] = dealt_[i].contrast(deal);
  std::vector<double> variances;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    variances.clear();
    for (const auto i : groups_[group])
      if (contrasts_[i].scale > 0) variances.push_back(contrasts_[i].variance);
    if (variances.empty()) continue;
    const auto middle = variances.begin() + static_cast<std::ptrdiff_t>(variances.size() / 2);
    std::nth_element(variances.begin(), middle, variances.end());
    typical_[group] = *middle;
  }
  for (std::size_t i = 0; i < dealt_.size(); ++i) {
    statistics_[i] = statistic_of(contrasts_[i], dealt_[i].is_event(), typical_[group_of_[i]]);
  }
  return statistics_;
}

}  // namespace sgdbench

#include "results/statistics/family.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "results/statistics/contrasts.h"
#include "results/statistics/deals.h"

namespace sgdbench {
namespace {

/// A statistic whose standard error is larger than it seems.
double deflated(double statistic, double inflation) {
  return statistic > 0 ? statistic / inflation : statistic;
}

/// One direction of a family's test. The largest statistic of the things that are no more striking
/// than a thing itself is counted where it reaches that thing's.
class StepDown {
 public:
  explicit StepDown(const std::vector<double>& observed)
      : observed_(observed), order_(observed.size()), counts_(observed.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return observed_[a] < observed_[b]; });
    for (double& statistic : observed_) statistic = just_below(statistic);
  }
  template <class StatisticOf>
  void count(StatisticOf statistic_of) {
    double largest = -HUGE_VAL;
    for (const auto i : order_) {
      largest = std::max(largest, statistic_of(i));
      counts_[i] += largest >= observed_[i];
    }
    ++arrangements_;
  }
  /// None is smaller than that of a more striking thing.
  std::vector<double> p() const {
    std::vector<double> values(counts_.size(), 1);
    double before = 0;
    for (auto i = order_.rbegin(); i != order_.rend(); ++i) {
      if (observed_[*i] == -HUGE_VAL) break;
      before = std::max(before, static_cast<double>(counts_[*i]) / arrangements_);
      values[*i] = before;
    }
    return values;
  }

 private:
  std::vector<double> observed_;
  std::vector<std::size_t> order_, counts_;
  double arrangements_ = 0;
};

}  // namespace

std::vector<Judged> judge_family(std::span<const Measured> family, const Dealing& dealing) {
  std::vector<Judged> judged(family.size());
  FamilyStatistics statistics(family, dealing.paired);
  Deals deals(statistics.before(), statistics.after(), dealing);
  if (family.empty() || statistics.before() == 0 || statistics.after() == 0) return judged;
  const auto mirrored = [&](std::size_t i, double statistic) {
    return family[i].is_event || std::isinf(statistic) ? -HUGE_VAL : -statistic;
  };
  DealBlock block;
  deals.next(block);
  const auto* now = &statistics.at(block);
  std::vector<double> observed, seen, turned;
  for (std::size_t i = 0; i < family.size(); ++i) {
    const double inflation = family[i].is_event ? 1 : dealing.inflation;
    observed.push_back((*now)[i].raw[0]);
    seen.push_back(deflated(observed[i], inflation));
    turned.push_back(deflated(mirrored(i, observed[i]), inflation));
  }
  StepDown worse(seen), not_worse(turned);
  worse.count([&](std::size_t i) { return observed[i]; });
  not_worse.count([&](std::size_t i) { return mirrored(i, observed[i]); });
  for (std::size_t d = 1; block.size > 0; d = 0) {
    for (; d < block.size; ++d) {
      // What is on the other side of what is allowed can't be found, and takes part as what chance
      // makes of it: with its distance, other deals would be more striking than any change.
      worse.count([&](std::size_t i) {
        const auto& of = (*now)[i];
        return observed[i] > 0 ? of.raw[d] : of.still[d];
      });
      not_worse.count([&](std::size_t i) {
        const auto& of = (*now)[i];
        return mirrored(i, observed[i] < 0 ? of.raw[d] : of.still[d]);
      });
    }
    if (deals.next(block)) now = &statistics.at(block);
  }
  const auto p = worse.p(), q = not_worse.p();
  for (std::size_t i = 0; i < judged.size(); ++i) judged[i] = {p[i], q[i]};
  return judged;
}

double least_p(std::size_t before, std::size_t after, bool paired) {
  return 1 / count_deals(before, after, paired);
}

namespace {

/// The repeats of one side without their middle; 0 where there is no value.
std::vector<double> residuals(const std::vector<double>& values) {
  std::vector<double> finite;
  for (const double value : values)
    if (std::isfinite(value)) finite.push_back(value);
  std::vector<double> rest(values.size());
  if (finite.size() < 3) return rest;
  const double mean =
      std::accumulate(finite.begin(), finite.end(), 0.0) / static_cast<double>(finite.size());
  double squares = 0;
  for (const double value : finite) squares += (value - mean) * (value - mean);
  if (squares <= 0) return rest;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i])) rest[i] = (values[i] - mean) / std::sqrt(squares);
  return rest;
}

/// Residuals of many things on one side, as columns over its repeats.
using Series = std::vector<std::vector<double>>;

/// The sum of the products of neighbours, over all series in one order of their values. Of few
/// values each pair's products are summed once for all orders.
class NeighbourProducts {
 public:
  explicit NeighbourProducts(const Series& series) : series_(series) {
    constexpr std::size_t kMostTabled = 500;
    for (const auto& values : series) size_ = std::max(size_, values.size());
    if (size_ > kMostTabled) return;
    table_.resize(size_ * size_);
    for (const auto& values : series)
      for (std::size_t i = 0; i < values.size(); ++i)
        for (std::size_t j = 0; j < values.size(); ++j)
          table_[i * size_ + j] += values[i] * values[j];
  }
  /// A place for each value that the longest series has.
  double in(const std::vector<std::size_t>& order) const {
    double sum = 0;
    for (std::size_t i = 1; i < order.size(); ++i) sum += of(order[i], order[i - 1]);
    return sum;
  }
  std::size_t size() const { return size_; }

 private:
  double of(std::size_t i, std::size_t j) const {
    if (!table_.empty()) return table_[i * size_ + j];
    double sum = 0;
    for (const auto& values : series_)
      if (std::max(i, j) < values.size()) sum += values[i] * values[j];
    return sum;
  }
  const Series& series_;
  std::size_t size_ = 0;
  std::vector<double> table_;
};

/// What the correlation of neighbours in n values about their own mean, `found`, comes from: it is
/// −1/n in the mean where there is none, and too small otherwise (Kendall 1954). The last factor is
/// fitted, to simulated values of 5 to 40 repeats: 0.58 to 0.6 is made of 0.6.
double unbiased(double found, double n) {
  const double linear = (found + 1 / n) * n / (n - 3);
  return std::clamp(linear * (1 + 2.5 * linear / n), -1.0, 1.0);
}

/// The mean over all series that are long enough to tell.
double correlation_of(const Series& series) {
  constexpr std::size_t kLeast = 4;
  double sum = 0, lengths = 0, count = 0;
  for (const auto& values : series) {
    const auto n = static_cast<std::size_t>(
        std::count_if(values.begin(), values.end(), [](double value) { return value != 0; }));
    if (n < kLeast) continue;
    double found = 0;
    for (std::size_t i = 1; i < values.size(); ++i) found += values[i] * values[i - 1];
    sum += found;
    lengths += static_cast<double>(n);
    ++count;
  }
  return count > 0 ? unbiased(sum / count, lengths / count) : 0;
}

}  // namespace

double Alike::inflation() const {
  constexpr double kMost = 0.9;
  if (p > kOrderMatters || correlation <= 0) return 1;
  const double rho = std::min(correlation, kMost);
  return std::sqrt((1 + rho) / (1 - rho));
}

Alike neighbours(std::span<const Measured> family, const Dealing& dealing) {
  constexpr std::size_t kShuffles = 1999;
  Series sides[2];
  for (const auto& measured : family) {
    if (measured.is_event) continue;
    if (!dealing.paired) {
      sides[0].push_back(residuals(measured.before));
      sides[1].push_back(residuals(measured.after));
      continue;
    }
    std::vector<double> differences;
    for (std::size_t i = 0; i < std::min(measured.before.size(), measured.after.size()); ++i)
      differences.push_back(measured.after[i] - measured.before[i]);
    sides[0].push_back(residuals(differences));
  }
  Series all = sides[0];
  all.insert(all.end(), sides[1].begin(), sides[1].end());
  Alike alike{correlation_of(all), 1};
  const NeighbourProducts of_side[] = {NeighbourProducts(sides[0]), NeighbourProducts(sides[1])};
  std::vector<std::size_t> orders[2];
  for (int side : {0, 1}) {
    orders[side].resize(of_side[side].size());
    std::iota(orders[side].begin(), orders[side].end(), std::size_t{0});
  }
  const auto both = [&] { return of_side[0].in(orders[0]) + of_side[1].in(orders[1]); };
  const double observed = just_below(both());
  std::mt19937_64 random(dealing.seed);
  std::size_t as_large = 1;
  for (std::size_t shuffle = 0; shuffle < kShuffles; ++shuffle) {
    for (auto& order : orders)
      for (std::size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[draw_below(random, i)]);
    as_large += both() >= observed;
  }
  alike.p = static_cast<double>(as_large) / (kShuffles + 1);
  return alike;
}

}  // namespace sgdbench

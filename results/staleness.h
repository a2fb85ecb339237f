// How stale the applied gradients were: a histogram of τ, in updates.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sgdbench {

/// One bin per τ below kBins and one for all above; count, sum and maximum are exact whatever
/// the bins hold. Thread safety: one per worker, merged after the join.
class StalenessHistogram {
 public:
  static constexpr std::uint64_t kBins = 1024;

  StalenessHistogram() : bins_(kBins + 1) {}

  void add(std::uint64_t staleness, std::uint64_t updates = 1) {
    bins_[std::min(staleness, kBins)] += updates;
    count_ += updates;
    sum_ += staleness * updates;
    max_ = std::max(max_, staleness);
  }
  void merge(const StalenessHistogram& other) {
    for (std::size_t i = 0; i < bins_.size(); ++i) bins_[i] += other.bins_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    max_ = std::max(max_, other.max_);
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t sum() const { return sum_; }
  std::uint64_t max() const { return max_; }
  double mean() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }
  /// The smallest τ with at least the share q of the updates at or below it; max() where that lies
  /// in the overflow bin. q in (0, 1].
  std::uint64_t quantile(double q) const {
    const double wanted = q * static_cast<double>(count_);
    std::uint64_t seen = 0;
    for (std::uint64_t tau = 0; tau < kBins; ++tau) {
      seen += bins_[tau];
      if (static_cast<double>(seen) >= wanted) return tau;
    }
    return max_;
  }
  /// Bin kBins holds everything at or above kBins.
  const std::vector<std::uint64_t>& bins() const { return bins_; }

 private:
  std::vector<std::uint64_t> bins_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace sgdbench

// How stale the mini-batch gradients that landed were: a histogram of τ, the updates of the shared
// parameters between a gradient's read of them and its own application.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace sgdbench {

/// One bin per τ below kExact, from there 64 bins to each doubling, and one for all from kOverflow
/// on; count, sum and maximum are exact whatever the bins hold. Thread safety: one per worker,
/// merged after the join.
class StalenessHistogram {
 public:
  static constexpr std::uint64_t kExact = 1024;
  static constexpr std::uint64_t kOverflow = std::uint64_t{1} << 32;

  /// Takes the memory of the bins, which else the first add() does: 19 KB.
  void reserve() { bins_.resize(bin_of(kOverflow) + 1); }

  void add(std::uint64_t staleness, std::uint64_t gradients = 1) {
    if (bins_.empty()) [[unlikely]]
      reserve();
    bins_[bin_of(staleness)] += gradients;
    count_ += gradients;
    sum_ += staleness * gradients;
    max_ = std::max(max_, staleness);
  }
  void merge(const StalenessHistogram& other) {
    if (bins_.empty()) reserve();
    for (std::size_t i = 0; i < other.bins_.size(); ++i) bins_[i] += other.bins_[i];
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
  /// The least τ of the first bin at whose end the share q of the gradients is reached: exact below
  /// kExact, at most 1/64 too low from there; max() in the overflow bin. q in (0, 1].
  std::uint64_t quantile(double q) const {
    const double wanted = q * static_cast<double>(count_);
    std::uint64_t seen = 0;
    for (std::size_t bin = 0; bin + 1 < bins_.size(); ++bin) {
      seen += bins_[bin];
      if (static_cast<double>(seen) >= wanted) return least_of(bin);
    }
    return max_;
  }
  /// Empty where nothing was counted and no memory asked for.
  const std::vector<std::uint64_t>& bins() const { return bins_; }

  /// The least τ that a bin holds.
  static constexpr std::uint64_t least_of(std::size_t bin) {
    if (bin < kExact) return bin;
    const std::uint64_t beyond = bin - kExact;
    return (kPerDoubling + beyond % kPerDoubling) << (beyond / kPerDoubling + kFirstShift);
  }

 private:
  static constexpr std::uint64_t kPerDoubling = 64;
  static constexpr std::uint64_t kFirstShift =
      4;  // a bin of the first doubling, [1024, 2048), is 16 wide

  static constexpr std::size_t bin_of(std::uint64_t tau) {
    if (tau < kExact) return tau;
    tau = std::min(tau, kOverflow);
    const auto doubling = static_cast<std::uint64_t>(std::bit_width(tau) - std::bit_width(kExact));
    return kExact + doubling * kPerDoubling + (tau >> (doubling + kFirstShift)) - kPerDoubling;
  }

  std::vector<std::uint64_t> bins_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace sgdbench

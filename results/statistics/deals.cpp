#include "results/statistics/deals.h"

#include <algorithm>
#include <cmath>

namespace sgdbench {

std::size_t draw_below(std::mt19937_64& random, std::size_t n) {
  return static_cast<std::size_t>(static_cast<double>(random() >> 11) * 0x1p-53 *
                                  static_cast<double>(n));
}

double count_deals(std::size_t before, std::size_t after, bool paired) {
  constexpr double kMostCounted = 1e9;
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
  if (made_++ == 0) return now_;
  if (exact_ && paired_) {  // counts in binary
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

bool Deals::next(DealBlock& block) {
  block.size = std::min(kTogether, size_ - made_);
  block.slots.assign(now_.size(), 0);
  for (std::size_t i = 0; i < block.size; ++i) {
    const auto& deal = next();
    for (std::size_t slot = 0; slot < deal.size(); ++slot)
      block.slots[slot] = static_cast<std::uint8_t>(block.slots[slot] | deal[slot] << i);
  }
  return block.size > 0;
}

Deal deal_of(const DealBlock& block, std::size_t i) {
  Deal deal;
  for (const auto slot : block.slots) deal.push_back(slot >> i & 1);
  return deal;
}

}  // namespace sgdbench

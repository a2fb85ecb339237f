// The ways in which repeats can be dealt to two sides, one after the other or some side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "results/statistics/family.h"

namespace sgdbench {

/// For each slot 1 or 0. Unpaired, the slots are the repeats of BASE, then those of NEW, and 1 is
/// "dealt to NEW". Paired, they are the rounds, and 1 is "the two change sides".
using Deal = std::vector<std::uint8_t>;

/// So many deals are looked at together: most of what is computed of them is the same for each.
inline constexpr std::size_t kTogether = 8;
/// A number for each of them.
using EachDeal = double[kTogether];

struct DealBlock {
  std::size_t size = 0;             ///< deals that there are
  std::vector<std::uint8_t> slots;  ///< of each slot a bit per deal
};
Deal deal_of(const DealBlock& block, std::size_t i);

/// The observed deal first, then all others, or as many draws as Dealing::most allows.
class Deals {
 public:
  Deals(std::size_t before, std::size_t after, const Dealing& dealing);
  std::size_t size() const { return size_; }
  /// Each is made from the one before it: call it once for every 0 ≤ i < size().
  const Deal& next();
  /// The next ones; false where there are no more.
  bool next(DealBlock& block);

 private:
  std::size_t size_, made_ = 0;
  bool paired_, exact_;
  Deal now_;
  std::mt19937_64 random_;
};

/// How many there are, up to a billion.
double count_deals(std::size_t before, std::size_t after, bool paired);

/// A number in 0, …, n − 1; the same with every standard library.
std::size_t draw_below(std::mt19937_64& random, std::size_t n);

}  // namespace sgdbench

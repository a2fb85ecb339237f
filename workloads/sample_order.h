// The order in which examples are visited: a pure function of the seed, so that every backend
// walks the same one.
//
// The training rows were already permuted once when they were loaded, so the cheap orders (file
// order, or shuffled blocks of neighbours) visit random examples too, while memory is read in
// runs: a full shuffle costs a cache and a TLB miss per row.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sgdbench {

/// `full`: every epoch its own permutation of the rows. `blocks:N`: every epoch its own
/// permutation of blocks of N neighbouring rows. `none`: 0, 1, 2, ….
struct Shuffle {
  enum class Kind { full, blocks, none } kind = Kind::blocks;
  std::size_t block = 128;

  static Shuffle parse(std::string_view text);  ///< throws UsageError
  std::string to_string() const;
  bool operator==(const Shuffle&) const = default;
};

/// Thread safety: immutable after construction; any number of threads may read.
class SampleOrder {
 public:
  /// At most this many different permutations are kept; later epochs repeat them in turn.
  static constexpr std::size_t kMaxFull = 32;
  static constexpr std::size_t kMaxBlocks = 1024;

  SampleOrder(std::size_t examples, std::size_t epochs, Shuffle shuffle, std::uint64_t seed);

  /// The rows at positions [begin, end) of an epoch. Points into the order itself where it can,
  /// else into `scratch`, which must hold end − begin.
  std::span<const std::uint32_t> rows(std::uint64_t epoch, std::size_t begin, std::size_t end,
                                      std::span<std::uint32_t> scratch) const;

 private:
  std::size_t examples_;
  Shuffle shuffle_;
  std::size_t per_epoch_;   ///< length of one stored permutation
  std::size_t stored_ = 0;  ///< permutations
  std::vector<std::uint32_t> permutations_;
};

}  // namespace sgdbench

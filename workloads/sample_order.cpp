// An epoch's order of blocks is a permutation of the block numbers followed by one more number:
// where in it the last block stands. That block may be shorter, and whatever comes after it starts
// so many positions earlier.
#include "workloads/sample_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

constexpr std::size_t kMaxBlockRows = std::size_t{1} << 31;

void append_permutation(std::vector<std::uint32_t>& all, std::size_t n, Random& random) {
  const auto first = static_cast<std::ptrdiff_t>(all.size());
  all.resize(all.size() + n);
  std::span<std::uint32_t> permutation(all.begin() + first, all.end());
  std::iota(permutation.begin(), permutation.end(), std::uint32_t{0});
  shuffle(permutation, random);
}

/// Where the blocks of one epoch lie: what a position means.
struct BlockOrder {
  std::span<const std::uint32_t> blocks;  ///< in the order of their visit
  std::size_t size;                       ///< rows of a full block
  std::size_t short_at;                   ///< which visit is the last block's
  std::size_t short_size;

  /// Visit and offset in it of a position.
  std::pair<std::size_t, std::size_t> find(std::size_t position) const {
    const std::size_t after_short = short_at * size + short_size;
    if (position < after_short) return {position / size, position % size};
    const std::size_t later = position - after_short;
    return {short_at + 1 + later / size, later % size};
  }
  std::size_t length(std::size_t visit) const { return visit == short_at ? short_size : size; }
};

void fill(const BlockOrder& order, std::size_t begin, std::span<std::uint32_t> rows) {
  if (rows.empty()) return;
  auto [visit, offset] = order.find(begin);
  for (std::size_t done = 0; done < rows.size(); ++visit, offset = 0) {
    const std::size_t count = std::min(order.length(visit) - offset, rows.size() - done);
    const auto first = static_cast<std::uint32_t>(order.blocks[visit] * order.size + offset);
    std::iota(rows.begin() + static_cast<std::ptrdiff_t>(done),
              rows.begin() + static_cast<std::ptrdiff_t>(done + count), first);
    done += count;
  }
}

}  // namespace

Shuffle Shuffle::parse(std::string_view text) {
  if (text == "full") return {Kind::full, 0};
  if (text == "none") return {Kind::none, 0};
  if (text == "blocks") return {};
  const std::string_view prefix = "blocks:";
  if (text.starts_with(prefix)) {
    const auto block = parse_number<std::size_t>(text.substr(prefix.size()));
    if (block && *block >= 1 && *block <= kMaxBlockRows) return {Kind::blocks, *block};
    throw UsageError(fmt::format(
        "shuffle '{}': N in blocks:N is a number of rows from 1 on, as in blocks:128", text));
  }
  const std::vector<std::string> valid{"full", "blocks:N", "none"};
  throw UsageError(unknown_name("shuffle", text, valid));
}

std::string Shuffle::to_string() const {
  if (kind == Kind::full) return "full";
  if (kind == Kind::none) return "none";
  return "blocks:" + std::to_string(block);
}

SampleOrder::SampleOrder(std::size_t examples, std::size_t epochs, Shuffle shuffle,
                         std::uint64_t seed)
    : examples_(examples), shuffle_(shuffle), per_epoch_(0) {
  if (shuffle_.kind == Shuffle::Kind::none || examples_ == 0) return;
  const bool full = shuffle_.kind == Shuffle::Kind::full;
  const std::size_t items = full ? examples_ : (examples_ + shuffle_.block - 1) / shuffle_.block;
  stored_ = std::clamp<std::size_t>(epochs, 1, full ? kMaxFull : kMaxBlocks);
  per_epoch_ = items + (full ? 0 : 1);
  permutations_.reserve(stored_ * per_epoch_);
  for (std::size_t epoch = 0; epoch < stored_; ++epoch) {
    Random random(mix(seed, epoch));
    append_permutation(permutations_, items, random);
    if (full) continue;
    const auto begin = permutations_.end() - static_cast<std::ptrdiff_t>(items);
    const auto last_block = std::find(begin, permutations_.end(), items - 1);
    permutations_.push_back(static_cast<std::uint32_t>(last_block - begin));
  }
}

std::span<const std::uint32_t> SampleOrder::rows(std::uint64_t epoch, std::size_t begin,
                                                 std::size_t end,
                                                 std::span<std::uint32_t> scratch) const {
  const std::span<std::uint32_t> out =
      scratch.first(shuffle_.kind == Shuffle::Kind::full ? 0 : end - begin);
  if (per_epoch_ == 0) {
    std::iota(out.begin(), out.end(), static_cast<std::uint32_t>(begin));
    return out;
  }
  const std::size_t which = epoch < stored_ ? epoch : epoch % stored_;
  const auto order = std::span(permutations_).subspan(which * per_epoch_, per_epoch_);
  if (shuffle_.kind == Shuffle::Kind::full) return order.subspan(begin, end - begin);

  const auto blocks = order.first(per_epoch_ - 1);
  const std::size_t short_size = examples_ - (blocks.size() - 1) * shuffle_.block;
  fill({blocks, shuffle_.block, order.back(), short_size}, begin, out);
  return out;
}

}  // namespace sgdbench

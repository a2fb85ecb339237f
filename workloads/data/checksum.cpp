#include "workloads/data/checksum.h"

#include <algorithm>
#include <bit>

#include "workloads/random.h"

namespace sgdbench {
namespace {

std::uint64_t bits(float value) {
  return std::bit_cast<std::uint32_t>(value + 0.0f);
}

std::uint64_t row_checksum(const RowContent& row, float target) {
  return mix(row.sum + mix(bits(target)));
}

std::array<ContentSum, 2> sum_rows(const Examples& examples, const Placement& placement,
                                   std::size_t begin, std::size_t end, Ranks ranks) {
  std::array<ContentSum, 2> sums;
  std::visit(
      [&](const auto& matrix) {
        for (std::size_t i = begin; i < end; ++i) {
          const std::size_t part = placement.part_of(placement.place(i));
          sums[part].add(content_of(matrix.row(i)), examples.targets[i], ranks[part]++);
        }
      },
      examples.features);
  return sums;
}

}  // namespace

/// In one word per entry, the column above the value's bits, so that several words make a vector.
RowContent content_of(std::span<const Entry> row) {
  static_assert(std::endian::native == std::endian::little, "the value lies above the column");
  std::uint64_t sum = 0;
  std::uint64_t columns = 0;
  for (const Entry& entry : row) {
    const std::uint64_t word = std::rotl(std::bit_cast<std::uint64_t>(entry), 32);
    const bool zero = (word & 0x7fffffffu) == 0;
    sum += zero ? 0 : mix(word);
    columns = std::max(columns, zero ? 0 : (word >> 32) + 1);
  }
  return {sum, columns};
}

RowContent content_of(std::span<const Real> row) {
  RowContent content;
  for (std::size_t j = 0; j < row.size(); ++j) {
    if (row[j] == 0) continue;
    content.sum += mix(std::uint64_t{j} << 32 | bits(row[j]));
    content.columns = j + 1;
  }
  return content;
}

void ContentSum::add(const RowContent& row, float target, std::size_t number) {
  sum_ += mix(row_checksum(row, target), number);
  columns_ = std::max(columns_, row.columns);
  ++rows_;
}

void ContentSum::add(const ContentSum& other) {
  sum_ += other.sum_;
  columns_ = std::max(columns_, other.columns_);
  rows_ += other.rows_;
}

std::uint64_t ContentSum::checksum() const {
  return mix(rows_, mix(columns_, sum_));
}

std::vector<std::uint64_t> content_checksums(const Examples& examples, const Placement& placement,
                                             const ParallelFor& parallel) {
  std::vector<std::size_t> begins;
  for (std::size_t row = 0; row < placement.rows; row += kRowBlock) begins.push_back(row);
  const auto ranks = ranks_at(placement, begins);
  std::vector<std::array<ContentSum, 2>> blocks(begins.size());
  for_row_blocks(placement.rows, parallel, [&](std::size_t begin, std::size_t end) {
    const std::size_t block = begin / kRowBlock;
    blocks[block] = sum_rows(examples, placement, begin, end, ranks[block]);
  });
  std::vector<std::uint64_t> checksums;
  for (std::size_t part = 0; part < placement.parts(); ++part) {
    ContentSum all;
    for (const auto& block : blocks) all.add(block[part]);
    checksums.push_back(all.checksum());
  }
  return checksums;
}

std::uint64_t content_checksum(const Features& features, const std::vector<float>& targets,
                               const ParallelFor& parallel) {
  std::vector<ContentSum> blocks((targets.size() + kRowBlock - 1) / kRowBlock);
  std::visit(
      [&](const auto& matrix) {
        for_row_blocks(targets.size(), parallel, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i)
            blocks[begin / kRowBlock].add(content_of(matrix.row(i)), targets[i], i);
        });
      },
      features);
  ContentSum all;
  for (const ContentSum& block : blocks) all.add(block);
  return all.checksum();
}

std::vector<std::uint64_t> row_checksums(const Features& features,
                                         const std::vector<float>& targets,
                                         const ParallelFor& parallel) {
  std::vector<std::uint64_t> sums(targets.size());
  std::visit(
      [&](const auto& matrix) {
        for_row_blocks(targets.size(), parallel, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i)
            sums[i] = row_checksum(content_of(matrix.row(i)), targets[i]);
        });
      },
      features);
  return sums;
}

}  // namespace sgdbench

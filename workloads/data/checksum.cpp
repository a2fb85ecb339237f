#include "workloads/data/checksum.h"

#include <algorithm>
#include <bit>

#include "workloads/random.h"

namespace sgdbench {
namespace {

std::uint64_t bits(float value) {
  return std::bit_cast<std::uint32_t>(value + 0.0f);
}

struct Partial {
  std::uint64_t sum = 0;
  std::size_t columns = 0;
};

Partial sum_rows(const Features& features, const std::vector<float>& targets, std::size_t begin,
                 std::size_t end) {
  Partial partial;
  std::visit(
      [&](const auto& matrix) {
        for (std::size_t i = begin; i < end; ++i) {
          std::uint64_t row = 0;
          std::size_t columns = 0;
          for_each_non_zero(matrix, i, [&](std::uint32_t column, float value) {
            row += mix(std::uint64_t{column} << 32 | bits(value));
            columns = std::max(columns, std::size_t{column} + 1);
          });
          partial.sum += mix(mix(row + mix(bits(targets[i]))), i);
          partial.columns = std::max(partial.columns, columns);
        }
      },
      features);
  return partial;
}

}  // namespace

std::uint64_t content_checksum(const Features& features, const std::vector<float>& targets,
                               const ParallelFor& parallel) {
  const std::size_t rows = targets.size();
  std::vector<Partial> partials((rows + kRowBlock - 1) / kRowBlock);
  for_row_blocks(rows, parallel, [&](std::size_t begin, std::size_t end) {
    partials[begin / kRowBlock] = sum_rows(features, targets, begin, end);
  });
  Partial all;
  for (const Partial& partial : partials) {
    all.sum += partial.sum;
    all.columns = std::max(all.columns, partial.columns);
  }
  return mix(rows, mix(all.columns, all.sum));
}

}  // namespace sgdbench

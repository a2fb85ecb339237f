#include <algorithm>

#include "workloads/mlp_pass.h"
#include "workloads/rows.h"

namespace sgdbench {
namespace {

/// In multiply-adds: a value from main memory.
constexpr std::size_t kCopyingCosts = 8;

}  // namespace

InputGatherer::InputGatherer(const Dataset& data, std::size_t columns, std::size_t max_rows)
    : data_(data), columns_(columns), stride_(padded_to_line(columns)), max_rows_(max_rows) {}

/// The first of dense rows that follow each other, else null.
const Real* InputGatherer::in_place(std::span<const std::uint32_t> rows) const {
  const auto* dense = std::get_if<DenseMatrix>(&data_.features);
  if (!dense || dense->columns < columns_) return nullptr;
  for (std::size_t r = 1; r < rows.size(); ++r)
    if (rows[r] != rows[0] + r) return nullptr;
  return dense->row(rows[0]).data();
}

void InputGatherer::copy_row(std::size_t row, Real* out) const {
  const auto* dense = std::get_if<DenseMatrix>(&data_.features);
  if (dense && dense->columns >= columns_) {
    std::copy_n(dense->row(row).data(), columns_, out);
    return;
  }
  std::fill_n(out, stride_, Real(0));
  std::visit(
      [&](const auto& matrix) {
        for_each_value(matrix, row, columns_, [out](std::size_t v, Real x) { out[v] = x; });
      },
      data_.features);
}

Input InputGatherer::gather(std::span<const std::uint32_t> rows, const Team& team) {
  if (const Real* const found = in_place(rows))
    return {found, std::get<DenseMatrix>(data_.features).stride, rows.size()};
  allocate();
  in_pieces(team, rows.size() * columns_ * kCopyingCosts, [&](std::size_t i, std::size_t n) {
    const Range mine = piece_of(rows.size(), 1, i, n);
    for (std::size_t r = mine.begin; r < mine.end; ++r)
      copy_row(rows[r], scratch_.data() + r * stride_);
  });
  return {scratch_.data(), stride_, rows.size()};
}

}  // namespace sgdbench

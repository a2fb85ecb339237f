#include <algorithm>

#include "workloads/mlp_pass.h"
#include "workloads/rows.h"

namespace sgdbench {

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

Input InputGatherer::gather(std::span<const std::uint32_t> rows) {
  if (const Real* const found = in_place(rows))
    return {found, std::get<DenseMatrix>(data_.features).stride, rows.size()};
  allocate();
  std::visit(
      [&](const auto& matrix) {
        for (std::size_t r = 0; r < rows.size(); ++r) {
          Real* const out = scratch_.data() + r * stride_;
          std::fill_n(out, stride_, Real(0));
          for_each_value(matrix, rows[r], columns_, [out](std::size_t v, Real x) { out[v] = x; });
        }
      },
      data_.features);
  return {scratch_.data(), stride_, rows.size()};
}

}  // namespace sgdbench

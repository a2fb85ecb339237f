#include "workloads/mlp_input.h"

#include <algorithm>

#include "workloads/rows.h"

namespace sgdbench {
namespace {

constexpr std::size_t kSample = 1000;

double filled_share(const SparseMatrix& matrix) {
  const double values = static_cast<double>(matrix.rows()) * static_cast<double>(matrix.columns);
  return static_cast<double>(matrix.entries.size()) / std::max(1.0, values);
}

double filled_share(const DenseMatrix& matrix) {
  const std::size_t step = std::max<std::size_t>(1, matrix.rows() / kSample);
  std::size_t filled = 0, seen = 0;
  for (std::size_t i = 0; i < matrix.rows(); i += step) {
    const auto row = matrix.row(i);
    filled += row.size() - static_cast<std::size_t>(std::count(row.begin(), row.end(), Real(0)));
    seen += row.size();
  }
  return static_cast<double>(filled) / static_cast<double>(std::max<std::size_t>(1, seen));
}

/// Of one row: compress() writes up to a line more than there is.
std::size_t most_entries(std::size_t columns) {
  return padded_to_line(columns) + kLine;
}

}  // namespace

double filled_share(const Dataset& data) {
  return std::visit([](const auto& matrix) { return filled_share(matrix); }, data.features);
}

InputGatherer::InputGatherer(const Dataset& data, std::size_t columns, std::size_t max_rows,
                             double filled)
    : data_(data),
      columns_(columns),
      stride_(padded_to_line(columns)),
      max_rows_(max_rows),
      sparse_(filled < kSparseBelow) {
  if (sparse_) batch_ = {max_rows, columns, filled * static_cast<double>(columns)};
}

void InputGatherer::allocate() {
  if (!sparse_)
    scratch_.resize(max_rows_ * stride_);
  else if (!data_.sparse())
    entries_.resize(max_rows_ * most_entries(columns_));
}

/// The first of dense rows that follow each other, else null.
const Real* InputGatherer::in_place(std::span<const std::uint32_t> rows) const {
  const auto* dense = std::get_if<DenseMatrix>(&data_.features);
  if (!dense || dense->columns < columns_) return nullptr;
  for (std::size_t r = 1; r < rows.size(); ++r)
    if (rows[r] != rows[0] + r) return nullptr;
  return dense->row(rows[0]).data();
}

Input InputGatherer::begin(std::span<const std::uint32_t> rows) {
  rows_ = {};
  if (!sparse_)
    if (const Real* const found = in_place(rows))
      return {found, std::get<DenseMatrix>(data_.features).stride, rows.size()};
  allocate();
  rows_ = rows;
  if (sparse_) return {nullptr, 0, rows.size(), &batch_};
  return {scratch_.data(), stride_, rows.size()};
}

void InputGatherer::fill(Range rows) {
  if (rows_.empty()) return;
  for (std::size_t r = rows.begin; r < rows.end; ++r) {
    if (!sparse_) {
      copy_row(rows_[r], scratch_.data() + r * stride_);
    } else if (const auto* stored = std::get_if<SparseMatrix>(&data_.features)) {
      mark_blocks(stored->row(rows_[r]), batch_.bounds(r));
    } else {
      const auto row = std::get<DenseMatrix>(data_.features).row(rows_[r]);
      compress(row.first(std::min(columns_, row.size())), batch_.width(),
               entries_.data() + r * most_entries(columns_), batch_.bounds(r));
    }
  }
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

void InputGatherer::mark_blocks(std::span<const Entry> row, std::span<const Entry*> bounds) const {
  const Entry* e = row.data();
  const Entry* const end = e + row.size();
  for (std::size_t k = 0; k < bounds.size(); ++k) {
    const std::size_t first = std::min(columns_, k * batch_.width());
    while (e != end && e->column < first) ++e;
    bounds[k] = e;
  }
}

}  // namespace sgdbench

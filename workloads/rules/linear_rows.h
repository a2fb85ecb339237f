// What the gradients of a linear model are made of, for rules that remember them by their slopes.
//
// Parameter (v, c) of feature v and score c lies at v·scores + c; the intercepts, which are a last
// feature of value 1 in every row, behind all others.
#pragma once

#include <span>

#include "workloads/data/storage.h"

namespace sgdbench {

struct LinearRows {
  const SparseMatrix* sparse = nullptr;  ///< one of the two
  const DenseMatrix* dense = nullptr;
  std::size_t scores = 1;
  bool intercept = false;
  Real l2 = 0;  ///< λ, of all but the intercepts
  /// Sparse rows: 1/d_v per feature, d_v being the share of rows that contain it; 1 for the
  /// intercept.
  std::span<const Real> inverse_shares = {};
  bool smooth = true;  ///< the loss has a slope that changes continuously

  std::size_t columns() const { return sparse ? sparse->columns : dense->columns; }
  std::size_t features() const { return columns() + (intercept ? 1 : 0); }
  /// λ of a parameter of feature v.
  Real l2_of(std::size_t v) const { return v < columns() ? l2 : Real(0); }

  /// body(v, x_v) for what is stored of a row, and for its intercept.
  template <class Body>
  void for_each(std::uint32_t row, Body body) const {
    if (sparse != nullptr) {
      for (const Entry& e : sparse->row(row)) body(std::size_t{e.column}, e.value);
    } else {
      const auto x = dense->row(row);
      for (std::size_t v = 0; v < dense->columns; ++v) body(v, x[v]);
    }
    if (intercept) body(columns(), Real(1));
  }
};

}  // namespace sgdbench

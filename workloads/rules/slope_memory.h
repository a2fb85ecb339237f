// Variance-reduced estimates for linear models: rules that remember, for every example, the slope
// αᵢ of an earlier gradient of its loss, and the mean of those gradients, ḡ = 1/n ∑ αᵢ·xᵢ. With
// sᵢ the slopes now, an update from b examples is
//
//   w ← w − γ·(c/b ∑ᵢ (sᵢ − αᵢ)·xᵢ + 1/b ∑ᵢ Dᵢ(ḡ + λw))
//
// and where the memory follows the gradients (saga, sag: c = 1, b/n), then
//
//   ḡ ← ḡ + 1/n ∑ᵢ (sᵢ − αᵢ)·xᵢ,   αᵢ ← sᵢ
//
// while svrg's is renewed by a full gradient alone. On sparse rows Dᵢ keeps the coordinates v of
// row i and divides them by d_v, the share of rows that have them, so that its mean is the identity
// and an update costs what its rows' entries do; on dense rows it is the identity. ḡ and w in that
// term are those of the moment at which the update lands.
//
// The state is [w | ḡ | α], α having one number for each example and score: a scalar stands for a
// whole gradient, because ∇ℓᵢ = slopeᵢ ⊗ xᵢ (Schmidt, Le Roux & Bach 2017, section 4). sag's
// steps, of which each takes 1/n of one gradient's change, are so short that single precision
// rounds them away while w is still far from the optimum. So under sag a vector more, behind ḡ,
// keeps what the last addition to w lost, and the next one adds it (Kahan 1965); but where several
// write at once.
//
// Sources: SAG, Le Roux, Schmidt & Bach, NIPS 2012; SAGA, Defazio, Bach & Lacoste-Julien, NIPS
// 2014; SVRG, Johnson & Zhang, NIPS 2013; the sparse form: Leblond, Pedregosa & Lacoste-Julien,
// "ASAGA", AISTATS 2017, and Mania et al., "Perturbed iterate analysis", 2017 (KroMagnon).
//
// Thread safety: as Rule. With racy access, slopes are exchanged and ḡ is changed by
// compare-and-swap whatever the access to w: a change of one of them that was lost would leave ḡ
// wrong for the rest of the run, not for an update.
#pragma once

#include <span>

#include "workloads/data/storage.h"
#include "workloads/rules/rule.h"

namespace sgdbench {

/// What the gradients of a linear model are made of. Parameter (v, c) of feature v and score c lies
/// at v·scores + c; the intercepts, which are a last feature of value 1 in every row, behind all
/// others.
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

/// sum ← sum + more, with what was lost of it before; what it loses now is in `lost`. T is Real or
/// Vec.
template <class T>
[[gnu::always_inline]] inline void add_all(T& sum, T& lost, T more) {
  const T whole = more + lost, next = sum + whole;
  lost = whole - (next - sum);
  sum = next;
}

class SlopeMemory final : public Rule {
 public:
  SlopeMemory(const RuleSpec& spec, const RuleInput& input, Estimate estimate);

  void apply(std::span<Real> state, std::span<const GradientSum> gradient_sums, std::size_t begin,
             std::size_t end, UpdateStep step, Access access, WriteProbe* probe,
             GradientTotal* total) const override;
  void remember(std::span<Real> state, const GradientSum& gradient_sum) const override;
  void remember_all(std::span<Real> state, const GradientSum& gradient_sum) const override;
  void take_full_gradient(std::span<Real> state, std::span<const std::span<const Real>> sums,
                          std::size_t begin, std::size_t end) const override;
  void reserve(GradientTotal& total) const override;

  /// c of an update of so many examples.
  Real weight(std::size_t examples) const {
    return estimate_ == Estimate::sag ? static_cast<Real>(examples) * inverse_examples_ : Real(1);
  }
  /// Whether the memory follows the gradients.
  bool follows() const { return estimate_ != Estimate::svrg; }
  const LinearRows& rows() const { return rows_; }
  Real inverse_examples() const { return inverse_examples_; }  ///< 1/n
  Real* mean(std::span<Real> state) const { return state.data() + parameters(); }
  /// What the last addition to each coordinate of w lost, under sag.
  bool keeps_lost() const { return estimate_ == Estimate::sag; }
  Real* lost(std::span<Real> state) const { return state.data() + 2 * parameters(); }
  Real* slopes(std::span<Real> state) const { return state.data() + vectors() * parameters(); }

 private:
  struct Landing;
  Real change(std::span<Real> state, const GradientSum& gradient_sum, std::size_t k, std::size_t c,
              Access access) const;
  void add(std::span<Real> state, const GradientSum& gradient_sum, const Landing& landing) const;
  void add_dense(std::span<Real> state, const GradientSum& gradient_sum,
                 const Landing& landing) const;
  void add_scores(Real* values, std::size_t first, Real x, const Real* changes,
                  const Landing& landing) const;

  LinearRows rows_;
  Estimate estimate_;
  Real inverse_examples_;
};

}  // namespace sgdbench

#include <algorithm>
#include <cmath>

#include "workloads/optimum/objective.h"

namespace sgdbench::optimum {
namespace {

constexpr double kFirstSigma = 1, kSigmaGrowth = 2, kMostSigma = 1e8;
/// Of the gap, that a round may leave to the gradient.
constexpr double kRoundShare = 1e-3;
constexpr double kLeastGradient = 1e-12;  ///< of the first; smaller ones may be rounding
/// By then rounding keeps the gap from closing.
constexpr std::uint64_t kMostRounds = 100;

class SmoothedHinge final : public RowLoss {
 public:
  explicit SmoothedHinge(std::vector<Real> signs)
      : y_(std::move(signs)), centre_(y_.size()), rows_(y_.size()) {}

  std::size_t width() const override { return 1; }
  double evaluate(std::size_t i, const double* z, double* s) override {
    const double m = y_[i] * *z, free = centre_[i] + sigma_ * (1 - m);
    const double a = std::clamp(free, 0.0, 1.0), moved = a - centre_[i];
    rows_[i] = {m, a, free > 0 && free < 1};
    *s = -y_[i] * a;
    return a * (1 - m) - moved * moved / (2 * sigma_);
  }
  void curvature_times(std::size_t i, const double* u, double* t) const override {
    *t = rows_[i].bends ? sigma_ * *u : 0;
  }
  void curvature(std::size_t i, double* t) const override { *t = rows_[i].bends ? sigma_ : 0; }
  void dual_point(std::size_t i, double* alpha) const override { *alpha = y_[i] * dual_term(i); }
  double dual_term(std::size_t i) const override { return kept_[y_[i] > 0] * rows_[i].a; }
  /// The a of the label with the larger sum are scaled down to the smaller one.
  void balance() override {
    double sums[2] = {};
    for (std::size_t i = 0; i < rows_.size(); ++i) sums[y_[i] > 0] += rows_[i].a;
    const double least = std::min(sums[0], sums[1]);
    for (std::size_t k = 0; k < 2; ++k) kept_[k] = sums[k] > 0 ? least / sums[k] : 1;
  }
  bool curves_everywhere() const override { return false; }
  std::span<const std::uint32_t> curved_rows() const override { return bending_; }
  void settle() override {
    kept_[0] = kept_[1] = 1;
    bending_.clear();
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (rows_[i].bends) bending_.push_back(static_cast<std::uint32_t>(i));
  }

  std::size_t rows() const { return rows_.size(); }
  /// 1/n ∑ max(0, 1 − mᵢ).
  double mean_hinge() const {
    double sum = 0;
    for (const Row& row : rows_) sum += std::max(0.0, 1 - row.margin);
    return sum / static_cast<double>(rows());
  }
  void begin_at(std::span<const double> multipliers) {
    std::copy(multipliers.begin(), multipliers.end(), centre_.begin());
  }
  /// a of the last evaluate().
  std::vector<double> multipliers() const {
    std::vector<double> all;
    for (const Row& row : rows_) all.push_back(row.a);
    return all;
  }
  /// a⁰ ← a.
  void next_round(double sigma) {
    for (std::size_t i = 0; i < rows_.size(); ++i) centre_[i] = rows_[i].a;
    sigma_ = sigma;
  }

 private:
  struct Row {
    double margin, a;
    bool bends;
  };
  std::vector<Real> y_;
  std::vector<double> centre_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> bending_;
  double kept_[2] = {1, 1};  ///< of a in the dual, by label
  double sigma_ = kFirstSigma;
};

/// Where every aᵢ is 1: the gradient at 0.
double gradient_at_zero(Design& design, const std::vector<Real>& signs) {
  std::vector<double> w(design.parameters()), g(design.parameters());
  design.pass(
      w,
      [&](std::size_t i, const double*, double* s) {
        *s = -signs[i];
        return 0.0;
      },
      g);
  return norm(g) / static_cast<double>(design.rows());
}

/// Begins at w and a⁰ if they can be a solution; at 0, where f is 1, if not.
void begin_no_worse(Objective& f, SmoothedHinge& loss, std::span<const double> multipliers,
                    std::vector<double>& w, std::vector<double>& g) {
  const auto is_one = [](double a) { return a >= 0 && a <= 1; };
  f.evaluate(w, g);
  const double value = loss.mean_hinge() + f.penalty(w);
  if (value <= 1 && multipliers.size() == loss.rows() &&
      std::all_of(multipliers.begin(), multipliers.end(), is_one))
    loss.begin_at(multipliers);
  else
    std::fill(w.begin(), w.end(), 0.0);
}

}  // namespace

HingeResult minimise_hinge(Design& design, std::vector<Real> signs, double l2, double tolerance,
                           const Budget& budget, std::vector<double>& w,
                           std::vector<double>& multipliers) {
  HingeResult result;
  result.first_gradient = gradient_at_zero(design, signs);
  SmoothedHinge loss(std::move(signs));
  Objective f(design, loss, l2);
  std::vector<double> g(f.size());
  double sigma = kFirstSigma;
  if (norm(w) > 0) begin_no_worse(f, loss, multipliers, w, g);
  f.hold_intercepts(l2 / sigma, design.has_intercept() ? w.back() : 0);
  // What a round leaves of the gradient adds ‖∇‖²/(2λ) to the gap: much less than the rest of it.
  double limit = 0.01 * result.first_gradient, last_gap = 1;
  do {
    result.iterations += minimise(f, w, limit, budget).iterations;
    f.evaluate(w, g);
    result.value = loss.mean_hinge() + f.penalty(w);
    result.dual = f.dual();
    result.gradient = norm(g);
    ++result.rounds;
    const double wanted = std::max(kRoundShare * result.gap(), 0.1 * tolerance * result.value);
    limit = std::min(limit, std::sqrt(2 * l2 * wanted));
    // What it leaves of an intercept's gradient adds more, by how much λ does not say.
    if (design.has_intercept() && result.gap() > last_gap / 2)
      limit = std::max(limit / 8, kLeastGradient * result.first_gradient);
    last_gap = result.gap();
    multipliers = loss.multipliers();
    sigma = std::min(kSigmaGrowth * sigma, kMostSigma);
    loss.next_round(sigma);
    f.hold_intercepts(l2 / sigma, w.back());
  } while (result.gap() > tolerance * result.value && result.rounds < kMostRounds &&
           !budget.spent());
  return result;
}

}  // namespace sgdbench::optimum

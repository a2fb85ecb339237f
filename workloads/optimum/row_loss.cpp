#include "workloads/optimum/row_loss.h"

#include <algorithm>
#include <cmath>

namespace sgdbench::optimum {
namespace {

/// −p log p, 0 at 0.
double entropy(double p) {
  return p > 0 ? -p * std::log(p) : 0;
}

class Logistic final : public RowLoss {
 public:
  explicit Logistic(std::vector<Real> signs) : y_(std::move(signs)), rows_(y_.size()) {}

  std::size_t width() const override { return 1; }
  double evaluate(std::size_t i, const double* z, double* s) override {
    const double m = y_[i] * *z, e = std::exp(-std::abs(m));
    const double large = 1 / (1 + e), small = e / (1 + e);
    rows_[i] = m > 0 ? Shares{small, large} : Shares{large, small};
    *s = -y_[i] * rows_[i].wrong;
    return (m < 0 ? -m : 0) + std::log1p(e);
  }
  void curvature_times(std::size_t i, const double* u, double* t) const override {
    *t = rows_[i].wrong * rows_[i].right * *u;
  }
  void curvature(std::size_t i, double* t) const override { *t = rows_[i].wrong * rows_[i].right; }
  void dual_point(std::size_t i, double* alpha) const override { *alpha = y_[i] * rows_[i].wrong; }
  double dual_term(std::size_t i) const override {
    return entropy(rows_[i].wrong) + entropy(rows_[i].right);
  }
  void balance() override {
    double sums[2] = {};
    for (std::size_t i = 0; i < rows_.size(); ++i) sums[y_[i] > 0] += rows_[i].wrong;
    const std::size_t more = sums[1] > sums[0];
    const double taken = sums[more] > 0 ? (sums[more] - sums[1 - more]) / sums[more] : 0;
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if ((y_[i] > 0) == (more == 1)) {
        const double moved = taken * rows_[i].wrong;
        rows_[i].wrong -= moved;
        rows_[i].right += moved;
      }
  }

 private:
  /// p and 1 − p, each to full precision.
  struct Shares {
    double wrong, right;
  };
  std::vector<Real> y_;
  std::vector<Shares> rows_;
};

/// max(0, 1 − yz)² has its second derivative everywhere but at the corner, where Newton's method
/// takes 0 for it: f is piecewise quadratic, and the method ends on the piece of the solution.
class SquaredHinge final : public RowLoss {
 public:
  explicit SquaredHinge(std::vector<Real> signs) : y_(std::move(signs)), a_(y_.size()) {}

  std::size_t width() const override { return 1; }
  double evaluate(std::size_t i, const double* z, double* s) override {
    const double short_of = std::max(0.0, 1 - y_[i] * *z);
    a_[i] = 2 * short_of;
    *s = -y_[i] * a_[i];
    return short_of * short_of;
  }
  void curvature_times(std::size_t i, const double* u, double* t) const override {
    *t = a_[i] > 0 ? 2 * *u : 0;
  }
  void curvature(std::size_t i, double* t) const override { *t = a_[i] > 0 ? 2 : 0; }
  void dual_point(std::size_t i, double* alpha) const override { *alpha = y_[i] * a_[i]; }
  double dual_term(std::size_t i) const override { return a_[i] - a_[i] * a_[i] / 4; }
  void balance() override {
    double sums[2] = {};
    for (std::size_t i = 0; i < a_.size(); ++i) sums[y_[i] > 0] += a_[i];
    const std::size_t more = sums[1] > sums[0];
    if (sums[more] == 0) return;
    for (std::size_t i = 0; i < a_.size(); ++i)
      if ((y_[i] > 0) == (more == 1)) a_[i] *= sums[1 - more] / sums[more];
  }
  bool curves_everywhere() const override { return false; }
  std::span<const std::uint32_t> curved_rows() const override { return curved_; }
  void settle() override {
    curved_.clear();
    for (std::size_t i = 0; i < a_.size(); ++i)
      if (a_[i] > 0) curved_.push_back(static_cast<std::uint32_t>(i));
  }

 private:
  std::vector<Real> y_;
  std::vector<double> a_;
  std::vector<std::uint32_t> curved_;
};

class Squared final : public RowLoss {
 public:
  explicit Squared(std::vector<Real> targets) : y_(std::move(targets)), residual_(y_.size()) {}

  std::size_t width() const override { return 1; }
  double evaluate(std::size_t i, const double* z, double* s) override {
    *s = residual_[i] = *z - y_[i];
    return *s * *s / 2;
  }
  void curvature_times(std::size_t, const double* u, double* t) const override { *t = *u; }
  void curvature(std::size_t, double* t) const override { *t = 1; }
  void dual_point(std::size_t i, double* alpha) const override { *alpha = -residual_[i]; }
  double dual_term(std::size_t i) const override {
    const double alpha = -residual_[i];
    return alpha * y_[i] - alpha * alpha / 2;
  }
  void balance() override {
    double sum = 0;
    for (const double x : residual_) sum += x;
    for (double& x : residual_) x -= sum / static_cast<double>(residual_.size());
  }
  bool quadratic() const override { return true; }

 private:
  std::vector<Real> y_;
  std::vector<double> residual_;
};

class Softmax final : public RowLoss {
 public:
  Softmax(std::vector<std::uint32_t> labels, std::size_t classes)
      : y_(std::move(labels)), classes_(classes), p_(y_.size() * classes) {}

  std::size_t width() const override { return classes_; }
  double evaluate(std::size_t i, const double* z, double* s) override {
    const double top = *std::max_element(z, z + classes_);
    double* const p = &p_[i * classes_];
    double sum = 0;
    for (std::size_t c = 0; c < classes_; ++c) sum += p[c] = std::exp(z[c] - top);
    for (std::size_t c = 0; c < classes_; ++c) s[c] = p[c] /= sum;
    s[y_[i]] -= 1;
    return top + std::log(sum) - z[y_[i]];
  }
  void curvature_times(std::size_t i, const double* u, double* t) const override {
    const double* const p = &p_[i * classes_];
    double mean = 0;
    for (std::size_t c = 0; c < classes_; ++c) mean += p[c] * u[c];
    for (std::size_t c = 0; c < classes_; ++c) t[c] = p[c] * (u[c] - mean);
  }
  void curvature(std::size_t i, double* t) const override {
    const double* const p = &p_[i * classes_];
    for (std::size_t c = 0; c < classes_; ++c) t[c] = p[c] * (1 - p[c]);
  }
  void dual_point(std::size_t i, double* alpha) const override {
    for (std::size_t c = 0; c < classes_; ++c) alpha[c] = -p_[i * classes_ + c];
    alpha[y_[i]] += 1;
  }
  void balance() override {
    std::vector<double> over(classes_);  // ∑ p_ic − n_c, then the share of p_ic to be taken
    std::vector<double> lack(classes_);  // its share of all that is lacking
    for (std::size_t k = 0; k < p_.size(); ++k) over[k % classes_] += p_[k];
    const auto sums = over;
    for (const auto y : y_) over[y] -= 1;
    double lacking = 0;
    for (const double x : over) lacking += std::max(0.0, -x);
    if (lacking == 0) return;
    for (std::size_t c = 0; c < classes_; ++c) {
      lack[c] = std::max(0.0, -over[c]) / lacking;
      over[c] = over[c] > 0 ? over[c] / sums[c] : 0;
    }
    for (std::size_t i = 0; i < y_.size(); ++i) {
      double* const p = &p_[i * classes_];
      double taken = 0;
      for (std::size_t c = 0; c < classes_; ++c) taken += over[c] * p[c];
      for (std::size_t c = 0; c < classes_; ++c) p[c] += taken * lack[c] - over[c] * p[c];
    }
  }
  double dual_term(std::size_t i) const override {
    double sum = 0;
    for (std::size_t c = 0; c < classes_; ++c) sum += entropy(p_[i * classes_ + c]);
    return sum;
  }

 private:
  std::vector<std::uint32_t> y_;
  std::size_t classes_;
  std::vector<double> p_;
};

}  // namespace

std::unique_ptr<RowLoss> make_logistic(std::vector<Real> signs) {
  return std::make_unique<Logistic>(std::move(signs));
}
std::unique_ptr<RowLoss> make_squared_hinge(std::vector<Real> signs) {
  return std::make_unique<SquaredHinge>(std::move(signs));
}
std::unique_ptr<RowLoss> make_squared(std::vector<Real> targets) {
  return std::make_unique<Squared>(std::move(targets));
}
std::unique_ptr<RowLoss> make_softmax(std::vector<std::uint32_t> labels, std::size_t classes) {
  return std::make_unique<Softmax>(std::move(labels), classes);
}

}  // namespace sgdbench::optimum

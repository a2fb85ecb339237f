#include "workloads/optimum/objective.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <atomic>
#include <cmath>

#include "workloads/kernels/dense_kernels.h"

namespace sgdbench::optimum {
namespace {

constexpr int kMostHalvings = 40;

using Vector = std::vector<double>;

void add_scaled(Vector& y, double a, const Vector& x) {
  for (std::size_t j = 0; j < y.size(); ++j) y[j] += a * x[j];
}

/// p with ‖∇²f·p + g‖ ≤ limit, or what the budget allowed.
///
///   α = ⟨r, z⟩/⟨q, Hq⟩,  p ← p + αq,  r ← r − αHq,  z = M⁻¹r,  q ← z + (⟨r, z⟩/⟨r, z⟩_old)·q
class ConjugateGradients {
 public:
  explicit ConjugateGradients(std::size_t size) : r_(size), z_(size), q_(size), hq_(size) {}

  /// Returns the number of steps taken.
  std::size_t solve(SmoothFunction& f, const Vector& g, double limit, const Budget& budget,
                    Vector& p) {
    std::fill(p.begin(), p.end(), 0.0);
    for (std::size_t j = 0; j < g.size(); ++j) r_[j] = -g[j];
    f.precondition(r_, z_);
    q_ = z_;
    double rz = dot(r_, z_);
    std::size_t steps = 0;
    const std::size_t most = f.most_inner_steps();
    while (steps < most && norm(r_) > limit && !budget.spent()) {
      f.hessian_times(q_, hq_);
      const double curvature = dot(q_, hq_);
      if (!(curvature > 0) || !(rz > 0)) break;  // rounding: p is as good as it gets
      const double alpha = rz / curvature;
      add_scaled(p, alpha, q_);
      add_scaled(r_, -alpha, hq_);
      f.precondition(r_, z_);
      const double next = dot(r_, z_);
      for (std::size_t j = 0; j < q_.size(); ++j) q_[j] = z_[j] + next / rz * q_[j];
      rz = next;
      ++steps;
    }
    return steps;
  }

 private:
  Vector r_, z_, q_, hq_;
};

/// The residual that a step is worth solving to.
double inner_limit(const SmoothFunction& f, double gradient, double first, double tolerance) {
  constexpr double kShare = 0.3;  // of the tolerance, so that the last step meets it
  const double forcing = std::min(0.1, std::sqrt(gradient / first));
  return f.quadratic() ? kShare * tolerance : std::max(forcing * gradient, kShare * tolerance);
}

/// Below this, a fall of f can't be told from rounding.
double rounding(double value) {
  return 1e-13 * std::abs(value);
}

}  // namespace

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] * b[j];
  return sum;
}

double norm(std::span<const double> a) {
  return std::sqrt(dot(a, a));
}

NewtonResult minimise(SmoothFunction& f, std::vector<double>& w, double tolerance,
                      const Budget& budget) {
  Vector g(f.size()), p(f.size()), next(f.size()), next_g(f.size());
  ConjugateGradients inner(f.size());
  NewtonResult result;
  result.value = f.evaluate(w, g);
  result.gradient = norm(g);
  const double first = result.gradient;
  std::size_t steps = 0;
  while (result.gradient > tolerance && !budget.spent()) {
    f.prepare_preconditioner(steps);
    steps = inner.solve(f, g, inner_limit(f, result.gradient, first, tolerance), budget, p);
    const double slope = dot(g, p);
    if (!(slope < 0)) break;
    double t = 1, value = 0, gradient = 0;
    bool accepted = false;
    for (int k = 0; k < kMostHalvings && !accepted; ++k, t /= 2) {
      for (std::size_t j = 0; j < w.size(); ++j) next[j] = w[j] + t * p[j];
      value = f.evaluate(next, next_g);
      gradient = norm(next_g);
      accepted = value <= result.value + 1e-4 * t * slope ||
                 (-t * slope <= rounding(value) && gradient < result.gradient);
    }
    if (!accepted) {
      f.evaluate(w, g);  // back to where it was
      break;
    }
    w.swap(next);
    g.swap(next_g);
    result.value = value;
    result.gradient = gradient;
    ++result.iterations;
  }
  result.converged = result.gradient <= tolerance;
  return result;
}

Objective::Objective(Design& design, RowLoss& loss, double l2)
    : design_(design),
      loss_(loss),
      l2_(l2),
      share_(1 / static_cast<double>(design.rows())),
      diagonal_(design.parameters()) {}

/// ∇f = 1/n ∑ xᵢ ⊗ ∇ℓᵢ + λw.
double Objective::evaluate(std::span<const double> w, std::span<double> gradient) {
  const double sum = design_.pass(
      w, [this](std::size_t i, const double* z, double* s) { return loss_.evaluate(i, z, s); },
      gradient);
  loss_.settle();
  double value = share_ * sum + penalty(w);
  for (std::size_t j = 0; j < w.size(); ++j) {
    const bool intercept = design_.is_intercept(j);
    const double off = intercept ? w[j] - towards_ : w[j];
    gradient[j] = share_ * gradient[j] + regulariser(j) * off;
    if (intercept) value += held_ / 2 * off * off;
  }
  return value;
}

double Objective::penalty(std::span<const double> w) const {
  double squares = dot(w, w);
  for (std::size_t j = 0; j < w.size(); ++j)
    if (design_.is_intercept(j)) squares -= w[j] * w[j];
  return l2_ / 2 * squares;
}

void Objective::hold_intercepts(double held, double towards) {
  held_ = held;
  towards_ = towards;
}

/// ∇²f·v = 1/n ∑ xᵢ ⊗ ∇²ℓᵢ(xᵢ·V) + λv.
void Objective::hessian_times(std::span<const double> v, std::span<double> result) {
  const auto term = [this](std::size_t i, const double* u, double* t) {
    loss_.curvature_times(i, u, t);
    return 0.0;
  };
  if (loss_.curves_everywhere())
    design_.pass(v, term, result);
  else
    design_.pass(v, term, result, loss_.curved_rows());
  for (std::size_t j = 0; j < v.size(); ++j) result[j] = share_ * result[j] + regulariser(j) * v[j];
}

std::size_t Objective::patience() const {
  // A factorisation takes about rows·d² operations, in fast products, and d³/3; a step rows·4d.
  const double d = static_cast<double>(design_.features());
  const double n = static_cast<double>(design_.rows());
  const double curved =
      loss_.curves_everywhere()
          ? n
          : static_cast<double>(std::max<std::size_t>(1, loss_.curved_rows().size()));
  return static_cast<std::size_t>(5 + d / 32 + std::min(d, d * d / (12 * curved)));
}

std::size_t Objective::most_inner_steps() const {
  const bool blocks_come = BlockCholesky::suits(design_) && !blocks_.ready();
  return blocks_come ? 2 * patience() : SmoothFunction::most_inner_steps();
}

void Objective::prepare_preconditioner(std::size_t steps) {
  if (BlockCholesky::suits(design_) && steps > patience() &&
      blocks_.factorise(design_, l2_, held_,
                        [this](std::size_t i, double* k) { loss_.curvature(i, k); }))
    return;
  if (!blocks_.ready()) take_diagonal();
}

void Objective::take_diagonal() {
  design_.pass_squares(
      [this](std::size_t i, const double*, double* t) {
        loss_.curvature(i, t);
        return 0.0;
      },
      diagonal_);
  // A feature without curvature has no gradient either; any positive number does.
  for (std::size_t j = 0; j < diagonal_.size(); ++j) {
    diagonal_[j] = share_ * diagonal_[j] + regulariser(j);
    if (!(diagonal_[j] > 0)) diagonal_[j] = 1;
  }
}

/// The columns of W add up to 0 in every gradient of softmax and so in its solution; in other
/// directions its Hessian is next to nothing. Steps are kept where it is something.
void Objective::precondition(std::span<const double> v, std::span<double> result) const {
  std::copy(v.begin(), v.end(), result.begin());
  if (design_.width() > 1) design_.centre(result);
  if (blocks_.ready())
    blocks_.solve(design_.parallel(), result);
  else
    for (std::size_t j = 0; j < v.size(); ++j) result[j] /= diagonal_[j];
  if (design_.width() > 1) design_.centre(result);
}

double Objective::dual() {
  if (design_.has_intercept()) loss_.balance();
  const std::vector<double> nowhere(size());
  std::vector<double> v(size());
  const double terms = design_.pass(
      nowhere,
      [this](std::size_t i, const double*, double* alpha) {
        loss_.dual_point(i, alpha);
        return loss_.dual_term(i);
      },
      v);
  for (double& x : v) x *= share_ / l2_;
  return share_ * terms - penalty(v);
}

namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Index as_index(std::size_t n) {
  return static_cast<Eigen::Index>(n);
}

constexpr std::size_t kMostFeatures = 4096;
constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr std::size_t kTile = 1536;   ///< rows of X that are multiplied together
constexpr std::size_t kBand = 64;     ///< rows of P that a thread takes
constexpr double kNegligible = 1e-3;  ///< of the mean curvature
constexpr double kRounding = 1e-6;    ///< of the mean diagonal, added to it

struct Weighted {
  std::uint32_t row;
  Real weight;  ///< √k
};

/// Adds ∑ (weight·x)(weight·x)ᵀ to the upper triangle of P, d × d, whose rows lie `stride` apart. A
/// column that the matrix does not have is one of ones.
void add_products(const DenseMatrix& matrix, std::size_t d, std::span<const Weighted> rows,
                  std::size_t stride, const ParallelFor& parallel, AlignedVector<Real>& tile,
                  AlignedVector<Real>& p) {
  parallel((rows.size() + kBand - 1) / kBand, [&](std::size_t band) {
    const std::size_t end = std::min(rows.size(), (band + 1) * kBand);
    for (std::size_t r = band * kBand; r < end; ++r) {
      const auto x = matrix.row(rows[r].row);
      for (std::size_t v = 0; v < d; ++v)
        tile[r * stride + v] = rows[r].weight * (v < x.size() ? x[v] : Real(1));
    }
  });
  const auto as_int = [](std::size_t x) { return static_cast<int>(x); };
  parallel((d + kBand - 1) / kBand, [&](std::size_t band) {
    const std::size_t first = band * kBand;
    kNativeKernels.gemm(true, false, as_int(std::min(kBand, d - first)), as_int(d - first),
                        as_int(rows.size()), &tile[first], as_int(stride), &tile[first],
                        as_int(stride), 1, &p[first * stride + first], as_int(stride));
  });
}

/// The rows that matter to block c.
std::vector<Weighted> weighted_rows(const std::vector<double>& k, std::size_t width,
                                    std::size_t c) {
  const std::size_t n = k.size() / width;
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) mean += k[i * width + c] / static_cast<double>(n);
  std::vector<Weighted> rows;
  for (std::size_t i = 0; i < n; ++i)
    if (k[i * width + c] > kNegligible * mean)
      rows.push_back(
          {static_cast<std::uint32_t>(i), static_cast<Real>(std::sqrt(k[i * width + c]))});
  return rows;
}

}  // namespace

bool BlockCholesky::suits(const Design& design) {
  const std::size_t d = design.features();
  return !design.data().sparse() && d <= kMostFeatures &&
         design.width() * d * d * sizeof(double) <= kMostBytes;
}

bool BlockCholesky::factorise(const Design& design, double l2, double held,
                              const std::function<void(std::size_t i, double* k)>& curvature) {
  const auto& matrix = std::get<DenseMatrix>(design.data().features);
  const std::size_t n = design.rows(), width = design.width();
  d_ = design.features();
  const std::size_t stride = padded_to_line(d_);
  std::vector<double> k(n * width);
  for (std::size_t i = 0; i < n; ++i) curvature(i, &k[i * width]);
  factors_.assign(width, std::vector<double>(d_ * d_));
  AlignedVector<Real> tile(kTile * stride), p(d_ * stride);
  for (std::size_t c = 0; c < width; ++c) {
    std::fill(p.begin(), p.end(), Real(0));
    const auto rows = weighted_rows(k, width, c);
    for (std::size_t first = 0; first < rows.size(); first += kTile)
      add_products(matrix, d_, std::span(rows).subspan(first, std::min(kTile, rows.size() - first)),
                   stride, design.parallel(), tile, p);
    double trace = 0;
    for (std::size_t v = 0; v < d_; ++v) trace += p[v * stride + v];
    const double count = static_cast<double>(n);
    const double ridge = kRounding * trace / (count * static_cast<double>(d_));
    for (std::size_t v = 0; v < d_; ++v) {
      for (std::size_t u = 0; u <= v; ++u) factors_[c][v * d_ + u] = p[u * stride + v] / count;
      factors_[c][v * d_ + v] += ridge + (design.is_intercept(c * d_ + v) ? held : l2);
    }
  }
  std::atomic<bool> definite{true};
  design.parallel()(width, [&](std::size_t c) {
    Eigen::Map<RowMajor> block(factors_[c].data(), as_index(d_), as_index(d_));
    const Eigen::LLT<Eigen::Ref<RowMajor>> in_place(block);
    if (in_place.info() != Eigen::Success || !block.diagonal().allFinite())
      definite.store(false, std::memory_order_relaxed);  // read after the loop
  });
  return ready_ = definite.load(std::memory_order_relaxed);
}

void BlockCholesky::solve(const ParallelFor& parallel, std::span<double> v) const {
  parallel(factors_.size(), [&](std::size_t c) {
    const Eigen::Map<const RowMajor> block(factors_[c].data(), as_index(d_), as_index(d_));
    const auto lower = block.triangularView<Eigen::Lower>();
    Eigen::Map<Eigen::VectorXd> x(&v[c * d_], as_index(d_));
    lower.solveInPlace(x);
    lower.transpose().solveInPlace(x);
  });
}

}  // namespace sgdbench::optimum

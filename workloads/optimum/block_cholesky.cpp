#include "workloads/optimum/block_cholesky.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "workloads/kernels/dense_kernels.h"
#include "workloads/optimum/newton.h"

namespace sgdbench::optimum {
namespace {

constexpr std::size_t kMostFeatures = 4096;
constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr std::size_t kTile = 1536;   ///< rows of X that are multiplied together
constexpr std::size_t kBand = 64;     ///< rows of P, and of L, that a thread takes
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

/// L in place of P's lower triangle, row by row, in bands of columns; false where a pivot is not
/// positive.
///
///   L_ij = (P_ij − ∑_{k<j} L_ik·L_jk) / L_jj,   L_jj = √(P_jj − ∑_{k<j} L_jk²)
bool cholesky(std::vector<double>& l, std::size_t d, const ParallelFor& parallel) {
  const auto row = [&](std::size_t i) { return std::span(l).subspan(i * d, d); };
  const auto eliminate = [&](std::size_t i, std::size_t begin, std::size_t end) {
    for (std::size_t j = begin; j < end; ++j)
      row(i)[j] = (row(i)[j] - dot(row(i).first(j), row(j).first(j))) / row(j)[j];
  };
  for (std::size_t begin = 0; begin < d; begin += kBand) {
    const std::size_t end = std::min(d, begin + kBand);
    for (std::size_t j = begin; j < end; ++j) {
      eliminate(j, begin, j);
      const double pivot = row(j)[j] - dot(row(j).first(j), row(j).first(j));
      if (!(pivot > 0)) return false;
      row(j)[j] = std::sqrt(pivot);
    }
    parallel((d - end + kBand - 1) / kBand, [&](std::size_t band) {
      const std::size_t last = std::min(d, end + (band + 1) * kBand);
      for (std::size_t i = end + band * kBand; i < last; ++i) eliminate(i, begin, end);
    });
  }
  return true;
}

/// x ← (LLᵀ)⁻¹·x.
void substitute(const std::vector<double>& l, std::size_t d, double* x) {
  for (std::size_t i = 0; i < d; ++i) x[i] = (x[i] - dot({&l[i * d], i}, {x, i})) / l[i * d + i];
  for (std::size_t i = d; i-- > 0;) {
    x[i] /= l[i * d + i];
    for (std::size_t k = 0; k < i; ++k) x[k] -= l[i * d + k] * x[i];
  }
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
    if (!cholesky(factors_[c], d_, design.parallel()))
      definite.store(false, std::memory_order_relaxed);  // read after the loop
  });
  return ready_ = definite.load(std::memory_order_relaxed);
}

void BlockCholesky::solve(const ParallelFor& parallel, std::span<double> v) const {
  parallel(factors_.size(), [&](std::size_t c) { substitute(factors_[c], d_, &v[c * d_]); });
}

}  // namespace sgdbench::optimum

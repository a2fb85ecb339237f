#include "workloads/optimum/design.h"

#include <algorithm>
#include <numeric>

#include "workloads/kernels/row.h"

namespace sgdbench::optimum {
namespace {

/// Dense rows that meet W together: each number of W is read once for all of them.
constexpr std::size_t kRowsAtOnce = 4;
constexpr std::size_t kMostChunks = 32;
constexpr std::size_t kBlock = 4096;  ///< parameters that are added up together

std::size_t stored_values(const SparseMatrix& matrix) {
  return matrix.entries.size();
}
std::size_t stored_values(const DenseMatrix& matrix) {
  return matrix.rows() * matrix.columns;
}

/// As many as keep the chunks' sums small beside the data that are read.
std::size_t chunk_count(const Dataset& data, std::size_t width) {
  const std::size_t values =
      std::visit([](const auto& matrix) { return stored_values(matrix); }, data.features);
  const std::size_t sum = std::max<std::size_t>(1, data.columns() * width);
  return std::clamp<std::size_t>(values * std::min<std::size_t>(width, 8) / (8 * sum),
                                 values > 100'000 ? 2 : 1, kMostChunks);
}

/// z = x·W, term, sum += x ⊗ s: one row, W feature by feature, intercepts behind `weights` of
/// others.
double take_row(std::span<const Entry> x, std::size_t i, std::size_t width, std::size_t weights,
                std::span<const double> w, const RowTerm& term, double* z, double* s,
                std::span<double> sum) {
  const auto b = w.subspan(weights);
  const auto sum_b = sum.subspan(weights);
  std::fill(z, z + width, 0.0);
  std::copy(b.begin(), b.end(), z);
  if (width == 1) {
    *z += sum_over(x, [&](const Entry& e) { return w[e.column] * e.value; });
    const double value = term(i, z, s);
    if (*s != 0)
      for (const Entry& e : x) sum[e.column] += *s * e.value;
    for (double& total : sum_b) total += *s;
    return value;
  }
  for (const Entry& e : x) {
    const double* const w_v = &w[e.column * width];
#pragma omp simd
    for (std::size_t c = 0; c < width; ++c) z[c] += w_v[c] * e.value;
  }
  const double value = term(i, z, s);
  for (const Entry& e : x) {
    double* const sum_v = &sum[e.column * width];
#pragma omp simd
    for (std::size_t c = 0; c < width; ++c) sum_v[c] += s[c] * e.value;
  }
  for (std::size_t c = 0; c < sum_b.size(); ++c) sum_b[c] += s[c];
  return value;
}

/// z[r, c] = ⟨x_r, W_c⟩ of a whole tile.
void tile_scores(const double* x, std::size_t d, std::size_t width, const double* w, double* z) {
  for (std::size_t c = 0; c < width; ++c) {
    const double* const w_c = w + c * d;
    const double *const x0 = x, *const x1 = x + d, *const x2 = x + 2 * d, *const x3 = x + 3 * d;
    double z0 = 0, z1 = 0, z2 = 0, z3 = 0;
#pragma omp simd reduction(+ : z0, z1, z2, z3)
    for (std::size_t v = 0; v < d; ++v) {
      z0 += w_c[v] * x0[v];
      z1 += w_c[v] * x1[v];
      z2 += w_c[v] * x2[v];
      z3 += w_c[v] * x3[v];
    }
    z[c] = z0;
    z[width + c] = z1;
    z[2 * width + c] = z2;
    z[3 * width + c] = z3;
  }
}

/// sum_c += ∑_r s[r, c]·x_r.
void tile_sums(const double* x, std::size_t d, std::size_t width, const double* s, double* sum) {
  for (std::size_t c = 0; c < width; ++c) {
    double* const sum_c = sum + c * d;
    const double *const x0 = x, *const x1 = x + d, *const x2 = x + 2 * d, *const x3 = x + 3 * d;
    const double s0 = s[c], s1 = s[width + c], s2 = s[2 * width + c], s3 = s[3 * width + c];
    if (s0 == 0 && s1 == 0 && s2 == 0 && s3 == 0) continue;
#pragma omp simd
    for (std::size_t v = 0; v < d; ++v)
      sum_c[v] += (s0 * x0[v] + s1 * x1[v]) + (s2 * x2[v] + s3 * x3[v]);
  }
}

double take_rows(const SparseMatrix& matrix, std::span<const std::uint32_t> rows, std::size_t width,
                 std::span<const double> w, const RowTerm& term, std::span<double> sum) {
  std::vector<double> z(width), s(width);
  double value = 0;
  for (const auto i : rows)
    value +=
        take_row(matrix.row(i), i, width, matrix.columns * width, w, term, z.data(), s.data(), sum);
  return value;
}

/// Tile by tile; a last one that is not full has rows of zeros. Intercepts see a last column of
/// ones.
double take_rows(const DenseMatrix& matrix, std::span<const std::uint32_t> rows, std::size_t width,
                 std::span<const double> w, const RowTerm& term, std::span<double> sum) {
  const std::size_t d = w.size() / width;
  std::vector<double> x(kRowsAtOnce * d, 1.0), z(kRowsAtOnce * width), s(kRowsAtOnce * width);
  double value = 0;
  for (std::size_t begin = 0; begin < rows.size(); begin += kRowsAtOnce) {
    const std::size_t filled = std::min(kRowsAtOnce, rows.size() - begin);
    if (filled < kRowsAtOnce) {
      std::fill(x.begin() + static_cast<std::ptrdiff_t>(filled * d), x.end(), 0.0);
      std::fill(s.begin(), s.end(), 0.0);
    }
    for (std::size_t r = 0; r < filled; ++r)
      std::copy_n(matrix.row(rows[begin + r]).data(), matrix.columns, &x[r * d]);
    tile_scores(x.data(), d, width, w.data(), z.data());
    for (std::size_t r = 0; r < filled; ++r)
      value += term(rows[begin + r], &z[r * width], &s[r * width]);
    tile_sums(x.data(), d, width, s.data(), sum.data());
  }
  return value;
}

}  // namespace

Design::Design(const Dataset& data, std::size_t width, const ParallelFor& parallel, Budget& budget,
               bool intercept)
    : data_(data),
      width_(width),
      intercept_(intercept),
      parallel_(parallel),
      budget_(budget),
      all_(data.rows()) {
  std::iota(all_.begin(), all_.end(), 0u);
  sums_.resize(chunk_count(data, width));
}

/// Runs body(begin, end, sum) for each chunk of [0, count) and adds the sums up.
template <class Body>
double Design::in_chunks(std::size_t count, std::span<double> result, const Body& body) {
  const std::size_t chunks = std::clamp<std::size_t>(
      sums_.size() * count / std::max<std::size_t>(1, rows()), 1, sums_.size());
  std::vector<double> values(chunks);
  parallel_(chunks, [&](std::size_t k) {
    sums_[k].assign(result.size(), 0.0);
    values[k] = body(count * k / chunks, count * (k + 1) / chunks, sums_[k]);
  });
  parallel_((result.size() + kBlock - 1) / kBlock, [&](std::size_t block) {
    const std::size_t begin = block * kBlock, end = std::min(begin + kBlock, result.size());
    for (std::size_t j = begin; j < end; ++j) result[j] = sums_[0][j];
    for (std::size_t k = 1; k < chunks; ++k)
      for (std::size_t j = begin; j < end; ++j) result[j] += sums_[k][j];
  });
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double Design::pass(std::span<const double> w, const RowTerm& term, std::span<double> result,
                    std::span<const std::uint32_t> rows) {
  budget_.charge(static_cast<double>(rows.size()) / static_cast<double>(this->rows()));
  return in_chunks(
      rows.size(), result, [&](std::size_t begin, std::size_t end, std::span<double> sum) {
        return std::visit(
            [&](const auto& matrix) {
              return take_rows(matrix, rows.subspan(begin, end - begin), width_, w, term, sum);
            },
            data_.features);
      });
}

double Design::pass(std::span<const double> w, const RowTerm& term, std::span<double> result) {
  return pass(w, term, result, all_);
}

void Design::pass_squares(const RowTerm& term, std::span<double> result) {
  budget_.charge(1);
  const std::size_t d = features();
  const bool by_feature = data_.sparse();
  in_chunks(rows(), result, [&](std::size_t begin, std::size_t end, std::span<double> sum) {
    std::vector<double> s(width_);
    for (std::size_t i = begin; i < end; ++i) {
      term(i, nullptr, s.data());
      const auto add = [&](std::size_t v, Real x) {
        const double square = static_cast<double>(x) * x;
        for (std::size_t c = 0; c < width_; ++c)
          sum[by_feature ? v * width_ + c : c * d + v] += s[c] * square;
      };
      std::visit([&](const auto& matrix) { for_each_value(matrix, i, matrix.columns, add); },
                 data_.features);
      if (intercept_) add(d - 1, 1);
    }
    return 0.0;
  });
}

void Design::centre(std::span<double> w) const {
  const std::size_t d = features();
  const std::size_t feature = data_.sparse() ? width_ : 1, column = data_.sparse() ? 1 : d;
  for (std::size_t v = 0; v < d; ++v) {
    double mean = 0;
    for (std::size_t c = 0; c < width_; ++c) mean += w[v * feature + c * column];
    mean /= static_cast<double>(width_);
    for (std::size_t c = 0; c < width_; ++c) w[v * feature + c * column] -= mean;
  }
}

std::vector<double> Design::model_order(std::span<const double> w) const {
  std::vector<double> ordered(w.begin(), w.end());
  if (data_.sparse()) return ordered;
  const std::size_t d = features();
  for (std::size_t v = 0; v < d; ++v)
    for (std::size_t c = 0; c < width_; ++c) ordered[v * width_ + c] = w[c * d + v];
  return ordered;
}

std::vector<double> Design::own_order(std::span<const double> w) const {
  std::vector<double> own(w.begin(), w.end());
  if (data_.sparse()) return own;
  const std::size_t d = features();
  for (std::size_t v = 0; v < d; ++v)
    for (std::size_t c = 0; c < width_; ++c) own[c * d + v] = w[v * width_ + c];
  return own;
}

}  // namespace sgdbench::optimum

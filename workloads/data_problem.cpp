#include "workloads/data_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "workloads/kernels/row.h"
#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

constexpr std::size_t kSample = 4096;
constexpr int kIterations = 20;  // enough for a few per cent

/// Calls body(column, value) for every stored value of a row, then for `last` in a column of its
/// own.
template <class Matrix, class Body>
void for_each_column(const Matrix& matrix, std::size_t row, Real last, Body body) {
  for_each_value(matrix, row, matrix.columns, body);
  body(matrix.columns, last);
}

/// ∑_v u_v·x_v of a row.
template <class Matrix>
double along(const Matrix& matrix, std::size_t row, Real last, std::span<const double> u) {
  double z = 0;
  for_each_column(matrix, row, last, [&](std::size_t v, Real x) { z += u[v] * x; });
  return z;
}

template <class Matrix>
std::vector<double> mean_row(const Matrix& matrix, std::size_t m) {
  std::vector<double> mean(matrix.columns + 1);
  for (std::size_t i = 0; i < m; ++i)
    for_each_value(matrix, i, mean.size(), [&](std::size_t v, Real x) {
      mean[v] += static_cast<double>(x) / static_cast<double>(m);
    });
  return mean;
}

/// u ← 1/m ∑ xᵢ⟨xᵢ, u⟩ − mean⟨mean, u⟩ over the first m rows, and back to unit length; returns the
/// length it had.
template <class Matrix>
double power_step(const Matrix& matrix, std::size_t m, Real last, std::span<const double> mean,
                  std::vector<double>& u) {
  std::vector<double> next(u.size());
  double along_mean = 0;
  for (std::size_t v = 0; v < u.size(); ++v) along_mean += mean[v] * u[v];
  for (std::size_t v = 0; v < u.size(); ++v) next[v] = -along_mean * mean[v];
  for (std::size_t i = 0; i < m; ++i) {
    const double z = along(matrix, i, last, u) / static_cast<double>(m);
    for_each_column(matrix, i, last, [&](std::size_t v, Real x) { next[v] += z * x; });
  }
  const double length = std::sqrt(std::inner_product(next.begin(), next.end(), next.begin(), 0.0));
  if (length > 0)
    for (double& x : next) x /= length;
  u = std::move(next);
  return length;
}

/// A random start that doesn't depend on how sparse features are numbered: of one number per
/// feature, or, for sparse data, of one per row, ∑ gᵢ xᵢ.
std::vector<double> random_start(const DenseMatrix& matrix, std::size_t) {
  Random random(1);
  std::vector<double> u(matrix.columns + 1);
  for (double& x : u) x = random.normal();
  return u;
}
std::vector<double> random_start(const SparseMatrix& matrix, std::size_t m) {
  Random random(1);
  std::vector<double> u(matrix.columns + 1, 1);
  std::fill_n(u.begin(), matrix.columns, 0.0);
  for (std::size_t i = 0; i < m; ++i) {
    const double g = random.normal();
    for_each_value(matrix, i, matrix.columns, [&](std::size_t v, Real x) { u[v] += g * x; });
  }
  return u;
}

template <class Matrix>
DataScale scale(const Matrix& matrix, Columns columns) {
  const Real last = columns == Columns::with_ones ? 1 : 0;
  DataScale result;
  for (std::size_t i = 0; i < matrix.rows(); ++i)
    result.largest = std::max(result.largest, squared_norm(matrix, i) + last);
  const std::size_t m = std::min(kSample, matrix.rows());
  auto u = random_start(matrix, m);
  const auto mean =
      columns == Columns::centred ? mean_row(matrix, m) : std::vector<double>(u.size());
  for (int k = 0; k < kIterations; ++k) {
    const double length = power_step(matrix, m, last, mean, u);
    if (k > 0) result.eigenvalue = length;
  }
  return result;
}

}  // namespace

std::vector<std::uint32_t> class_numbers(const Dataset& data, std::span<const float> classes) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(data.targets.size());
  for (std::size_t i = 0; i < data.targets.size(); ++i) {
    const float label = data.targets[i];
    const auto found = std::lower_bound(classes.begin(), classes.end(), label);
    if (found == classes.end() || *found != label) {
      throw BadData(fmt::format(
          "{}: row {} has the label {:.9g}, which no training example has; use data with the same "
          "classes",
          data.name, i + 1, label));
    }
    numbers.push_back(static_cast<std::uint32_t>(found - classes.begin()));
  }
  return numbers;
}

std::vector<Real> signs(const Dataset& data, std::span<const float> classes) {
  std::vector<Real> targets;
  targets.reserve(data.targets.size());
  for (const auto number : class_numbers(data, classes)) targets.push_back(number == 0 ? -1 : 1);
  return targets;
}

DataScale scale_of(const Dataset& data, Columns columns) {
  return std::visit([columns](const auto& matrix) { return scale(matrix, columns); },
                    data.features);
}

double step_for(const DataScale& scale, double c, double l2, double r, std::size_t n,
                std::size_t b) {
  const double size = static_cast<double>(n);
  const double batch = static_cast<double>(std::clamp<std::size_t>(b, 1, n));
  const double smooth = c * scale.eigenvalue + l2;
  const double roughest = c * scale.largest + r;
  if (n == 1) return roughest > 0 ? 1 / (2 * roughest) : 1;
  const double expected =
      (size * (batch - 1) * smooth + (size - batch) * roughest) / (batch * (size - 1));
  return expected > 0 ? 1 / (2 * expected) : 1;
}

}  // namespace sgdbench

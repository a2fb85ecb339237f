#include "workloads/smoothness.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "workloads/rows.h"

namespace sgdbench {
namespace {

constexpr std::size_t kSample = 4096;
constexpr int kIterations = 20;

/// u ← 1/m ∑ xᵢ⟨xᵢ, u⟩ over the first m rows, and back to unit length; returns the length it had.
template <class Matrix>
double power_step(const Matrix& matrix, std::size_t m, std::size_t ones, std::vector<double>& u) {
  const std::size_t d = matrix.columns;
  std::vector<double> next(u.size());
  const std::span<const double> biases(u.data() + d, ones);
  for (std::size_t i = 0; i < m; ++i) {
    double z = 0;
    for (const double bias : biases) z += bias;
    for_each_value(matrix, i, d, [&](std::size_t v, Real x) { z += u[v] * x; });
    z /= static_cast<double>(m);
    for_each_value(matrix, i, d, [&](std::size_t v, Real x) { next[v] += z * x; });
    for (std::size_t k = d; k < next.size(); ++k) next[k] += z;
  }
  double square = 0;
  for (const double x : next) square += x * x;
  const double length = std::sqrt(square);
  if (length > 0)
    for (double& x : next) x /= length;
  u = std::move(next);
  return length;
}

template <class Matrix>
DataScale scale(const Matrix& matrix, std::size_t ones) {
  DataScale result;
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    double square = static_cast<double>(ones);
    for_each_value(matrix, i, matrix.columns,
                   [&](std::size_t, Real x) { square += static_cast<double>(x) * x; });
    result.largest = std::max(result.largest, square);
  }
  const std::size_t d = matrix.columns + ones;
  std::vector<double> u(d, 1 / std::sqrt(static_cast<double>(d)));
  for (std::size_t v = 1; v < d; v += 2) u[v] *= 0.5;  // not orthogonal to differences of columns
  for (int k = 0; k < kIterations; ++k)
    result.eigenvalue = power_step(matrix, std::min(kSample, matrix.rows()), ones, u);
  return result;
}

}  // namespace

DataScale scale_of(const Dataset& data, std::size_t ones) {
  return std::visit([ones](const auto& matrix) { return scale(matrix, ones); }, data.features);
}

double step_for(const DataScale& scale, double c, double l2, double r, std::size_t n,
                std::size_t b) {
  const double size = static_cast<double>(n);
  const double batch = static_cast<double>(std::clamp<std::size_t>(b, 1, n));
  const double smooth = c * scale.eigenvalue + l2;
  const double roughest = c * scale.largest + r;
  if (n == 1) return 1 / roughest;
  const double expected =
      (size * (batch - 1) * smooth + (size - batch) * roughest) / (batch * (size - 1));
  return expected > 0 ? 1 / expected : 1;
}

}  // namespace sgdbench

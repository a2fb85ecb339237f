#include "workloads/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sgdbench::reference {
namespace {

std::vector<double> shares(const Dataset& data, bool intercept) {
  std::vector<double> share(data.columns(), 1.0);
  if (const auto* sparse = std::get_if<SparseMatrix>(&data.features)) {
    std::fill(share.begin(), share.end(), 0.0);
    for (const Entry& entry : sparse->entries) share[entry.column] += 1;
    for (double& d_v : share) d_v /= static_cast<double>(data.rows());
  }
  if (intercept) share.push_back(std::numeric_limits<double>::infinity());
  return share;
}

/// The values of a row, the intercept's 1 among them where `columns` counts it.
std::vector<Value> inputs(const Dataset& data, std::size_t row, std::size_t columns) {
  auto values = values_of(data, row);
  if (columns > data.columns()) values.push_back({data.columns(), 1});
  return values;
}

double loss_of(LossKind kind, double z, double y) {
  if (kind == LossKind::logistic)
    return std::log1p(std::exp(-std::abs(y * z))) + std::max(0.0, -y * z);
  if (kind == LossKind::hinge) return std::max(0.0, 1 - y * z);
  return (z - y) * (z - y) / 2;
}

double slope_of(LossKind kind, double z, double y) {
  if (kind == LossKind::logistic) return -y / (1 + std::exp(y * z));
  if (kind == LossKind::hinge) return y * z < 1 ? -y : 0;
  return z - y;
}

}  // namespace

std::vector<Value> values_of(const Dataset& data, std::size_t row) {
  std::vector<Value> values;
  if (const auto* sparse = std::get_if<SparseMatrix>(&data.features)) {
    for (const Entry& entry : sparse->row(row)) values.push_back({entry.column, entry.value});
  } else {
    const auto dense = std::get<DenseMatrix>(data.features).row(row);
    for (std::size_t v = 0; v < dense.size(); ++v) values.push_back({v, dense[v]});
  }
  return values;
}

std::vector<double> softmax(const std::vector<double>& z) {
  const double top = *std::max_element(z.begin(), z.end());
  std::vector<double> p;
  double sum = 0;
  for (const double score : z) sum += std::exp(score - top);
  for (const double score : z) p.push_back(std::exp(score - top) / sum);
  return p;
}

double cross_entropy(const std::vector<double>& z, std::size_t y) {
  const double top = *std::max_element(z.begin(), z.end());
  double sum = 0;
  for (const double score : z) sum += std::exp(score - top);
  return top + std::log(sum) - z[y];
}

Linear::Linear(LossKind kind, const Dataset& data, std::span<const Real> targets, double l2,
               bool intercept)
    : kind_(kind), data_(data), targets_(targets), l2_(l2), share_(shares(data, intercept)) {}

double Linear::loss(std::span<const double> w, Rows rows) const {
  double sum = 0;
  for (const auto i : rows) {
    double z = 0;
    for (const auto& [v, x] : inputs(data_, i, share_.size())) z += w[v] * x;
    sum += loss_of(kind_, z, targets_[i]);
    for (const auto& [v, x] : inputs(data_, i, share_.size()))
      sum += l2_ * w[v] * w[v] / (2 * share_[v]);
  }
  return sum / static_cast<double>(rows.size());
}

void Linear::gradient(std::span<const double> w, Rows rows, std::span<double> gradient) const {
  std::fill(gradient.begin(), gradient.end(), 0.0);
  const double weight = 1 / static_cast<double>(rows.size());
  for (const auto i : rows) {
    double z = 0;
    for (const auto& [v, x] : inputs(data_, i, share_.size())) z += w[v] * x;
    const double slope = slope_of(kind_, z, targets_[i]);
    for (const auto& [v, x] : inputs(data_, i, share_.size()))
      gradient[v] += weight * (slope * x + l2_ * w[v] / share_[v]);
  }
}

SparseSoftmax::SparseSoftmax(const Dataset& data, std::span<const std::uint32_t> labels,
                             std::size_t classes, double l2, bool intercept)
    : data_(data), labels_(labels), classes_(classes), l2_(l2), share_(shares(data, intercept)) {}

std::vector<double> SparseSoftmax::scores(std::span<const double> w, std::size_t row) const {
  std::vector<double> z(classes_);
  for (const auto& [v, x] : inputs(data_, row, share_.size()))
    for (std::size_t c = 0; c < classes_; ++c) z[c] += w[v * classes_ + c] * x;
  return z;
}

double SparseSoftmax::loss(std::span<const double> w, Rows rows) const {
  double sum = 0;
  for (const auto i : rows) {
    sum += cross_entropy(scores(w, i), labels_[i]);
    for (const auto& [v, x] : inputs(data_, i, share_.size()))
      for (std::size_t c = 0; c < classes_; ++c)
        sum += l2_ * w[v * classes_ + c] * w[v * classes_ + c] / (2 * share_[v]);
  }
  return sum / static_cast<double>(rows.size());
}

/// ∂ℓ/∂z_c = p_c − [c = y],  ∂ℓ/∂W[v·C + c] = ∂ℓ/∂z_c · x_v.
void SparseSoftmax::gradient(std::span<const double> w, Rows rows,
                             std::span<double> gradient) const {
  std::fill(gradient.begin(), gradient.end(), 0.0);
  const double weight = 1 / static_cast<double>(rows.size());
  for (const auto i : rows) {
    std::vector<double> slope = softmax(scores(w, i));
    slope[labels_[i]] -= 1;
    for (const auto& [v, x] : inputs(data_, i, share_.size())) {
      for (std::size_t c = 0; c < classes_; ++c) {
        const std::size_t k = v * classes_ + c;
        gradient[k] += weight * (slope[c] * x + l2_ * w[k] / share_[v]);
      }
    }
  }
}

}  // namespace sgdbench::reference

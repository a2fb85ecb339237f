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
  return with_loss(kind, [&](auto loss) { return loss.plain(z, y); });
}

double slope_of(LossKind kind, double z, double y) {
  return with_loss(kind, [&](auto loss) { return loss.plain_slope(z, y); });
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

void Linear::spread(std::span<const double> z, Rows rows, std::span<double> spread) const {
  std::fill(spread.begin(), spread.end(), 0.0);
  for (const auto i : rows)
    for (const auto& [v, x] : inputs(data_, i, share_.size()))
      spread[v] += z[v] / (v < data_.columns() ? share_[v] : 1) / static_cast<double>(rows.size());
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

void SparseSoftmax::spread(std::span<const double> z, Rows rows, std::span<double> spread) const {
  std::fill(spread.begin(), spread.end(), 0.0);
  for (const auto i : rows)
    for (const auto& [v, x] : inputs(data_, i, share_.size()))
      for (std::size_t k = v * classes_; k < (v + 1) * classes_; ++k)
        spread[k] +=
            z[k] / (v < data_.columns() ? share_[v] : 1) / static_cast<double>(rows.size());
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

Network::Network(const Dataset& data, std::span<const std::uint32_t> labels,
                 std::vector<std::size_t> widths, bool biases, bool tanh, double l2,
                 std::size_t regularised)
    : data_(data),
      labels_(labels),
      widths_(std::move(widths)),
      biases_(biases),
      tanh_(tanh),
      l2_(l2),
      regularised_(regularised) {
  std::size_t next = 0;
  for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
    first_.push_back(next);
    next += (widths_[l] + (biases_ ? 1 : 0)) * widths_[l + 1];
  }
}

/// The activations a₀ … a_{L−1} and the scores z_L of one row.
std::vector<Network::Vector> Network::forward(std::span<const double> w, std::size_t row) const {
  std::vector<Vector> a{Vector(widths_[0])};
  for (const auto& [v, x] : values_of(data_, row)) a[0][v] = x;
  for (std::size_t l = 0; l < first_.size(); ++l) {
    const std::size_t in = widths_[l], out = widths_[l + 1];
    Vector z(out);
    for (std::size_t j = 0; j < out; ++j) {
      if (biases_) z[j] = w[first_[l] + in * out + j];
      for (std::size_t i = 0; i < in; ++i) z[j] += a[l][i] * w[first_[l] + i * out + j];
      const bool hidden = l + 1 < first_.size();
      if (hidden) z[j] = tanh_ ? std::tanh(z[j]) : std::max(0.0, z[j]);
    }
    a.push_back(std::move(z));
  }
  return a;
}

/// δ_L = p − e_y;  ∂ℓ/∂W_l[i, j] = a_{l−1,i}·δ_{l,j};  ∂ℓ/∂b_l = δ_l;
/// δ_{l−1,i} = φ′(z_{l−1,i})·∑_j W_l[i, j]·δ_{l,j}.
void Network::backward(std::span<const double> w, std::size_t row, double weight,
                       std::span<double> gradient) const {
  const std::vector<Vector> a = forward(w, row);
  Vector delta = softmax(a.back());
  delta[labels_[row]] -= 1;
  for (std::size_t l = first_.size(); l-- > 0;) {
    const std::size_t in = widths_[l], out = widths_[l + 1];
    Vector below(in);
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t j = 0; j < out; ++j) {
        gradient[first_[l] + i * out + j] += weight * a[l][i] * delta[j];
        below[i] += w[first_[l] + i * out + j] * delta[j];
      }
      below[i] *= tanh_ ? 1 - a[l][i] * a[l][i] : a[l][i] > 0 ? 1.0 : 0.0;
    }
    if (biases_)
      for (std::size_t j = 0; j < out; ++j) gradient[first_[l] + in * out + j] += weight * delta[j];
    delta = std::move(below);
  }
}

double Network::loss(std::span<const double> w, Rows rows) const {
  double sum = 0;
  for (const auto i : rows) sum += cross_entropy(forward(w, i).back(), labels_[i]);
  double squares = 0;
  for (const double x : w.first(regularised_)) squares += x * x;
  return sum / static_cast<double>(rows.size()) + l2_ / 2 * squares;
}

void Network::gradient(std::span<const double> w, Rows rows, std::span<double> gradient) const {
  for (std::size_t k = 0; k < w.size(); ++k) gradient[k] = k < regularised_ ? l2_ * w[k] : 0;
  for (const auto i : rows) backward(w, i, 1 / static_cast<double>(rows.size()), gradient);
}

}  // namespace sgdbench::reference

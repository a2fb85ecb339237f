#include <algorithm>
#include <cmath>

#include "workloads/reference.h"

namespace sgdbench::reference {

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

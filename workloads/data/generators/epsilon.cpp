// epsilon-like: dense rows whose covariance has eigenvalues falling as 1/k in random directions
// (so that no method profits from the coordinate axes), scaled to length 1. Labels ±1, logistic in
// x·w*, with w* spread evenly over the eigenvectors: the directions that matter least to the data
// matter as much to the labels, which is what makes the problem slow.
#include <array>
#include <cmath>

#include "workloads/data/generators/generators.h"
#include "workloads/data/generators/portable.h"

namespace sgdbench {
namespace {

constexpr double kScale = 5.3;  // sets the Bayes error

constexpr std::array<Parameter, 3> kParameters = {
    {{"rows", 20000, 1, kMaxRows}, {"features", 2000, 1, kMaxFeatures}, kSeed}};

class Model {
 public:
  Model(std::size_t features, std::uint64_t seed)
      : seed_(seed), rotation_(features, mix(seed, 1)), deviations_(features), weights_(features) {
    Random random(mix(seed, 2));
    double trace = 0;
    for (std::size_t k = 0; k < features; ++k) trace += 1 / static_cast<double>(k + 1);
    double variance = 0;
    for (std::size_t k = 0; k < features; ++k) {
      deviations_[k] = std::sqrt(1 / static_cast<double>(k + 1) / trace);
      weights_[k] = portable::normal(random);
      variance += weights_[k] * weights_[k] * deviations_[k] * deviations_[k];
    }
    for (double& weight : weights_) weight /= std::sqrt(variance);  // x·w* has variance 1
  }

  float fill(std::size_t row, std::span<Real> out) const {
    Random random = row_random(seed_, 3, row);
    std::vector<double> x(out.size());
    double square = 0;
    double product = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      x[k] = deviations_[k] * portable::normal(random);
      square += x[k] * x[k];
      product += x[k] * weights_[k];
    }
    rotation_.apply(x);
    const double length = std::sqrt(square);
    for (std::size_t k = 0; k < x.size(); ++k) out[k] = static_cast<Real>(x[k] / length);
    return noisy_label(kScale * product / length, random);
  }

 private:
  std::uint64_t seed_;
  portable::Rotation rotation_;
  std::vector<double> deviations_;
  std::vector<double> weights_;
};

Examples make(const ParameterValues& values, const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  const std::size_t features = values.whole("features");
  values.check_memory(dense_bytes(rows, features) + 32.0 * static_cast<double>(features));
  const Model model(features, values.seed());
  return make_dense(rows, features, parallel,
                    [&](std::size_t row, std::span<Real> out) { return model.fill(row, out); });
}

}  // namespace

const Generator kEpsilonLike = {
    "epsilon-like",
    "dense unit rows, covariance with eigenvalues falling as 1/k in random directions, two "
    "classes; Bayes error 10 %",
    kParameters, make};

}  // namespace sgdbench

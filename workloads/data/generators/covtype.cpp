// covtype-like: ten smooth numeric features in [0, 1], then two groups of 0/1 indicators of which
// exactly one is set each (4 areas, 40 soils), all driven by a few hidden quantities, so that
// features are correlated as measurements of one place are. Labels 1 and 2, logistic in a linear
// margin: the noise and not the model limits a linear classifier.
#include <algorithm>
#include <array>
#include <cmath>

#include "workloads/data/generators/generators.h"
#include "workloads/data/generators/portable.h"

namespace sgdbench {
namespace {

constexpr std::size_t kNumeric = 10;
constexpr std::size_t kAreas = 4;
constexpr std::size_t kSoils = 40;
constexpr std::size_t kFeatures = kNumeric + kAreas + kSoils;
constexpr double kScale = 0.5;  // sets the Bayes error

constexpr std::array<Parameter, 2> kParameters = {{{"rows", 581012, 1, kMaxRows}, kSeed}};

struct Model {
  std::uint64_t seed;
  std::array<std::array<double, 3>, kNumeric> loadings{};
  std::array<double, kFeatures> weights{};

  explicit Model(std::uint64_t seed_) : seed(seed_) {
    Random random(mix(seed, 1));
    for (auto& row : loadings)
      for (double& loading : row) loading = 0.6 * portable::normal(random);
    // Numeric features vary by about 0.2, so that they need larger weights than the indicators to
    // matter as much. Opposite neighbours balance the classes.
    for (std::size_t j = 0; j < kFeatures; j += 2) {
      weights[j] = (j < kNumeric ? 4.0 : 1.0) * portable::normal(random);
      weights[j + 1] = -weights[j];
    }
  }

  float fill(std::size_t row, std::span<Real> out) const;
};

/// Which of `groups` equally likely groups a standard normal quantity falls into, roughly.
std::size_t group_of(double z, std::size_t groups) {
  const double uniform = portable::sigmoid(1.7 * z);
  return std::min(groups - 1, static_cast<std::size_t>(uniform * static_cast<double>(groups)));
}

float Model::fill(std::size_t row, std::span<Real> out) const {
  Random random = row_random(seed, 2, row);
  const std::array<double, 3> hidden = {portable::normal(random), portable::normal(random),
                                        portable::normal(random)};
  for (std::size_t j = 0; j < kNumeric; ++j) {
    double z = 0.7 * portable::normal(random);
    for (std::size_t k = 0; k < hidden.size(); ++k) z += loadings[j][k] * hidden[k];
    out[j] = static_cast<Real>(std::clamp(0.5 + 0.16 * z, 0.0, 1.0));
  }
  const double place = 0.8 * hidden[0] + 0.6 * portable::normal(random);
  const double ground = 0.8 * hidden[1] + 0.6 * portable::normal(random);
  out[kNumeric + group_of(place, kAreas)] = 1;
  out[kNumeric + kAreas + group_of(ground, kSoils)] = 1;
  double margin = 0;
  for (std::size_t j = 0; j < kFeatures; ++j) margin += weights[j] * static_cast<double>(out[j]);
  return noisy_label(kScale * margin, random) > 0 ? 2.0f : 1.0f;
}

Examples make(const ParameterValues& values, const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  values.check_memory(dense_bytes(rows, kFeatures));
  const Model model(values.seed());
  return make_dense(rows, kFeatures, parallel,
                    [&](std::size_t row, std::span<Real> out) { return model.fill(row, out); });
}

}  // namespace

const Generator kCovtypeLike = {
    "covtype-like",
    "dense, 54 features (10 numeric in [0, 1], 44 indicators in two one-hot groups), labels 1 and "
    "2 about equally often; Bayes error 24 %",
    kParameters, make};

}  // namespace sgdbench

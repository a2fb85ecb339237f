// Generators of dense rows.
//
// covtype-like: ten smooth numeric features in [0, 1], then two groups of 0/1 indicators of which
// exactly one is set each (4 areas, 40 soils), all driven by a few hidden quantities, so that
// features are correlated as measurements of one place are. Labels 1 and 2, logistic in a linear
// margin: the noise and not the model limits a linear classifier.
#include <fmt/format.h>

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
constexpr std::size_t kCovtypeFeatures = kNumeric + kAreas + kSoils;
constexpr double kCovtypeScale = 0.5;  // sets the Bayes error

constexpr std::array<Parameter, 2> kCovtypeParameters = {{{"rows", 581012, 1, kMaxRows}, kSeed}};

struct CovtypeModel {
  std::uint64_t seed;
  std::array<std::array<double, 3>, kNumeric> loadings{};
  std::array<double, kCovtypeFeatures> weights{};

  explicit CovtypeModel(std::uint64_t seed_) : seed(seed_) {
    Random random(mix(seed, 1));
    for (auto& row : loadings)
      for (double& loading : row) loading = 0.6 * portable::normal(random);
    // Numeric features vary by about 0.2, so that they need larger weights than the indicators to
    // matter as much. Opposite neighbours balance the classes.
    for (std::size_t j = 0; j < kCovtypeFeatures; j += 2) {
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

float CovtypeModel::fill(std::size_t row, std::span<Real> out) const {
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
  for (std::size_t j = 0; j < kCovtypeFeatures; ++j)
    margin += weights[j] * static_cast<double>(out[j]);
  return noisy_label(kCovtypeScale * margin, random) > 0 ? 2.0f : 1.0f;
}

Examples make_covtype(const ParameterValues& values, const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  values.check_memory(dense_bytes(rows, kCovtypeFeatures));
  const CovtypeModel model(values.seed());
  return make_dense(rows, kCovtypeFeatures, parallel,
                    [&](std::size_t row, std::span<Real> out) { return model.fill(row, out); });
}

}  // namespace

const Generator kCovtypeLike = {
    "covtype-like",
    "dense, 54 features (10 numeric in [0, 1], 44 indicators in two one-hot groups), labels 1 and "
    "2 about equally often; Bayes error 24 %",
    kCovtypeParameters, make_covtype};

// epsilon-like: dense rows whose covariance has eigenvalues falling as 1/k in random directions
// (so that no method profits from the coordinate axes), scaled to length 1. Labels ±1, logistic in
// x·w*, with w* spread evenly over the eigenvectors: the directions that matter least to the data
// matter as much to the labels, which is what makes the problem slow.

namespace {

constexpr double kEpsilonScale = 5.3;  // sets the Bayes error

constexpr std::array<Parameter, 3> kEpsilonParameters = {
    {{"rows", 20000, 1, kMaxRows}, {"features", 2000, 1, kMaxFeatures}, kSeed}};

class EpsilonModel {
 public:
  EpsilonModel(std::size_t features, std::uint64_t seed)
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
    return noisy_label(kEpsilonScale * product / length, random);
  }

 private:
  std::uint64_t seed_;
  portable::Rotation rotation_;
  std::vector<double> deviations_;
  std::vector<double> weights_;
};

Examples make_epsilon(const ParameterValues& values, const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  const std::size_t features = values.whole("features");
  values.check_memory(dense_bytes(rows, features) + 32.0 * static_cast<double>(features));
  const EpsilonModel model(features, values.seed());
  return make_dense(rows, features, parallel,
                    [&](std::size_t row, std::span<Real> out) { return model.fill(row, out); });
}

}  // namespace

const Generator kEpsilonLike = {
    "epsilon-like",
    "dense unit rows, covariance with eigenvalues falling as 1/k in random directions, two "
    "classes; Bayes error 10 %",
    kEpsilonParameters, make_epsilon};

// mnist-like: square grey images of pen strokes. Each of the ten classes has two ways of being
// drawn, each a chain of four straight strokes through five points; a row takes one, moves every
// point a little and the whole image a little more, and draws it with a pen of varying width.
// Pixels are 1 on the stroke, fall to 0 at its edge, and are rounded to multiples of 1/255.

namespace {

constexpr std::size_t kClasses = 10;
constexpr std::size_t kVariants = 2;
constexpr std::size_t kPoints = 5;
// In units of the image's side.
constexpr double kPointJitter = 0.035;
constexpr double kShift = 0.033;
constexpr double kPenWidth = 0.085;

constexpr std::array<Parameter, 3> kMnistParameters = {
    {{"rows", 60000, 1, kMaxRows}, {"features", 784, 64, 1048576}, kSeed}};

struct Point {
  double x, y;
};
using Stroke = std::array<Point, kPoints>;

/// Distance from p to the line from a to b.
double distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double along = ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy + 1e-12);
  const double t = std::clamp(along, 0.0, 1.0);
  const double ex = p.x - a.x - t * dx;
  const double ey = p.y - a.y - t * dy;
  return std::sqrt(ex * ex + ey * ey);
}

class MnistModel {
 public:
  MnistModel(std::size_t side, std::uint64_t seed) : side_(side), seed_(seed) {
    Random random(mix(seed, 1));
    for (Stroke& stroke : strokes_)
      for (Point& point : stroke)
        point = {0.2 + 0.6 * random.uniform(), 0.15 + 0.7 * random.uniform()};
  }

  float fill(std::size_t row, std::span<Real> out) const {
    Random random = row_random(seed_, 2, row);
    const auto label = random.below(kClasses);
    const auto variant = random.below(kVariants);
    const Stroke stroke = drawn(strokes_[label * kVariants + variant], random);
    const double width = kPenWidth * (1 + 0.2 * portable::normal(random));
    for (std::size_t i = 0; i < side_; ++i)
      for (std::size_t j = 0; j < side_; ++j) out[i * side_ + j] = pixel(stroke, width, i, j);
    return static_cast<float>(label);
  }

 private:
  static Stroke drawn(Stroke stroke, Random& random) {
    const double dx = kShift * portable::normal(random);
    const double dy = kShift * portable::normal(random);
    for (Point& point : stroke) {
      point.x += dx + kPointJitter * portable::normal(random);
      point.y += dy + kPointJitter * portable::normal(random);
    }
    return stroke;
  }

  Real pixel(const Stroke& stroke, double width, std::size_t i, std::size_t j) const {
    const auto scale = static_cast<double>(side_);
    const Point here = {(static_cast<double>(j) + 0.5) / scale,
                        (static_cast<double>(i) + 0.5) / scale};
    double least = 2;
    for (std::size_t k = 1; k < kPoints; ++k)
      least = std::min(least, distance(here, stroke[k - 1], stroke[k]));
    const double grey = std::clamp(2 - 2 * least / std::max(width, 0.02), 0.0, 1.0);
    return static_cast<Real>(std::floor(255 * grey + 0.5)) / Real(255);
  }

  std::size_t side_;
  std::uint64_t seed_;
  std::array<Stroke, kClasses * kVariants> strokes_{};
};

Examples make_mnist(const ParameterValues& values, const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  const std::size_t features = values.whole("features");
  const auto side = static_cast<std::size_t>(std::sqrt(static_cast<double>(features)) + 0.5);
  if (side * side != features)
    values.refuse(fmt::format("features={} must be a square, as images are; {} is the nearest",
                              features, side * side));
  values.check_memory(dense_bytes(rows, features));
  const MnistModel model(side, values.seed());
  return make_dense(rows, features, parallel,
                    [&](std::size_t row, std::span<Real> out) { return model.fill(row, out); });
}

}  // namespace

const Generator kMnistLike = {
    "mnist-like",
    "dense images of pen strokes in ten classes, grey values in [0, 1], about 19 % of them not 0; "
    "a linear classifier errs on about 7 %",
    kMnistParameters, make_mnist};

// quadratic: least squares with a Hessian that is known exactly.
//
//   X_ij = √(2·λ_j)·cos(π(2i + 1)(j + 1)/(2n)),  i < n rows, j < d features, d < n
//   λ_j  = condition^(−j/(d − 1))                from 1 down to 1/condition
//   y    = X·w* + noise·ε,                       w*_j = ±1, ε nearly standard normal
//
// Columns of the discrete cosine transform are orthogonal: XᵀX/n = diag(λ) but for the rounding to
// float. The least mean squared residual is about noise²·(1 − d/n). Removing rows (a hold-out)
// makes the eigenvalues approximate.

namespace {

constexpr std::array<Parameter, 5> kQuadraticParameters = {{{"rows", 10000, 2, kMaxRows},
                                                            {"features", 100, 1, kMaxFeatures},
                                                            {"condition", 100, 1, 1e12, false},
                                                            {"noise", 0.1, 0, 1e6, false},
                                                            kSeed}};

class QuadraticModel {
 public:
  explicit QuadraticModel(const ParameterValues& values)
      : rows_(values.whole("rows")),
        noise_(values.real("noise")),
        seed_(values.seed()),
        deviations_(values.whole("features")),
        weights_(deviations_.size()) {
    Random random(mix(seed_, 1));
    const double log_condition = portable::log(values.real("condition"));
    const std::size_t d = deviations_.size();
    for (std::size_t j = 0; j < d; ++j) {
      const double position = d == 1 ? 0 : static_cast<double>(j) / static_cast<double>(d - 1);
      deviations_[j] = std::sqrt(2 * portable::exp(-log_condition * position));
      weights_[j] = random.below(2) == 0 ? 1 : -1;
    }
  }

  float fill(std::size_t row, std::span<Real> out) const {
    Random random = row_random(seed_, 2, row);
    double target = noise_ * portable::normal(random);
    for (std::size_t j = 0; j < out.size(); ++j) {
      const std::uint64_t multiple = std::uint64_t{2 * row + 1} * (j + 1);
      const double value = deviations_[j] * portable::cos_pi(multiple, 2 * rows_);
      out[j] = static_cast<Real>(value);
      target += weights_[j] * value;
    }
    return static_cast<float>(target);
  }

 private:
  std::size_t rows_;
  double noise_;
  std::uint64_t seed_;
  std::vector<double> deviations_;
  std::vector<double> weights_;
};

Examples make_quadratic(const ParameterValues& values, const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  const std::size_t features = values.whole("features");
  if (features >= rows)
    values.refuse("features=" + std::to_string(features) + " must be below rows=" +
                  std::to_string(rows) + ", or the columns can't be orthogonal");
  values.check_memory(dense_bytes(rows, features));
  const QuadraticModel model(values);
  return make_dense(rows, features, parallel,
                    [&](std::size_t row, std::span<Real> out) { return model.fill(row, out); });
}

}  // namespace

const Generator kQuadratic = {
    "quadratic",
    "dense regression with orthogonal columns: the Hessian's eigenvalues are spaced geometrically "
    "from 1 down to 1/condition; the least mean squared residual is noise²·(1 − features/rows)",
    kQuadraticParameters, make_quadratic};

}  // namespace sgdbench

// mnist-like: square grey images of pen strokes. Each of the ten classes has two ways of being
// drawn, each a chain of four straight strokes through five points; a row takes one, moves every
// point a little and the whole image a little more, and draws it with a pen of varying width.
// Pixels are 1 on the stroke, fall to 0 at its edge, and are rounded to multiples of 1/255.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "workloads/data/generators/generators.h"
#include "workloads/data/generators/portable.h"

namespace sgdbench {
namespace {

constexpr std::size_t kClasses = 10;
constexpr std::size_t kVariants = 2;
constexpr std::size_t kPoints = 5;
// In units of the image's side.
constexpr double kPointJitter = 0.035;
constexpr double kShift = 0.033;
constexpr double kPenWidth = 0.085;

constexpr std::array<Parameter, 3> kParameters = {
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

class Model {
 public:
  Model(std::size_t side, std::uint64_t seed) : side_(side), seed_(seed) {
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

Examples make(const ParameterValues& values, const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  const std::size_t features = values.whole("features");
  const auto side = static_cast<std::size_t>(std::sqrt(static_cast<double>(features)) + 0.5);
  if (side * side != features)
    values.refuse(fmt::format("features={} must be a square, as images are; {} is the nearest",
                              features, side * side));
  values.check_memory(dense_bytes(rows, features));
  const Model model(side, values.seed());
  return make_dense(rows, features, parallel,
                    [&](std::size_t row, std::span<Real> out) { return model.fill(row, out); });
}

}  // namespace

const Generator kMnistLike = {
    "mnist-like",
    "dense images of pen strokes in ten classes, grey values in [0, 1], about 19 % of them not 0; "
    "a linear classifier errs on about 7 %",
    kParameters, make};

}  // namespace sgdbench

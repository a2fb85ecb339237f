// quadratic: least squares with a Hessian that is known exactly.
//
//   X_ij = √(2·λ_j)·cos(π(2i + 1)(j + 1)/(2n)),  i < n rows, j < d features, d < n
//   λ_j  = condition^(−j/(d − 1))                from 1 down to 1/condition
//   y    = X·w* + noise·ε,                       w*_j = ±1, ε nearly standard normal
//
// Columns of the discrete cosine transform are orthogonal: XᵀX/n = diag(λ) but for the rounding to
// float. The least mean squared residual is about noise²·(1 − d/n). Removing rows (a hold-out)
// makes the eigenvalues approximate.
#include <array>
#include <cmath>

#include "workloads/data/generators/generators.h"
#include "workloads/data/generators/portable.h"

namespace sgdbench {
namespace {

constexpr std::array<Parameter, 5> kParameters = {{{"rows", 10000, 2, kMaxRows},
                                                   {"features", 100, 1, kMaxFeatures},
                                                   {"condition", 100, 1, 1e12, false},
                                                   {"noise", 0.1, 0, 1e6, false},
                                                   kSeed}};

class Model {
 public:
  explicit Model(const ParameterValues& values)
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

Examples make(const ParameterValues& values, const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  const std::size_t features = values.whole("features");
  if (features >= rows)
    values.refuse("features=" + std::to_string(features) + " must be below rows=" +
                  std::to_string(rows) + ", or the columns can't be orthogonal");
  values.check_memory(dense_bytes(rows, features));
  const Model model(values);
  return make_dense(rows, features, parallel,
                    [&](std::size_t row, std::span<Real> out) { return model.fill(row, out); });
}

}  // namespace

const Generator kQuadratic = {
    "quadratic",
    "dense regression with orthogonal columns: the Hessian's eigenvalues are spaced geometrically "
    "from 1 down to 1/condition; the least mean squared residual is noise²·(1 − features/rows)",
    kParameters, make};

}  // namespace sgdbench

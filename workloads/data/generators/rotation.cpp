#include "workloads/data/generators/rotation.h"

#include <bit>
#include <cmath>

#include "workloads/random.h"

namespace sgdbench {
namespace {

// (a, b) ← (a + b, a − b)/√2 over pairs at distance 1, 2, 4, …; the scaling is done at once.
void walsh_hadamard(std::span<double> x) {
  for (std::size_t distance = 1; distance < x.size(); distance *= 2)
    for (std::size_t start = 0; start < x.size(); start += 2 * distance)
      for (std::size_t i = start; i < start + distance; ++i) {
        const double a = x[i];
        const double b = x[i + distance];
        x[i] = a + b;
        x[i + distance] = a - b;
      }
  const double scale = 1 / std::sqrt(static_cast<double>(x.size()));
  for (double& value : x) value *= scale;
}

}  // namespace

Rotation::Rotation(std::size_t size, std::uint64_t seed) : block_(std::bit_floor(size)) {
  Random random(seed);
  for (auto& signs : signs_) {
    signs.resize(size);
    for (double& sign : signs) sign = random.below(2) == 0 ? 1 : -1;
  }
}

void Rotation::apply(std::span<double> x) const {
  for (const auto& signs : signs_) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] *= signs[i];
    walsh_hadamard(&signs == &signs_[0] ? x.first(block_) : x.last(block_));
  }
}

}  // namespace sgdbench

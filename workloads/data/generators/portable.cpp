#include "workloads/data/generators/portable.h"

#include <bit>
#include <cmath>
#include <numbers>

namespace sgdbench::portable {
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

// exp(x) = 2^n·exp(r), r = x − n·ln 2, |r| ≤ ln 2 / 2, by its Taylor series.
double exp(double x) {
  // ln 2 in two parts: n times the upper one is exact.
  constexpr double kUpper = 0x1.62e42fefa0000p-1;
  constexpr double kLower = 0x1.cf79abc9e3b3ap-40;
  const double n = std::floor(x * std::numbers::log2e + 0.5);
  const double r = (x - n * kUpper) - n * kLower;
  double sum = 1;
  for (int k = 13; k > 0; --k) sum = 1 + sum * r / k;
  return std::ldexp(sum, static_cast<int>(n));
}

// log(2^e·m) = e·ln 2 + 2·(s + s³/3 + s⁵/5 + …), s = (m − 1)/(m + 1), m in [√½, √2).
double log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < std::numbers::sqrt2 / 2) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1);
  const double square = s * s;
  double sum = 0;
  for (int k = 21; k > 0; k -= 2) sum = sum * square + 1.0 / k;
  return exponent * std::numbers::ln2 + 2 * s * sum;
}

double cos_pi(std::uint64_t k, std::uint64_t n) {
  // cos has period 2π and is even; beyond π/2 it is −cos(π − θ). All of that in whole numbers.
  k %= 2 * n;
  if (k > n) k = 2 * n - k;
  const bool negative = 2 * k > n;
  if (negative) k = n - k;
  const double angle = std::numbers::pi * (static_cast<double>(k) / static_cast<double>(n));
  const double square = angle * angle;
  double sum = 1;
  for (int j = 22; j > 0; j -= 2) sum = 1 - sum * square / (j * (j - 1));
  return negative ? -sum : sum;
}

double normal(Random& random) {
  std::uint64_t sum = 0;
  for (int word = 0; word < 3; ++word) {
    const std::uint64_t bits = random.bits();
    sum += (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
  }
  return (static_cast<double>(sum) - 12 * 32767.5) / 65536.0;
}

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

}  // namespace sgdbench::portable

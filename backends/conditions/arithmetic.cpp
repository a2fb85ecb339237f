#include "backends/conditions/arithmetic.h"

#include <bit>
#include <limits>

#include "workloads/random.h"

namespace sgdbench {
namespace {

// ln 2 in two parts; the first ends in 12 zeros, so that its product with an exponent is exact.
constexpr double kLn2High = 0x1.62e42fefa3p-1;
constexpr double kLn2Low = 0x1.3de6af278ece6p-42;

constexpr int kMantissaBits = 52;
constexpr std::uint64_t kMantissa = (std::uint64_t{1} << kMantissaBits) - 1;
constexpr int kBias = 1023;

double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(kBias + exponent) << kMantissaBits);
}

/// ∑_{k ≥ 1} 2·zᵏ/(2k + 1), for 0 ≤ z < 0.0295, by the polynomial of degree 7 that is equally far
/// off everywhere there, by 2⁻⁵⁶; coefficients by Chebyshev interpolation at 200 bits. In two
/// halves, which a processor computes side by side.
double artanh_tail(double z) {
  const double z2 = z * z;
  const double odd =
      ((0x1.2b584aae78a57p-3 * z2 + 0x1.7462b4ab2ef6bp-3) * z2 + 0x1.2492492df148dp-2) * z2 +
      0x1.5555555555558p-1;
  const double even =
      (0x1.39fe606542ddep-3 * z2 + 0x1.c71c62e5800a1p-3) * z2 + 0x1.99999999952e2p-2;
  return z * (odd + z * even);
}

/// ∑_{k ≥ 2} rᵏ/k!, for |r| ≤ ln 2 / 2: what is left out is below 2⁻⁶⁰.
double exponential_tail(double r) {
  constexpr int kTerms = 15;
  double sum = 1. / kTerms;
  for (int k = kTerms - 1; k >= 3; --k) sum = (1 + r * sum) / k;
  return r * r * ((1 + r * sum) / 2);
}

}  // namespace

double uniform_at(std::uint64_t stream, std::uint64_t index) {
  return static_cast<double>((mix(stream, index) >> 11) + 1) * 0x1.0p-53;
}

// x = 2ᵉ·(1 + f), 1/√2 ≤ 1 + f < √2;  s = f/(2 + f);
// ln(1 + f) = 2·artanh s = 2s + s·R = f − s·(f − R),  R = ∑ 2·s²ᵏ/(2k + 1), since 2s = f − s·f.
double natural_log(double x) {
  // Counted from the bits of 1/√2, so that the mantissa carries over into the exponent there.
  constexpr auto kRootHalf = std::bit_cast<std::uint64_t>(0x1.6a09e667f3bcdp-1);
  const std::uint64_t above = std::bit_cast<std::uint64_t>(x) - kRootHalf;
  const auto e = static_cast<double>(static_cast<std::int64_t>(above) >> kMantissaBits);
  const double f = std::bit_cast<double>((above & kMantissa) + kRootHalf) - 1;
  const double s = f / (2 + f);
  const double rest = s * (f - artanh_tail(s * s));
  return e * kLn2High + (f - (rest - e * kLn2Low));
}

// y = n·ln 2 + r, |r| ≤ ln 2 / 2;  eʸ = 2ⁿ·(1 + r + r²/2 + …).
double exponential_of(double y) {
  const int n = static_cast<int>(y * (1 / (kLn2High + kLn2Low)) + 0.5);
  const double r = (y - n * kLn2High) - n * kLn2Low;
  return power_of_two(n) * (1 + (r + exponential_tail(r)));
}

double inverse_root(double x, double k) {
  const double y = -natural_log(x) / k;
  return y <= 700 ? exponential_of(y) : std::numeric_limits<double>::infinity();
}

}  // namespace sgdbench

// Random numbers and functions of them that are the same, to the last bit, on every machine and
// compiler: made of IEEE additions, multiplications and divisions alone, where the functions of
// <cmath> are each library's own.
//
// Invariant: the files of this folder are compiled without contraction (exact_arithmetic() in
// CMakeLists.txt): a fused a·b + c rounds once where two operations round twice.
#pragma once

#include <cstdint>

namespace sgdbench {

/// u in (0, 1], a multiple of 2⁻⁵³: a pure function of a stream and an index.
double uniform_at(std::uint64_t stream, std::uint64_t index);

/// ln x for normal x > 0, within 2 units in the last place.
double natural_log(double x);

/// eʸ for 0 ≤ y ≤ 700, within 2 units in the last place.
double exponential_of(double y);

/// x^(−1/k) for 0 < x ≤ 1 and k > 0: e^y with y = −ln x / k, whose rounding is y times as large in
/// the result: within 4 + 2·y units in the last place. Infinite beyond the range of a double.
double inverse_root(double x, double k);

}  // namespace sgdbench

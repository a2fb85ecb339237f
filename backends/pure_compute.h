// A piece of work that needs a core and nothing else.
#pragma once

#include <cstddef>

namespace sgdbench {

/// About a microsecond of independent multiplications and additions, no memory: enough of them to
/// keep a core's arithmetic units busy, so that hardware threads on one core share it.
inline float unit_of_work(float x) {
  constexpr std::size_t kChains = 64;
  float sums[kChains];
  for (std::size_t k = 0; k < kChains; ++k) sums[k] = static_cast<float>(k);
  for (int i = 0; i < 256; ++i)
    for (float& sum : sums) sum = sum * x + 0.5f;
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

}  // namespace sgdbench

// The one clock that training is timed with.
#pragma once

#include <chrono>

#include "results/stopwatch.h"

namespace sgdbench {

inline Nanoseconds now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace sgdbench

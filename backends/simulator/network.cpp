#include "backends/simulator/network.h"

#include <bit>

namespace sgdbench {

Seconds all_reduce_time(AllReduce how, std::size_t workers, Seconds latency, double bytes,
                        double bandwidth) {
  const auto P = static_cast<double>(workers);
  const Seconds transfer = bandwidth > 0 ? bytes / bandwidth : 0;  // n/β
  if (how == AllReduce::ring) return 2 * (P - 1) * latency + 2 * ((P - 1) / P) * transfer;
  const auto levels = static_cast<double>(std::bit_width(workers - 1));  // ⌈log₂ P⌉
  return 2 * levels * (latency + transfer);
}

}  // namespace sgdbench

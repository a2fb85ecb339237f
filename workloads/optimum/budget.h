// How long a solver may go on.
#pragma once

#include <chrono>

#include "workloads/optimum/optimum.h"

namespace sgdbench::optimum {

class Budget {
 public:
  explicit Budget(const OptimumLimits& limits) : limits_(limits) {}

  void charge(double passes) { passes_ += passes; }
  bool spent() const {
    return passes_ > limits_.passes || seconds() > limits_.seconds ||
           (limits_.stop && limits_.stop->load(std::memory_order_relaxed));
  }
  double passes() const { return passes_; }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  OptimumLimits limits_;
  double passes_ = 0;
  Clock::time_point start_ = Clock::now();
};

}  // namespace sgdbench::optimum

// The computed optimum f* of a convex workload, in double throughout, with a certificate.
//
//   f(w) = 1/n ∑ᵢ ℓᵢ(w) + λ/2·‖w‖²,   exactly what evaluate() reports of the training part
//
// The idea: smooth losses are minimised by Newton's method with conjugate gradients (objective.h),
// the hinge by the method of multipliers on top of it (objective.h). A solution is believed because
// of what is proven at it, not because of how it was found: f is λ-strongly convex, so f(w) − f* is
// at most ‖∇f(w)‖²/(2λ); and by Fenchel's duality every α gives a lower bound of f*. With an
// intercept, in which f is not strongly convex, the second proof is the certificate (objective.h).
//
// Invariant: what doesn't reach its certificate is an error, never a value. The result does not
// depend on the number of threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "workloads/parallel.h"
#include "workloads/registry.h"

namespace sgdbench {

struct Optimum {
  double value = 0;  ///< f(w) at the solution: an upper bound of f*
  /// ‖∇f(w)‖ / ‖∇f(0)‖; for the hinge, of the subgradient that the dual solution picks.
  double relative_gradient = 0;
  std::optional<double> gap;  ///< f(w) − f* ≤ gap, proven; nothing where λ = 0 proves none
  std::string solver;         ///< what found it
  std::string cross_check;    ///< what confirmed it, and how closely
  std::uint64_t iterations = 0;
  std::uint64_t passes = 0;  ///< over the data, rounded up
  double seconds = 0;
};

/// What every Optimum meets: where λ > 0 its gap is at most this share of f, and where f is smooth
/// so is its relative gradient (unless f(w) is f* to the last bit even so).
inline constexpr double kOptimumTolerance = 1e-9;

/// Whether the gap, or the relative gradient where there is none, is a certificate.
bool is_certified(const Optimum& optimum);

/// No certificate within the limits; what() says how far it got.
class NotConverged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct OptimumLimits {
  double seconds = 1800;
  double passes = 200'000;  ///< over the data
  /// Where not null, gives up when it is raised.
  const std::atomic<bool>* stop = nullptr;
};

namespace optimum {

/// What a solver has left of its limits.
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

}  // namespace optimum

/// "" where the workload is convex and a finite optimum is certain, else why there is no computed
/// optimum and what to use instead.
std::string why_no_optimum(const WorkloadOptions& options);

/// Where a search begins and ends. What is found does not depend on it but in how long it takes: at
/// a solution, a few passes, which prove that it is one.
struct OptimumPoint {
  std::vector<double> w;            ///< laid out as the Problem's parameters; empty: 0
  std::vector<double> multipliers;  ///< of the svm: the dual solution, one of each row in [0, 1]
};

/// Throws UsageError where why_no_optimum() has a reason, and NotConverged. `solution`, where not
/// null, is set to w, laid out as the Problem's parameters. The search begins at `point`, where not
/// null and no worse than 0, and sets it to the solution.
Optimum find_optimum(const Problem& problem, const WorkloadOptions& options, const TrainTest& data,
                     const ParallelFor& parallel, const OptimumLimits& limits = {},
                     std::vector<double>* solution = nullptr, OptimumPoint* point = nullptr);

}  // namespace sgdbench

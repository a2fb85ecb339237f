// Is what a backend computes the gradient? Checked before anything is timed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.h"
#include "backends/protocols/protocol.h"
#include "workloads/problem.h"

namespace sgdbench {

/// Another problem, but for what a subclass overrides.
class LikeProblem : public Problem {
 public:
  /// `other` must outlive this.
  explicit LikeProblem(const Problem& other) : other_(other) {}
  std::size_t examples() const override { return other_.examples(); }
  std::size_t parameters() const override { return other_.parameters(); }
  std::size_t regularised() const override { return other_.regularised(); }
  double l2() const override { return other_.l2(); }
  bool has_test() const override { return other_.has_test(); }
  bool classifies() const override { return other_.classifies(); }
  bool uses_dense_kernels() const override { return other_.uses_dense_kernels(); }
  void initialise(std::span<Real> w, std::uint64_t seed) const override {
    other_.initialise(w, seed);
  }
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override {
    return other_.make_worker(options);
  }
  RuleInput rule_input() const override { return other_.rule_input(); }
  RowSums sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                   std::size_t end) const override {
    return other_.sum_rows(w, part, begin, end);
  }
  std::size_t rows(Part part) const override { return other_.rows(part); }
  std::size_t suggested_batch() const override { return other_.suggested_batch(); }
  double suggested_step(std::size_t batch) const override { return other_.suggested_step(batch); }
  double suggested_step_of_loss(std::size_t batch) const override {
    return other_.suggested_step_of_loss(batch);
  }
  std::string_view suggested_schedule() const override { return other_.suggested_schedule(); }
  void reference_gradient(std::span<const double> w, std::span<const std::uint32_t> rows,
                          std::span<double> gradient) const override {
    other_.reference_gradient(w, rows, gradient);
  }
  void reference_spread(std::span<const double> z, std::span<const std::uint32_t> rows,
                        std::span<double> spread) const override {
    other_.reference_spread(z, rows, spread);
  }
  double reference_loss(std::span<const double> w,
                        std::span<const std::uint32_t> rows) const override {
    return other_.reference_loss(w, rows);
  }

 private:
  const Problem& other_;
};

struct Verification {
  bool ok = false;
  double error = 0;    ///< the largest relative difference found
  std::string reason;  ///< what differs, and where; "" when ok
};

/// The workload's naive reference gradient against central differences of its naive reference
/// loss, and the reported loss against the reference loss, at a random point.
Verification verify_workload(const Problem& problem, std::uint64_t seed);

/// Up to three updates of this backend from a random start against the same along the reference
/// gradients of what landed.
Verification verify_backend(const BackendEntry& backend, const RunSpec& spec,
                            const Problem& problem);

/// A run recomputed in double from what it says of itself: which examples landed in which update,
/// and from which version of the parameters they were computed.
///
/// Beside the path stands how far single precision may be from it. The gradient of many examples,
/// or of a network, can be small where what it is made of is large, and no share of the result
/// bounds its error then. So the path is followed again on other tracks, on which every number is
/// rounded at random as single precision rounds, only more coarsely; a track ends as far from the
/// path as rounding can lead. Along with that goes a bound of what is rounded at the end of each
/// step alone:
///
///   16·u·(γ·1/n ∑ᵢ |∇fᵢ(w)| + |w|)     at every coordinate, with u = 2⁻²⁴
///
/// and, for what cancels inside of a network, 10⁻⁴ of the way that the parameter went that moved
/// most.
///
/// Source: Higham, "Accuracy and stability of numerical algorithms", 2nd edition, chapters 3 and 4;
/// random rounding: Vignes, "A stochastic arithmetic for reliable scientific computation", 1993.
struct ReferencePath {
  std::vector<double> w;          ///< the parameters after the last update
  std::vector<double> tolerance;  ///< per parameter: how far single precision may be from it
  double largest = 0;             ///< the largest absolute value in any gradient or parameter
};

/// Where `landings` lead from `start`, under the rule, the (constant) step size and the staleness
/// policy of `spec`. `protocol` says what travelled.
ReferencePath reference_path(const Problem& problem, const RunSpec& spec,
                             const ProtocolTraits& protocol, std::span<const Real> start,
                             std::vector<LandedTask> landings);

/// 1/n ∑ᵢ ∇fᵢ(w) over `rows`, and 1/n ∑ᵢ |∇fᵢ(w)| in `terms`. Of very many examples with very many
/// coordinates those of a few together are one term.
void reference_terms(const Problem& problem, std::span<const double> w,
                     std::span<const std::uint32_t> rows, std::span<double> gradient,
                     std::span<double> terms);

}  // namespace sgdbench

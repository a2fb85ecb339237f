// Checks against the naive double-precision references of workloads/reference.h, at random points,
// where no kernel can hide behind zeros.
//
// A backend is checked as a whole: it is run for one update from a random start, and what it did to
// the parameters must be one step along the reference gradient of the examples that landed.

#include "backends/verification.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "backends/protocols/protocol.h"
#include "workloads/random.h"
#include "workloads/sample_order.h"

namespace sgdbench {
namespace {

// Single-precision sums of some thousand terms against double: 2⁻²⁴·√n with room.
constexpr double kTolerance = 1e-3;
// Central differences in double, h = 1e-5: truncation h² and rounding 1e-16/h.
constexpr double kDifferenceTolerance = 1e-5;
constexpr std::size_t kRowsChecked = 32;
constexpr std::size_t kCoordinatesChecked = 64;

/// A problem that starts from random parameters instead of its own.
class RandomStart final : public Problem {
 public:
  explicit RandomStart(const Problem& problem) : problem_(problem) {}

  void initialise(std::span<Real> w, std::uint64_t seed) const override {
    // Small next to 1, so that squashing functions stay away from their flat ends.
    Random random(mix(seed, 0x5eed));
    for (auto& x : w) x = static_cast<Real>(0.2 * random.normal());
  }

  std::size_t examples() const override { return problem_.examples(); }
  std::size_t parameters() const override { return problem_.parameters(); }
  std::size_t regularised() const override { return problem_.regularised(); }
  double l2() const override { return problem_.l2(); }
  bool has_test() const override { return problem_.has_test(); }
  bool classifies() const override { return problem_.classifies(); }
  bool uses_dense_kernels() const override { return problem_.uses_dense_kernels(); }
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override {
    return problem_.make_worker(options);
  }
  RowSums sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                   std::size_t end) const override {
    return problem_.sum_rows(w, part, begin, end);
  }
  std::size_t rows(Part part) const override { return problem_.rows(part); }
  std::size_t suggested_batch() const override { return problem_.suggested_batch(); }
  double suggested_step(std::size_t batch) const override { return problem_.suggested_step(batch); }
  void reference_gradient(std::span<const double> w, std::span<const std::uint32_t> rows,
                          std::span<double> gradient) const override {
    problem_.reference_gradient(w, rows, gradient);
  }
  double reference_loss(std::span<const double> w,
                        std::span<const std::uint32_t> rows) const override {
    return problem_.reference_loss(w, rows);
  }

 private:
  const Problem& problem_;
};

std::vector<double> to_double(std::span<const Real> w) {
  return {w.begin(), w.end()};
}

std::string where(std::string_view what, std::size_t coordinate, double got, double wanted) {
  return std::string(what) + " at coordinate " + std::to_string(coordinate) + ": " +
         std::to_string(got) + ", should be " + std::to_string(wanted);
}

/// The largest |got − wanted| relative to the largest |wanted|.
Verification compare(std::string_view what, std::span<const double> got,
                     std::span<const double> wanted, double tolerance) {
  double scale = 1e-12, worst = 0;
  std::size_t at = 0;
  for (const double x : wanted) scale = std::max(scale, std::abs(x));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double error = std::abs(got[i] - wanted[i]);
    if (error > worst || !std::isfinite(got[i])) worst = error, at = i;
    if (!std::isfinite(got[i])) break;
  }
  Verification verdict{std::isfinite(worst) && worst <= tolerance * scale, worst / scale, ""};
  if (!verdict.ok) verdict.reason = where(what, at, got[at], wanted[at]);
  return verdict;
}

std::vector<std::uint32_t> first_rows(const Problem& problem) {
  std::vector<std::uint32_t> rows(std::min(kRowsChecked, problem.examples()));
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

/// Zeroes the parameters of features that no example has. Training leaves them at zero, and no
/// estimate on the support of examples can see their part of the regulariser.
void clear_unused(const Problem& problem, std::span<const std::uint32_t> all, std::span<Real> w) {
  std::vector<double> gradient(w.size());
  problem.reference_gradient(to_double(w), all, gradient);
  for (std::size_t i = 0; i < w.size(); ++i)
    if (gradient[i] == 0) w[i] = 0;
}

/// Where `updates` updates of step 1 along the reference gradients of the first `landed` examples
/// lead from w.
std::vector<double> reference_path(const Problem& problem, const RunSpec& spec,
                                   std::vector<double> w, std::size_t landed,
                                   std::uint64_t updates) {
  const SampleOrder order(problem.examples(), updates, spec.shuffle, spec.seed);
  std::vector<std::uint32_t> scratch(landed);
  std::vector<double> g(w.size()), v(w.size());
  const double mu = spec.rule.momentum;
  std::size_t begin = 0;
  for (std::uint64_t t = 0; t < updates; ++t) {
    const std::size_t end = begin + (landed - begin + updates - t - 1) / (updates - t);
    // Two updates of a whole data set each are two epochs.
    const std::uint64_t epoch = begin / problem.examples();
    const std::size_t first = epoch * problem.examples();
    problem.reference_gradient(w, order.rows(epoch, begin - first, end - first, scratch), g);
    for (std::size_t i = 0; i < w.size(); ++i) {
      v[i] = mu * v[i] + g[i];
      w[i] -= spec.rule.kind == Rule::Kind::nesterov ? g[i] + mu * v[i] : v[i];
    }
    begin = end;
  }
  return w;
}

Verification check_differences(const Problem& problem, std::vector<double> w, Random& random) {
  const auto rows = first_rows(problem);
  std::vector<double> gradient(w.size());
  problem.reference_gradient(w, rows, gradient);
  // Coordinates of largest slope as well as random ones: on sparse data most slopes are zero.
  std::vector<std::size_t> checked(w.size());
  std::iota(checked.begin(), checked.end(), std::size_t{0});
  const auto half = std::min(kCoordinatesChecked / 2, checked.size());
  std::partial_sort(
      checked.begin(), checked.begin() + static_cast<std::ptrdiff_t>(half), checked.end(),
      [&](std::size_t a, std::size_t b) { return std::abs(gradient[a]) > std::abs(gradient[b]); });
  checked.resize(half);
  for (std::size_t i = 0; i < half; ++i) checked.push_back(random.below(w.size()));

  std::vector<double> slopes, wanted;
  for (const std::size_t i : checked) {
    constexpr double h = 1e-5;
    const double kept = w[i];
    w[i] = kept + h;
    const double above = problem.reference_loss(w, rows);
    w[i] = kept - h;
    const double below = problem.reference_loss(w, rows);
    w[i] = kept;
    slopes.push_back((above - below) / (2 * h));
    wanted.push_back(gradient[i]);
  }
  return compare("central difference against reference gradient", slopes, wanted,
                 kDifferenceTolerance);
}

}  // namespace

Verification verify_workload(const Problem& problem, std::uint64_t seed) {
  if (problem.parameters() == 0) return {true, 0, ""};
  AlignedVector<Real> w(problem.parameters());
  RandomStart(problem).initialise(w, seed);
  std::vector<std::uint32_t> all(problem.examples());
  std::iota(all.begin(), all.end(), 0U);
  clear_unused(problem, all, w);
  Random random(mix(seed, 0xd1ff));
  Verification verdict = check_differences(problem, to_double(w), random);
  if (!verdict.ok) return verdict;

  // The mean over all rows of the reference's support estimate is the regulariser itself.
  const double reported = evaluate(problem, w, Part::train, serial_for).loss;
  const double reference = problem.reference_loss(to_double(w), all);
  const double error = std::abs(reported - reference) / std::max(1e-12, std::abs(reference));
  if (!(error <= kTolerance))
    return {
        false, error,
        "reported loss " + std::to_string(reported) + ", reference " + std::to_string(reference)};
  return {true, std::max(error, verdict.error), ""};
}

Verification verify_backend(const BackendEntry& backend, const RunSpec& asked,
                            const Problem& problem) {
  if (problem.parameters() == 0) return {true, 0, ""};
  const RandomStart start(problem);
  RunSpec spec = asked;
  // A rule with a state shows what it does with it in its second update only.
  const std::uint64_t updates = spec.rule.slots() > 1 && backend.deterministic(spec) ? 2 : 1;
  spec.epochs = spec.updates = updates;
  spec.max_seconds = 0;
  spec.conditions = momentary(spec.conditions);  // the same path through the strategy
  spec.evaluations = 1;
  spec.protocol = single_step_form(spec.protocol);
  spec.step = {};
  spec.step.initial = 1;  // a small step would drown in the rounding of w

  AlignedVector<Real> before(problem.parameters());
  start.initialise(before, spec.seed);
  const std::atomic<bool> never{false};
  const RunOutcome outcome = backend.make(spec, start)->run(spec, never);
  if (outcome.stopped == Stopped::time_limit)
    return {false, 0, "its clock ended before its first update: take shorter times"};
  if (outcome.updates != updates)
    return {false, 0,
            "made " + std::to_string(outcome.updates) + " updates, not " + std::to_string(updates)};
  std::size_t landed = 0;
  for (const auto& worker : outcome.workers) landed += worker.applied;

  const auto wanted = reference_path(problem, spec, to_double(before), landed, updates);
  std::vector<double> path(wanted.size()), got(wanted.size());
  const auto& after = outcome.curve.back().parameters;
  for (std::size_t i = 0; i < got.size(); ++i) {
    path[i] = double{before[i]} - wanted[i];
    got[i] = double{before[i]} - double{after[i]};
  }
  return compare("step", got, path, kTolerance);
}

}  // namespace sgdbench

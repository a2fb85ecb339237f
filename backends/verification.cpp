// Checks against the naive double-precision references of workloads/reference.h, at random points,
// where no kernel can hide behind zeros.
//
// A backend is checked as a whole: it is run for a few updates from a random start, and must end
// where the reference gradients of what it says has landed lead, each at the version that it was
// computed from (verification.h). Two updates show what a rule does with its state, and a third
// what a worker does that comes back to the server. A backend that can't say what landed makes its
// updates in the order of the examples, or no more than one.

#include "backends/verification.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "backends/protocols/protocol.h"
#include "workloads/random.h"
#include "workloads/sample_order.h"

namespace sgdbench {
namespace {

// Single-precision sums of some thousand terms against double: 2⁻²⁴·√n with room.
constexpr double kTolerance = 1e-3;
// Small next to 1, so that squashing functions stay away from their flat ends.
constexpr double kStartScale = 0.2;
// Central differences in double, h = 1e-5: truncation h² and rounding 1e-16/h.
constexpr double kDifference = 1e-5, kDifferenceTolerance = 1e-5;
constexpr std::size_t kFewWorkers = 16;
constexpr std::size_t kRowsChecked = 32;
constexpr std::size_t kExamplesOfFull = 512;  ///< at least, in a full gradient at an anchor
constexpr std::size_t kCoordinatesChecked = 64;

/// A problem that starts from random parameters instead of its own, and of whose examples so many
/// are left.
class RandomStart final : public LikeProblem {
 public:
  explicit RandomStart(const Problem& problem) : RandomStart(problem, problem.examples()) {}
  RandomStart(const Problem& problem, std::size_t examples)
      : LikeProblem(problem), examples_(std::min(examples, problem.examples())) {}

  void initialise(std::span<Real> w, std::uint64_t seed) const override {
    Random random(mix(seed, 0x5eed));
    for (auto& x : w) x = static_cast<Real>(kStartScale * random.normal());
  }
  std::size_t examples() const override { return examples_; }
  RuleInput rule_input() const override {
    RuleInput input = LikeProblem::rule_input();
    input.examples = examples_;
    return input;
  }

 private:
  std::size_t examples_;
};

std::vector<double> to_double(std::span<const Real> w) {
  return {w.begin(), w.end()};
}

std::string number(double x) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, x, std::chars_format::general, 6).ptr};
}

std::string where(std::string_view what, std::size_t coordinate, double got, double wanted) {
  return std::string(what) + " at coordinate " + std::to_string(coordinate) + ": " + number(got) +
         ", should be " + number(wanted);
}

/// The largest |got − wanted| relative to the largest |wanted|; `rounding` is let pass beside it.
Verification compare(std::string_view what, std::span<const double> got,
                     std::span<const double> wanted, double tolerance, double rounding) {
  double scale = 1e-300, worst = 0;
  std::size_t at = 0;
  for (const double x : wanted) scale = std::max(scale, std::abs(x));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double error = std::abs(got[i] - wanted[i]);
    if (error > worst || !std::isfinite(got[i])) worst = error, at = i;
    if (!std::isfinite(got[i])) break;
  }
  Verification verdict{std::isfinite(worst) && worst <= tolerance * scale + rounding, worst / scale,
                       ""};
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

/// The landings of a backend whose updates follow one another: each read what the last one left.
std::vector<LandedTask> in_order(std::size_t examples, std::size_t landed, std::uint64_t updates) {
  std::vector<LandedTask> all;
  std::size_t begin = 0;
  for (std::uint64_t t = 0; t < updates; ++t) {
    const std::size_t end = begin + (landed - begin + updates - t - 1) / (updates - t);
    // Two updates of a whole data set each are two epochs.
    const std::uint64_t epoch = begin / examples;
    const std::size_t first = epoch * examples;
    all.push_back({t + 1, 0, whole_task({epoch, begin - first, end - first, end - begin, t}), t});
    begin = end;
  }
  return all;
}

/// A step whose first update is about as long as the parameters are large, so that neither drowns
/// in the other's rounding; where the gradient is next to nothing beside what it is made of, less.
double visible_step(const Problem& problem, const RunSpec& spec, std::span<const Real> w) {
  if (rule_entry(spec.rule.name).usual_step != 0) return kStartScale;
  const SampleOrder order(problem.examples(), 1, spec.shuffle, spec.seed);
  std::vector<std::uint32_t> scratch(std::min(problem.examples(), spec.batch * spec.workers));
  std::vector<double> g(w.size()), terms(w.size());
  reference_terms(problem, to_double(w), order.rows(0, 0, scratch.size(), scratch), g, terms);
  double top = 0;
  for (std::size_t i = 0; i < g.size(); ++i) top = std::max({top, std::abs(g[i]), 1e-5 * terms[i]});
  return top > 0 ? std::clamp(kStartScale / top, 1e-36, 1e36) : 1;
}

/// Where the run ended against where its landings lead, relative to the way there.
Verification compare(const ReferencePath& path, std::span<const Real> before,
                     std::span<const Real> after) {
  constexpr double kLargest = std::numeric_limits<Real>::max();
  if (!(path.largest <= kLargest))
    return {false, 0,
            "single precision ends at " + number(kLargest) + ", and its numbers reach " +
                number(path.largest) + ": scale the data"};
  double way = 1e-300, worst = 0, farthest = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    way = std::max(way, std::abs(path.w[i] - double{before[i]}));
    const double error = std::abs(path.w[i] - double{after[i]});
    if (!std::isfinite(after[i])) return {false, error, where("step", i, after[i], path.w[i])};
    farthest = std::max(farthest, error);
    if (error > worst * path.tolerance[i]) worst = error / path.tolerance[i], at = i;
  }
  Verification verdict{worst <= 1, farthest / way, ""};
  if (!verdict.ok)
    verdict.reason =
        where("step", at, double{before[at]} - double{after[at]}, double{before[at]} - path.w[at]);
  return verdict;
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
  double largest = 0;  // of the losses, whose own rounding is all that a small slope is left with
  for (const std::size_t i : checked) {
    const double kept = w[i];
    w[i] = kept + kDifference;
    const double above = problem.reference_loss(w, rows);
    w[i] = kept - kDifference;
    const double below = problem.reference_loss(w, rows);
    w[i] = kept;
    largest = std::max({largest, std::abs(above), std::abs(below)});
    slopes.push_back((above - below) / (2 * kDifference));
    wanted.push_back(gradient[i]);
  }
  const double rounding = static_cast<double>(rows.size()) *
                          std::numeric_limits<double>::epsilon() * largest / kDifference;
  return compare("central difference against reference gradient", slopes, wanted,
                 kDifferenceTolerance, rounding);
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
  RunSpec spec = asked;
  const auto rule = problem.make_rule(spec.rule);
  const bool has_state = rule->vectors() > 1;
  std::uint64_t updates = has_state && backend.deterministic(spec) ? 2 : 1;
  if (backend.lists_landings) updates = spec.workers > 1 ? 3 : 2;
  spec.epochs = spec.updates = updates;
  // The naive reference of a network's full gradient is slow.
  const std::size_t enough = std::max(kExamplesOfFull, updates * spec.batch * spec.workers);
  const RandomStart start(problem, rule->has_anchor() ? enough : problem.examples());
  spec.max_seconds = 0;
  spec.conditions = momentary(spec.conditions);  // the same path through the strategy
  // Nothing is recorded: what records is on few updates a loop of its own, which looks for lost
  // updates, and what is checked here is the one that is timed.
  spec.recording = false;
  spec.landings = true;
  if (backend.uses_exchange) spec.exchange = spec.batch;  // a step is an update
  // Each replica is trained once more in double: of very many, one step.
  if (backend.uses_protocol)
    spec.protocol = short_form(spec.protocol, spec.workers <= kFewWorkers ? 2 : 1);

  AlignedVector<Real> before(problem.parameters());
  start.initialise(before, spec.seed);
  const StepSize& of = asked.step;
  spec.step = {.policy = of.policy, .compensation = of.compensation};
  spec.step.initial = visible_step(start, spec, before);
  const std::atomic<bool> never{false};
  const RunOutcome outcome = backend.make(spec, start)->run(spec, never);
  if (outcome.stopped == Stopped::time_limit)
    return {false, 0, "its clock ended before its first update: take shorter times"};
  if (outcome.updates != updates)
    return {false, 0,
            "made " + std::to_string(outcome.updates) + " updates, not " + std::to_string(updates)};
  std::size_t landed = 0, listed = 0;
  std::vector<LandedTask> landings;
  for (const auto& worker : outcome.workers) {
    landed += worker.applied;
    landings.insert(landings.end(), worker.landings.begin(), worker.landings.end());
  }
  if (!backend.lists_landings) landings = in_order(start.examples(), landed, updates);
  for (const auto& landing : landings) listed += landing.task.examples;
  if (listed != landed)
    return {false, 0,
            std::to_string(landed) + " examples landed, and it lists " + std::to_string(listed)};
  ProtocolTraits protocol;
  if (backend.uses_protocol) protocol = make_protocol(spec.protocol, spec.workers)->traits();
  return compare(reference_path(start, spec, protocol, before, std::move(landings)), before,
                 outcome.curve.back().parameters);
}

}  // namespace sgdbench

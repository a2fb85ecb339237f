#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "backends/verification.h"
#include "workloads/random.h"
#include "workloads/rules/reference_rules.h"
#include "workloads/sample_order.h"

namespace sgdbench {
namespace {

constexpr double kUnit = 0x1p-24;   ///< u, of single precision
constexpr double kRounding = 16;    ///< roundings of a term that is added up
constexpr double kProduct = 64;     ///< roundings of a long sum of products, of 10⁴ terms
constexpr double kShare = 1e-4;     ///< of the longest way that a parameter went
constexpr std::size_t kTracks = 3;  ///< the path itself and two that are rounded
constexpr std::size_t kMostWork = std::size_t{1} << 24;  ///< coordinates looked at for all terms

/// [w | v], on every track.
using State = std::array<std::vector<double>, kTracks>;
using Gradients = std::array<std::vector<double>, kTracks>;

class Path {
 public:
  Path(const Problem& problem, const RunSpec& spec, const ProtocolTraits& protocol,
       std::span<const Real> start)
      : problem_(problem),
        spec_(spec),
        protocol_(protocol),
        order_(problem.examples(), spec.epochs, spec.shuffle, spec.seed),
        random_(mix(spec.seed, 0x0ff)),
        start_(start.begin(), start.end()),
        size_(start.size()),
        step_(spec.step.during(0).at(0)),
        average_from_(updates_before_average(spec.rule.average, spec.updates)),
        rule_(rule_entry(spec.rule.name)),
        policies_(kTracks, ReferencePolicy(spec.step, spec.workers, size_)),
        terms_(size_),
        noise_(size_) {
    State first;
    for (auto& track : first) {
      track.assign(start.begin(), start.end());
      track.resize(problem.make_rule(spec.rule)->state_size());
    }
    if (protocol.exchange == Exchange::elastic) first_ = first;
    if (rule_.estimate != Estimate::plain)
      memories_.assign(kTracks, ReferenceMemory(problem, spec.rule));
    full_gradients_ = problem.make_rule(spec.rule)->full_gradients(spec.seed);
    if (full_gradients_) next_full_ = full_gradients_();
    for (auto& gradient : gradients_) gradient.resize(size_);
    versions_.emplace(0, std::move(first));
  }

  /// The parts of one update; nobody later asks for a version before `oldest`.
  void update(std::span<const LandedTask> parts, std::uint64_t oldest) {
    make_full_gradients(parts[0].task.round);
    State next = newest();
    if (protocol_.exchange == Exchange::gradient)
      apply_gradients(next, parts);
    else if (protocol_.exchange == Exchange::average)
      average(next, parts);
    else
      meet(next, parts);
    const std::uint64_t number = versions_.rbegin()->first + 1;
    if (number > average_from_) {
      sum_.resize(size_);
      for (std::size_t i = 0; i < size_; ++i) sum_[i] += next[0][i];
    }
    versions_.emplace(number, std::move(next));
    versions_.erase(versions_.begin(), versions_.lower_bound(std::min(oldest, number)));
  }

  ReferencePath result() const {
    ReferencePath path;
    const State& state = newest();
    path.w.assign(state[0].begin(), state[0].begin() + static_cast<std::ptrdiff_t>(size_));
    path.largest = largest_;
    const double iterates = static_cast<double>(versions_.rbegin()->first - average_from_);
    for (std::size_t i = 0; i < sum_.size(); ++i) path.w[i] = sum_[i] / iterates;
    double way = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      way = std::max(way, std::abs(path.w[i] - start_[i]));
      path.largest = std::max(path.largest, std::abs(path.w[i]));
    }
    for (std::size_t i = 0; i < size_; ++i) {
      double apart = 0;
      for (std::size_t k = 1; k < kTracks; ++k) apart += std::abs(state[k][i] - state[0][i]);
      path.tolerance.push_back(2 * apart + noise_[i] + kShare * way);
    }
    return path;
  }

 private:
  const State& newest() const { return versions_.rbegin()->second; }
  std::span<double> w(State& state, std::size_t track) const {
    return std::span(state[track]).first(size_);
  }

  /// Those that are made before this mini-batch, which begins behind the border of its segment.
  void make_full_gradients(const Block& mini_batch) {
    bool due = false;
    const std::uint64_t begin = mini_batch.epoch * problem_.examples() + mini_batch.begin;
    while (full_gradients_ && next_full_ <= begin) {
      due = true;
      next_full_ = full_gradients_();
    }
    for (std::size_t k = 0; due && k < memories_.size(); ++k) {
      const State& now = newest();
      if (k > 0 && now[k] == now[0])
        memories_[k] = memories_[0];
      else
        memories_[k].make_full(std::span(now[k]).first(size_));
    }
  }

  void add_rows(const Block& block, std::vector<std::uint32_t>& rows) {
    scratch_.resize(block.end - block.begin);
    const auto more = order_.rows(block.epoch, block.begin, block.end, scratch_);
    rows.insert(rows.end(), more.begin(), more.end());
  }

  /// Adds weight·∇f over the rows, at `state`, to `sum`; corrected as it lands in that other state,
  /// if there is one.
  void add_gradient(const State& state, std::span<const std::uint32_t> rows, double weight,
                    Gradients& sum, const State* corrected_in = nullptr) {
    reference_terms(problem_, std::span(state[0]).first(size_), rows, gradients_[0], terms_);
    for (std::size_t k = 1; k < kTracks; ++k) {
      moved_.assign(state[k].begin(), state[k].begin() + static_cast<std::ptrdiff_t>(size_));
      for (double& x : moved_) x *= 1 + kProduct * kUnit * any();
      problem_.reference_gradient(moved_, rows, gradients_[k]);
      for (std::size_t i = 0; i < size_; ++i)
        gradients_[k][i] += kRounding * kUnit * terms_[i] * any();
    }
    for (std::size_t i = 0; i < size_; ++i) {
      largest_ = std::max(largest_, terms_[i]);
      // Where a step does not grow with the gradient, the other tracks alone tell what becomes of
      // it.
      if (rule_.usual_step == 0) noise_[i] += kRounding * kUnit * weight * step_ * terms_[i];
    }
    if (corrected_in != nullptr) correct(state, *corrected_in);
    for (std::size_t k = 0; k < kTracks; ++k)
      for (std::size_t i = 0; i < size_; ++i) sum[k][i] += weight * gradients_[k][i];
  }

  /// The gradients at `read` that land in `now`.
  void correct(const State& read, const State& now) {
    for (std::size_t k = 0; k < kTracks; ++k) {
      moved_.resize(size_);
      for (std::size_t i = 0; i < size_; ++i) {
        moved_[i] = now[k][i] - read[k][i];
        if (k > 0) moved_[i] += kRounding * kUnit * std::abs(now[k][i]) * any();
      }
      policies_[k].correct(gradients_[k], moved_);
      for (double& g : gradients_[k])
        if (k > 0) g *= 1 + kRounding * kUnit * any();
    }
  }

  void step(State& state, const Gradients& gradient, double factor = 1) {
    for (std::size_t k = 0; k < kTracks; ++k)
      rule_.reference(spec_.rule, state[k], gradient[k], factor * step_);
    for (std::size_t i = 0; i < size_; ++i)
      noise_[i] += kRounding * kUnit * std::abs(state[0][i]) + kSmallest;
  }

  void apply_gradients(State& next, std::span<const LandedTask> parts) {
    Gradients mean = zeros();
    std::map<std::uint64_t, std::vector<std::uint32_t>> of_version;
    std::uint64_t oldest = versions_.rbegin()->first;
    for (const auto& part : parts) {
      oldest = std::min(oldest, part.version);
      if (part.task.examples == 0) continue;
      auto& rows = of_version[part.version];
      add_rows(part.task.step(0), rows);
      if (!policies_[0].corrects()) continue;
      add_gradient(versions_.at(part.version), rows,
                   static_cast<double>(rows.size()) / count(parts), mean, &newest());
      rows.clear();
    }
    for (const auto& [version, rows] : of_version)
      if (!rows.empty())
        add_gradient(versions_.at(version), rows, static_cast<double>(rows.size()) / count(parts),
                     mean);
    for (std::size_t k = 0; k < memories_.size(); ++k) {
      std::vector<ReferenceMemory::Part> read;
      for (const auto& [version, rows] : of_version)
        read.push_back({w(versions_.at(version), k), rows});
      memories_[k].estimate(w(next, k), read, mean[k]);
      for (double& g : mean[k])
        if (k > 0) g *= 1 + kRounding * kUnit * any();
    }
    step(next, mean, policies_[0].factor(versions_.rbegin()->first - oldest));
  }

  void train(State& replica, const Task& task) {
    for (std::size_t k = 0; k < task.steps; ++k) {
      const Block one = task.step(k);
      if (one.begin == one.end) continue;
      Gradients gradient = zeros();
      std::vector<std::uint32_t> rows;
      add_rows(one, rows);
      add_gradient(replica, rows, 1, gradient);
      step(replica, gradient);
    }
  }

  void average(State& next, std::span<const LandedTask> parts) {
    const double examples = count(parts);
    if (examples == 0) return;
    State mean;
    for (auto& track : mean) track.resize(next[0].size());
    for (const auto& part : parts) {
      if (part.task.examples == 0) continue;
      State replica = versions_.at(part.version);
      train(replica, part.task);
      const double weight = static_cast<double>(part.task.examples) / examples;
      for (std::size_t k = 0; k < kTracks; ++k)
        for (std::size_t i = 0; i < mean[k].size(); ++i) mean[k][i] += weight * replica[k][i];
    }
    next = std::move(mean);
  }

  /// d = A·(x − x̃),  x ← x − d,  x̃ ← x̃ + d.
  void meet(State& centre, std::span<const LandedTask> parts) {
    for (const auto& part : parts) {
      State& replica = replicas_.try_emplace(part.worker, first_).first->second;
      train(replica, part.task);
      for (std::size_t k = 0; k < kTracks; ++k) {
        for (std::size_t i = 0; i < size_; ++i) {
          const double d = protocol_.alpha * (replica[k][i] - centre[k][i]);
          replica[k][i] -= d;
          centre[k][i] += d;
        }
      }
    }
  }

  Gradients zeros() const {
    Gradients all;
    for (auto& one : all) one.resize(size_);
    return all;
  }
  static double count(std::span<const LandedTask> parts) {
    std::size_t examples = 0;
    for (const auto& part : parts) examples += part.task.examples;
    return static_cast<double>(examples);
  }
  /// Anything from −1 to 1.
  double any() { return 2 * random_.uniform() - 1; }

  static constexpr double kSmallest = 0x1p-120;  ///< what vanishes below single precision's range

  const Problem& problem_;
  const RunSpec& spec_;
  const ProtocolTraits& protocol_;
  SampleOrder order_;
  Random random_;
  std::vector<double> start_;
  std::size_t size_;
  double step_;
  std::uint64_t average_from_;  ///< updates before an average over iterates
  const RuleEntry& rule_;
  std::vector<ReferencePolicy> policies_;    ///< on every track
  std::map<std::uint64_t, State> versions_;  ///< those that somebody may still ask for
  State first_;                              ///< elastic: what replicas start from
  std::map<std::size_t, State> replicas_;    ///< elastic: of each worker that was heard of
  Gradients gradients_;
  std::vector<ReferenceMemory> memories_;  ///< on every track, of a rule that has one
  FullGradients full_gradients_;           ///< where they are made, if they are
  std::uint64_t next_full_ = 0;
  std::vector<double> terms_, noise_, moved_;
  std::vector<double> sum_;  ///< of the iterates that are averaged; empty: there are none
  std::vector<std::uint32_t> scratch_;
  double largest_ = 0;
};

}  // namespace

void reference_terms(const Problem& problem, std::span<const double> w,
                     std::span<const std::uint32_t> rows, std::span<double> gradient,
                     std::span<double> terms) {
  const std::size_t pieces =
      std::clamp<std::size_t>(kMostWork / std::max<std::size_t>(1, w.size()), 1, rows.size());
  std::vector<double> one(w.size());
  std::fill(gradient.begin(), gradient.end(), 0.0);
  std::fill(terms.begin(), terms.end(), 0.0);
  for (std::size_t p = 0; p < pieces; ++p) {
    const std::size_t begin = p * rows.size() / pieces, end = (p + 1) * rows.size() / pieces;
    problem.reference_gradient(w, rows.subspan(begin, end - begin), one);
    const double weight = static_cast<double>(end - begin) / static_cast<double>(rows.size());
    // Terms of either sign that were added up already: what is left of k of them is about √k.
    const double lost = std::sqrt(static_cast<double>(end - begin));
    for (std::size_t i = 0; i < w.size(); ++i) {
      gradient[i] += weight * one[i];
      terms[i] += weight * lost * std::abs(one[i]);
    }
  }
}

ReferencePath reference_path(const Problem& problem, const RunSpec& spec,
                             const ProtocolTraits& protocol, std::span<const Real> start,
                             std::vector<LandedTask> landings) {
  // Within an update in the order of the plan; of one replica after the other in that of time.
  std::stable_sort(landings.begin(), landings.end(), [](const LandedTask& a, const LandedTask& b) {
    return std::pair(a.update, a.task.number) < std::pair(b.update, b.task.number);
  });
  std::vector<std::uint64_t> oldest(landings.size() + 1, UINT64_MAX);
  for (std::size_t i = landings.size(); i-- > 0;)
    oldest[i] = std::min(oldest[i + 1], landings[i].version);
  Path path(problem, spec, protocol, start);
  for (std::size_t begin = 0, end = 0; begin < landings.size(); begin = end) {
    while (end < landings.size() && landings[end].update == landings[begin].update) ++end;
    path.update(std::span(landings).subspan(begin, end - begin), oldest[end]);
  }
  return path.result();
}

}  // namespace sgdbench

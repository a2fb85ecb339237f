#include "cli/tuning/search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "results/statistics.h"
#include "results/targets.h"

namespace sgdbench {
namespace {

constexpr double kFactor = 2;                    ///< between two steps of the list
constexpr int kStepsBelow = 2, kStepsAbove = 3;  ///< of the automatic one, at the beginning
constexpr std::size_t kBatchFactor = 4;
constexpr std::size_t kBatches = 6;                 ///< 1, 4, …, 1024
constexpr std::size_t kSurvivors = 3;               ///< one in so many goes on to the next stage
constexpr std::array<double, 2> kShares{0.1, 0.3};  ///< of a run's epochs, in the early stages
constexpr std::size_t kSeeds = 3;                   ///< of the last stage
constexpr int kMostExtensions = 12;                 ///< of an edge
constexpr double kHopeless = 4;                     ///< times the best score: not worth going on
constexpr std::array<double, 5> kMomenta{-0.3, 0, 0.5, 0.9, 0.97};
constexpr double kTenth = 1.1, kTwice = 2;

/// A setting, and with each seed the epochs to the target that it needed, or the loss.
struct Tried {
  Settings settings;
  std::vector<Score> found;
  Score score;  ///< of all that is known
};

bool better(const Tried& a, const Tried& b) {
  return a.score < b.score;
}

class Search {
 public:
  Search(const SearchSpace& space,
         const std::function<TrialResult(const Settings&, const Allowance&)>& trial,
         const std::function<bool()>& stop)
      : space_(space), trial_(trial), stop_(stop) {}

  SearchResult result() {
    Settings best = space_.start;
    if (tunes(kTuneBatch) || tunes(kTuneStep)) best = halving(grid());
    if (tunes(kTuneExchange)) best = halving(exchanges(best));
    if (tunes(kTuneMomentum)) best = halving(momenta(best));
    finish(best);
    return result_;
  }

 private:
  bool tunes(Tunable what) const { return (space_.tuned & what) != 0; }

  double middle_step(std::size_t batch) const {
    return space_.step_at ? space_.step_at(batch) : space_.start.step;
  }
  /// The steps tried at a mini-batch: in factors of two around the automatic one.
  std::vector<double> steps_at(std::size_t batch) const {
    if (!tunes(kTuneStep)) return {middle_step(batch)};
    std::vector<double> steps;
    for (int k = -kStepsBelow; k <= kStepsAbove; ++k)
      steps.push_back(middle_step(batch) * std::pow(kFactor, k));
    return steps;
  }
  std::vector<std::size_t> batches() const {
    if (!tunes(kTuneBatch)) return {space_.start.batch};
    std::vector<std::size_t> list;
    for (std::size_t b = 1; list.size() < kBatches && b <= space_.most_batch; b *= kBatchFactor)
      list.push_back(b);
    // From the middle outwards: what is hopeless is seen to be so by what is not.
    const auto middle = static_cast<std::ptrdiff_t>(list.size() / 2);
    std::rotate(list.begin(), list.begin() + middle, list.end());
    return list;
  }
  std::vector<Settings> row(Settings at) const {
    std::vector<Settings> list;
    for (const double step : steps_at(at.batch)) {
      at.step = step;
      list.push_back(at);
    }
    return list;
  }
  std::vector<Settings> grid() const {
    std::vector<Settings> list;
    for (const auto batch : batches()) {
      auto at = space_.start;
      at.batch = batch;
      const auto more = row(at);
      list.insert(list.end(), more.begin(), more.end());
    }
    return list;
  }
  /// `best` with other steps beside each value of another setting, whose best step may differ.
  template <class Value, class Set>
  std::vector<Settings> beside(const Settings& best, const std::vector<Value>& values,
                               Set set) const {
    std::vector<Settings> list;
    for (const auto& value : values)
      for (const double factor : {1.0, 1 / kFactor, kFactor}) {
        Settings at = best;
        set(at, value);
        at.step *= factor;
        if (tunes(kTuneStep) || factor == 1) list.push_back(at);
      }
    return list;
  }
  std::vector<Settings> exchanges(const Settings& best) const {
    std::vector<std::uint64_t> values;
    for (const std::uint64_t times : {1, 4, 16}) {
      values.push_back(best.exchange * times);
      if (times > 1 && best.exchange / times > 0) values.push_back(best.exchange / times);
    }
    return beside(best, values, [](Settings& at, std::uint64_t value) { at.exchange = value; });
  }
  /// A gradient's whole effect is step / (1 − momentum): that is kept.
  std::vector<Settings> momenta(const Settings& best) const {
    return beside(best, std::vector<double>(kMomenta.begin(), kMomenta.end()),
                  [&](Settings& at, double value) {
                    if (tunes(kTuneStep)) at.step *= (1 - value) / (1 - best.momentum);
                    at.momentum = value;
                  });
  }

  void try_out(Tried& tried, Allowance allowance, const Score& best) {
    if (stop_()) return tried.found.push_back({});
    if (best.kind == Score::kKeptUp) allowance.give_up_after = kHopeless * best.value;
    ++result_.trials;
    const auto result = trial_(tried.settings, allowance);
    if (result.epoch_s) epochs_of(tried.settings).push_back(*result.epoch_s);
    tried.found.push_back(result.score);
  }

  /// Times of an epoch with everything but the step as it is here.
  std::vector<double>& epochs_of(Settings settings) {
    settings.step = 0;
    for (auto& [same, times] : epochs_)
      if (same == settings) return times;
    return epochs_.emplace_back(settings, std::vector<double>{}).second;
  }

  /// The median over the seeds, in seconds where these matter. Failed with one, failed with all.
  void judge(Tried& tried) {
    auto found = tried.found;
    std::sort(found.begin(), found.end());
    tried.score = found.back().kind == Score::kFailed ? Score{} : found[found.size() / 2];
    const auto& times = epochs_of(tried.settings);
    if (!times.empty()) tried.score.value *= median(times);
  }

  /// Tries all of them, then the best third for longer; returns the best.
  Settings halving(std::vector<Settings> list) {
    std::vector<Tried> tried;
    for (std::size_t stage = 0; stage < kShares.size(); ++stage) {
      tried.clear();
      Score best;
      for (const auto& settings : list) {
        auto& one = tried.emplace_back(Tried{settings, {}, {}});
        try_out(one, {stage, kShares[stage], stage}, best);
        judge(one);
        best = std::min(best, one.score);
      }
      std::for_each(tried.begin(), tried.end(), [this](Tried& one) { judge(one); });
      std::stable_sort(tried.begin(), tried.end(), better);
      list.clear();
      for (std::size_t i = 0; i <= (tried.size() - 1) / kSurvivors; ++i)
        list.push_back(tried[i].settings);
    }
    return tried.front().settings;
  }

  Tried measured(const Settings& settings, const Score& best) {
    Tried tried{settings, {}, {}};
    for (std::size_t seed = 0; seed < kSeeds; ++seed) {
      try_out(tried, {kShares.size(), 1, kShares.size() + seed}, best);
      if (tried.found.back().kind == Score::kFailed) break;
    }
    judge(tried);
    return tried;
  }

  /// The curve of scores along the step, with everything else as it is in `at`.
  std::vector<Tried> curve(const Settings& at) {
    std::vector<Tried> tried;
    Score best;
    const auto add = [&](double step, bool front) {
      Settings settings = at;
      settings.step = step;
      auto one = measured(settings, best);
      best = std::min(best, one.score);
      tried.insert(front ? tried.begin() : tried.end(), std::move(one));
    };
    add(at.step, false);
    if (!tunes(kTuneStep)) return tried;
    // Outwards from the best, until both ends are clearly worse.
    for (const bool front : {true, false})
      for (int k = 0; k < kMostExtensions && !stop_(); ++k) {
        const auto& edge = front ? tried.front() : tried.back();
        // Where a step fails, so do larger ones.
        if (far_from(edge.score, best) || (!front && edge.score.kind == Score::kFailed)) break;
        if (epochs_of(edge.settings).empty() && worsens_twice(tried, front)) break;
        add(front ? edge.settings.step / kFactor : edge.settings.step * kFactor, front);
      }
    std::for_each(tried.begin(), tried.end(), [this](Tried& one) { judge(one); });
    return tried;
  }
  /// A loss is nowhere twice its best: it is left when it has risen twice running.
  static bool worsens_twice(const std::vector<Tried>& tried, bool front) {
    const std::size_t n = tried.size();
    if (n < 3) return false;
    const auto& edge = front ? tried[0] : tried[n - 1];
    const auto& next = front ? tried[1] : tried[n - 2];
    const auto& inner = front ? tried[2] : tried[n - 3];
    return inner.score < next.score && next.score < edge.score;
  }
  /// Beyond twice the best, which itself may be anything.
  static bool far_from(const Score& score, const Score& best) {
    if (best.kind == Score::kFailed) return false;  // smaller steps may still do
    return score.kind != best.kind || score.value > kTwice * best.value;
  }

  void finish(Settings best) {
    auto tried = curve(best);
    if (tunes(kTuneBatch)) grow_batch(tried);
    const auto found = std::min_element(tried.begin(), tried.end(), better);
    // Where all failed, the smallest step says most.
    const auto& winner = found->score.kind == Score::kFailed ? tried.front() : *found;
    result_.best = winner.settings;
    result_.score = winner.score;
    if (!tunes(kTuneStep) || winner.score.kind == Score::kFailed) return;
    result_.within_tenth = range(tried, winner.score, kTenth);
    result_.within_twice = range(tried, winner.score, kTwice);
  }

  /// A best mini-batch at the end of the list makes the list longer.
  void grow_batch(std::vector<Tried>& tried) {
    for (;;) {
      const auto best = *std::min_element(tried.begin(), tried.end(), better);
      const std::size_t next = best.settings.batch * kBatchFactor;
      const auto listed = batches();
      const bool at_edge = best.settings.batch >= *std::max_element(listed.begin(), listed.end());
      if (!at_edge || next > space_.most_batch || stop_()) return;
      Settings at = best.settings;
      at.batch = next;
      at.step *= middle_step(next) / middle_step(best.settings.batch);
      auto larger = curve(at);
      if (!better(*std::min_element(larger.begin(), larger.end(), better), best)) return;
      tried = std::move(larger);
    }
  }

  static StepRange range(const std::vector<Tried>& tried, const Score& best, double factor) {
    StepRange range{std::numeric_limits<double>::infinity(), 0};
    for (const auto& one : tried)
      if (one.score.kind == best.kind && one.score.value <= factor * best.value) {
        range.low = std::min(range.low, one.settings.step);
        range.high = std::max(range.high, one.settings.step);
      }
    return range;
  }

  const SearchSpace& space_;
  const std::function<TrialResult(const Settings&, const Allowance&)>& trial_;
  const std::function<bool()>& stop_;
  std::vector<std::pair<Settings, std::vector<double>>> epochs_;
  SearchResult result_;
};

}  // namespace

SearchResult search(const SearchSpace& space,
                    const std::function<TrialResult(const Settings&, const Allowance&)>& trial,
                    const std::function<bool()>& stop) {
  return Search(space, trial, stop).result();
}

double predicted_length(double done, double start, double now, double target,
                        std::optional<double> floor) {
  const double times = way_to(start, now, target, floor);
  return std::isfinite(times) ? done * times : times;
}

}  // namespace sgdbench

#include "cli/tuning/search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "results/statistics.h"
#include "workloads/rules/rule.h"

namespace sgdbench {
namespace {

constexpr double kFactor = 2;                    ///< between two steps of the list
constexpr int kStepsBelow = 2, kStepsAbove = 3;  ///< of the automatic one, at the beginning
constexpr std::size_t kBatchFactor = 4;
constexpr std::size_t kBatches = 6;      ///< 1, 4, …, 1024, where nobody limits them
constexpr std::size_t kSurvivors = 3;    ///< one in so many goes on to the next stage
constexpr std::array kShares{0.1, 0.3};  ///< of a run's epochs, in the early stages
static_assert(kShares.size() == kLastStage);
constexpr std::size_t kSeeds = 3;      ///< of the last stage
constexpr std::size_t kMoreSeeds = 2;  ///< of those that may win
constexpr int kMostExtensions = 12;    ///< of an edge
constexpr double kHopeless = 4;        ///< times the best score: not worth going on
constexpr std::array<double, 5> kMomenta{-0.3, 0, 0.5, 0.9, 0.97};
constexpr double kMomentumFactor = 3;  ///< by which 1 − |momentum| shrinks beyond them
constexpr std::uint64_t kExchangeFactor = 4;
constexpr double kEqualProgress = 1.01;  ///< where the loss counts, and no time

class Search {
 public:
  Search(const SearchSpace& space,
         const std::function<TrialResult(const Settings&, const Allowance&)>& trial,
         const std::function<bool()>& stop)
      : space_(space), trial_(trial), stop_(stop) {}

  SearchResult result() {
    Settings best = space_.start;
    if (tunes(kTuneBatch) || tunes(kTuneStep)) best = best_of_grid();
    if (tunes(kTuneExchange)) best = best_exchange(best);
    if (tunes(kTuneMomentum)) best = best_momentum(best);
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
    for (std::size_t b = space_.least_batch; list.size() < kBatches && b <= space_.most_batch;
         b *= kBatchFactor)
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
  /// `at`, with other steps beside it where these are searched, as its best one may be another.
  std::vector<Settings> with_steps(Settings at) const {
    if (!tunes(kTuneStep)) return {at};
    std::vector<Settings> list;
    for (const double factor : {1.0, 1 / kFactor, kFactor}) {
      list.push_back(at);
      list.back().step *= factor;
    }
    return list;
  }

  /// The best along one setting: of the values listed, least first, and of those beyond an end as
  /// long as it is the best. `set(value)` are the settings with it; `next(value, up)` is the one
  /// beyond it, or itself where there is none.
  template <class Value, class Set, class Next>
  Settings along(std::vector<Value> values, Set set, Next next) {
    std::vector<Settings> list;
    const auto list_value = [&](const Value& value) {
      for (const auto& at : with_steps(set(value))) list.push_back(at);
    };
    std::for_each(values.begin(), values.end(), list_value);
    Tried best = halving(list).front();
    for (const bool up : {false, true})
      for (int k = 0; k < kMostExtensions && !stop_(); ++k) {
        const Value edge = up ? values.back() : values.front(), beyond = next(edge, up);
        const auto ends = with_steps(set(edge));
        const bool at_edge = std::any_of(ends.begin(), ends.end(),
                                         [&](const Settings& end) { return end == best.settings; });
        if (!at_edge || beyond == edge) break;
        values.insert(up ? values.end() : values.begin(), beyond);
        list.clear();
        list_value(beyond);
        const auto tried = stage(list, kShares.size() - 1);
        if (!better(tried.front(), best)) break;
        best = tried.front();
      }
    return best.settings;
  }
  Settings best_exchange(const Settings& best) {
    const auto most = std::max<std::uint64_t>(1, space_.most_exchange);
    const auto next = [most](std::uint64_t value, bool up) {
      if (!up) return std::max<std::uint64_t>(1, value / kExchangeFactor);
      return value > most / kExchangeFactor ? std::max(value, most) : value * kExchangeFactor;
    };
    std::vector<std::uint64_t> values{best.exchange};
    for (int k = 0; k < 2; ++k) {
      values.insert(values.begin(), next(values.front(), false));
      values.push_back(next(values.back(), true));
    }
    values.erase(std::unique(values.begin(), values.end()), values.end());
    const auto set = [best](std::uint64_t value) {
      Settings at = best;
      at.exchange = value;
      return at;
    };
    return along(values, set, next);
  }
  Settings best_momentum(const Settings& best) {
    // What a gradient comes to is kept, unless the step was given.
    const auto set = [&, best](double value) {
      Settings at = best;
      if (space_.step_at) at.step *= step_share(value) / step_share(best.momentum);
      at.momentum = value;
      return at;
    };
    const auto next = [](double value, bool up) {
      const double towards = up ? 1 : -1;
      return towards - (towards - value) / kMomentumFactor;
    };
    return along(std::vector<double>(kMomenta.begin(), kMomenta.end()), set, next);
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

  /// Tries all of them for as long as this stage does; returns them with the best first.
  std::vector<Tried> stage(const std::vector<Settings>& list, std::size_t number) {
    std::vector<Tried> tried;
    Score best;
    for (const auto& settings : list) {
      auto& one = tried.emplace_back(Tried{settings, {}, {}});
      try_out(one, {number, kShares[number], number}, best);
      judge(one);
      best = std::min(best, one.score);
    }
    judge_all(tried);
    std::stable_sort(tried.begin(), tried.end(), better);
    return tried;
  }
  /// Tries all of them, then the best third for longer; returns these with the best first.
  std::vector<Tried> halving(std::vector<Settings> list) {
    std::vector<Tried> tried;
    for (std::size_t number = 0; number < kShares.size(); ++number) {
      tried = stage(list, number);
      list.clear();
      for (std::size_t i = 0; i <= (tried.size() - 1) / kSurvivors; ++i)
        list.push_back(tried[i].settings);
    }
    return tried;
  }
  Settings best_of_grid() {
    const auto tried = halving(grid());
    const auto best = tried.front().settings;
    for (auto one = tried.rbegin(); one != tried.rend(); ++one)
      if (one->settings.batch != best.batch) runner_up_ = one->settings;
    return best;
  }

  /// With so many seeds of the last stage in all, none of them twice; one that fails needs no more.
  void measure(Tried& tried, std::size_t seeds, const Score& best) {
    auto& known = measured(tried.settings);
    if (known.size() > tried.found.size()) tried.found = known;
    while (tried.found.size() < seeds) {
      try_out(tried, {kShares.size(), 1, kShares.size() + tried.found.size()}, best);
      if (tried.found.back().kind == Score::kFailed) break;
    }
    measured(tried.settings) = tried.found;
    judge(tried);
  }
  /// What the last stage found of these settings, seed by seed.
  std::vector<Score>& measured(const Settings& settings) {
    for (auto& [same, found] : measured_)
      if (same == settings) return found;
    return measured_.emplace_back(settings, std::vector<Score>{}).second;
  }
  void judge_all(std::vector<Tried>& tried) {
    std::for_each(tried.begin(), tried.end(), [this](Tried& one) { judge(one); });
  }

  /// The curve of scores along the step, with everything else as it is in `at`.
  std::vector<Tried> curve(const Settings& at) {
    std::vector<Tried> tried;
    Score best;
    const auto add = [&](double step, bool front) {
      Settings settings = at;
      settings.step = step;
      Tried one{settings, {}, {}};
      measure(one, 1, best);
      // A step that one seed says is of no use is not worth the others.
      if (!is_useless(one.score, best)) measure(one, kSeeds, best);
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
    judge_all(tried);
    return tried;
  }
  /// Time falls with the step until training fails, so the best of the list may be up to twice as
  /// slow as one above it, or next to failure: adds the steps half-way to its neighbours.
  void refine(std::vector<Tried>& tried) {
    if (!tunes(kTuneStep)) return;
    const auto best = best_of(tried);
    if (best.score.kind == Score::kFailed || std::isinf(best.score.value)) return;
    for (const double factor : {1 / std::sqrt(kFactor), std::sqrt(kFactor)}) {
      if (stop_()) return;
      Tried one{best.settings, {}, {}};
      one.settings.step *= factor;
      measure(one, kSeeds, best.score);
      const auto after = std::find_if(tried.begin(), tried.end(), [&](const Tried& other) {
        return other.settings.step > one.settings.step;
      });
      tried.insert(after, std::move(one));
    }
    judge_all(tried);
  }

  /// Of the steps that do about as well as the best, the smallest.
  const Tried& steadiest(std::vector<Tried>& tried) {
    const auto best = [&] { return best_of(tried).score; };
    const auto is_close = [&](const Tried& one, const Score& least) {
      const bool timed = !epochs_of(one.settings).empty();
      return one.score.kind == least.kind &&
             one.score.value <= (timed ? kTenth : kEqualProgress) * least.value;
    };
    if (tunes(kTuneStep)) {
      const Score before = best();
      for (auto& one : tried)
        if (before.kind != Score::kFailed && is_close(one, before))
          measure(one, kSeeds + kMoreSeeds, before);
      judge_all(tried);
    }
    // Where all failed, the smallest step says most.
    return *std::find_if(tried.begin(), tried.end(),
                         [&](const Tried& one) { return is_close(one, best()); });
  }

  void finish(Settings best) {
    auto tried = curve(best);
    if (runner_up_ && !stop_()) try_runner_up(tried, *runner_up_);
    if (tunes(kTuneBatch)) {
      grow_batch(tried);
      try_between(tried);
    }
    refine(tried);
    const auto& winner = steadiest(tried);
    result_.best = winner.settings;
    result_.score = winner.score;
    if (!tunes(kTuneStep) || winner.score.kind == Score::kFailed) return;
    const auto least = best_of(tried).score;
    result_.within_tenth = range(tried, least, kTenth);
    result_.within_twice = range(tried, least, kTwice);
  }

  /// A best mini-batch at the end of the list makes the list longer.
  void grow_batch(std::vector<Tried>& tried) {
    for (;;) {
      const auto best = best_of(tried);
      const std::size_t next = best.settings.batch * kBatchFactor;
      const auto listed = batches();
      const bool at_edge = best.settings.batch >= *std::max_element(listed.begin(), listed.end());
      if (!at_edge || next > space_.most_batch || stop_()) return;
      if (!replace_if_better(tried, curve(with_batch(best.settings, next)))) return;
    }
  }
  /// The step goes with the mini-batch as the automatic one does.
  Settings with_batch(Settings at, std::size_t batch) const {
    at.step *= middle_step(batch) / middle_step(at.batch);
    at.batch = batch;
    return at;
  }
  static bool replace_if_better(std::vector<Tried>& tried, std::vector<Tried> others) {
    if (!better(best_of(others), best_of(tried))) return false;
    tried = std::move(others);
    return true;
  }

  /// Early trials are short and flatter some mini-batches: the second best of them has trials of
  /// the last stage too, for as long as it may win, and all of a curve if it does.
  void try_runner_up(std::vector<Tried>& tried, Settings at) {
    const auto best = best_of(tried);
    if (space_.step_at) at.step *= step_share(best.settings.momentum) / step_share(at.momentum);
    at.momentum = best.settings.momentum, at.exchange = best.settings.exchange;
    Tried other{at, {}, {}};
    measure(other, 1, best.score);
    if (!far_from(other.score, best.score)) measure(other, kSeeds, best.score);
    if (better(other, best)) replace_if_better(tried, curve(at));
  }

  /// Mini-batches half-way to those beside the best in the list.
  void try_between(std::vector<Tried>& tried) {
    const auto best = best_of(tried).settings;
    for (const std::size_t batch : {best.batch / 2, best.batch * 2})
      if (batch >= space_.least_batch && batch <= space_.most_batch && !stop_())
        try_runner_up(tried, with_batch(best, batch));
  }

  const SearchSpace& space_;
  const std::function<TrialResult(const Settings&, const Allowance&)>& trial_;
  const std::function<bool()>& stop_;
  std::vector<std::pair<Settings, std::vector<double>>> epochs_;
  std::vector<std::pair<Settings, std::vector<Score>>> measured_;
  std::optional<Settings> runner_up_;  ///< the best of the grid with another mini-batch
  SearchResult result_;
};

}  // namespace

SearchResult search(const SearchSpace& space,
                    const std::function<TrialResult(const Settings&, const Allowance&)>& trial,
                    const std::function<bool()>& stop) {
  return Search(space, trial, stop).result();
}

}  // namespace sgdbench

#include "cli/conclusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/labels.h"
#include "cli/text.h"
#include "results/targets.h"

namespace sgdbench {
namespace {

constexpr double kNearBest = 0.02;  ///< of the best loss, to be compared by time per epoch
constexpr std::string_view kAmong = " of those within 2 % of the best loss";

using Members = std::vector<const Aggregate*>;

/// What is compared: who takes part, by which time, and what it is the time to.
struct Race {
  Members members;  ///< fastest first
  std::optional<Spread> Aggregate::*time;
  std::string goal;
  bool to_target = false;
  std::string_view among = "";  ///< whom the first one is compared with
};

double time_of(const Race& race, const Aggregate& member) {
  return (member.*race.time)->median;
}

std::string target_text(const RunRecord& row) {
  std::string text;
  if (row.target_loss && !row.target.empty())
    text = fmt::format("{} {}", row.target.substr(row.target.rfind(',') + 1),
                       row.target_measure == to_string(Measure::relative)
                           ? "above the optimum"
                           : "of the initial suboptimality");
  else if (row.target_loss)
    text = fmt::format("a loss of {:g}", *row.target_loss);
  if (row.target_accuracy)
    text += fmt::format("{}{:g} % held-out accuracy", text.empty() ? "" : " and ",
                        100 * *row.target_accuracy);
  return text;
}

void sort_by_time(Race& race) {
  std::stable_sort(race.members.begin(), race.members.end(),
                   [&](const Aggregate* a, const Aggregate* b) {
                     return time_of(race, *a) < time_of(race, *b);
                   });
}

Race race_to_target(const AggregateGroup& group) {
  Race race{{}, &Aggregate::time_to_target_s, target_text(*group.members.front().first), true};
  for (const auto& member : group.members)
    if (member.time_to_target_s) race.members.push_back(&member);
  sort_by_time(race);
  return race;
}

Race race_per_epoch(const AggregateGroup& group) {
  Race race{{}, &Aggregate::epoch_s, "an epoch", false, kAmong};
  const Aggregate* best = nullptr;
  for (const auto& member : group.members)
    if (member.loss && (!best || *member.loss < *best->loss)) best = &member;
  for (const auto& member : group.members)
    if (best && member.loss && member.epoch_s &&
        *member.loss <= *best->loss + kNearBest * std::abs(*best->loss))
      race.members.push_back(&member);
  sort_by_time(race);
  return race;
}

/// Where nothing is learnt.
Race race_per_gradient(const AggregateGroup& group) {
  Race race{{}, &Aggregate::gradient_s, "a gradient", false};
  for (const auto& member : group.members)
    if (member.gradient_s) race.members.push_back(&member);
  sort_by_time(race);
  return race;
}

enum class Kind { single, synchronous, asynchronous };
Kind kind_of(const Aggregate& member) {
  if (member.first->workers == 1) return Kind::single;
  return member.asynchronous ? Kind::asynchronous : Kind::synchronous;
}

/// The best of the other way: for a winner whose workers wait, the best whose workers do not, and
/// the other way round; for a single worker, the best with several.
const Aggregate* rival_of(const Race& race, const Aggregate& winner) {
  for (const auto* member : race.members) {
    const auto kind = kind_of(*member);
    if (kind != Kind::single && kind != kind_of(winner)) return member;
  }
  return nullptr;
}

std::string_view role(const Aggregate& rival, const Aggregate& winner) {
  if (kind_of(winner) == Kind::single) return "the best with several workers";
  return rival.asynchronous ? "the best whose workers do not wait for each other"
                            : "the best whose workers wait for each other";
}

/// Those who are level with the fastest, the fastest included.
Members level_with_first(const Race& race) {
  Members found;
  for (const auto* member : race.members)
    if (level(*(member->*race.time), *(race.members.front()->*race.time))) found.push_back(member);
  return found;
}

/// "a and b", "a, b and c"; of many, the first and how many more.
std::string names(const Members& members) {
  constexpr std::size_t kNamed = 3;
  if (members.size() > kNamed + 1)
    return fmt::format("{}, {} and {} others", members[0]->name, members[1]->name,
                       members.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < members.size(); ++i)
    text += fmt::format("{}{}",
                        i == 0                    ? ""
                        : i + 1 == members.size() ? " and "
                                                  : ", ",
                        members[i]->name);
  return text;
}

/// "1.80× (1.75–1.86)", the interval where there are enough repeats for one.
std::string lead(const Race& race, const Aggregate& winner, const Aggregate& rival) {
  auto text = human_ratio(time_of(race, rival) / time_of(race, winner));
  const auto factor = factor_between(*(winner.*race.time), *(rival.*race.time));
  if (factor && std::isfinite(factor->high))
    text += fmt::format(" ({}–{})", human_ratio(factor->low), human_ratio(factor->high));
  return text;
}

/// Where the advantage comes from, in factors whose product it is: the first is what the second
/// leaves of it.
std::string factors(const Race& race, const Aggregate& winner, const Aggregate& rival) {
  const bool known = race.to_target && time_of(race, winner) > 0 &&
                     rival.epochs_to_target.value_or(0) > 0 &&
                     winner.epochs_to_target.value_or(0) > 0;
  if (!known) return "";
  const double lead = time_of(race, rival) / time_of(race, winner);
  const double epochs = *rival.epochs_to_target / *winner.epochs_to_target;
  return fmt::format(" ({} from time per epoch, {} from epochs to target)",
                     human_ratio(lead / epochs), human_ratio(epochs));
}

std::string waiting(const Aggregate& winner, const Aggregate& rival) {
  if (!winner.wait_share || !rival.wait_share) return "";
  return fmt::format("; the workers of {} waited {} of the time, those of {} {}", winner.name,
                     human_share(*winner.wait_share), rival.name, human_share(*rival.wait_share));
}

std::string machine(const Aggregate& a, const Aggregate* b) {
  const auto* parallel = a.capacity ? &a : b;
  if (!parallel || !parallel->capacity) return "";
  // Workers that sleep need no core each.
  if (parallel->first->delay_mode == "sleep") return "";
  // A probe of some milliseconds may find more than there can be.
  const auto workers = static_cast<double>(parallel->first->workers);
  return fmt::format("; the machine delivered {:.2f} of {} cores",
                     std::min(*parallel->capacity, workers), parallel->first->workers);
}

std::string times(const Race& race, const Members& level) {
  Spread all = *(level.front()->*race.time);
  for (const auto* member : level) {
    all.low = std::min(all.low, (member->*race.time)->low);
    all.high = std::max(all.high, (member->*race.time)->high);
  }
  // A repeat that missed the target has no time.
  if (!std::isfinite(all.high)) return fmt::format("from {}", human_seconds(all.low));
  return fmt::format("{}–{}", human_seconds(all.low), human_seconds(all.high));
}

std::string opening(const Race& race, const Members& level) {
  const auto& winner = *race.members.front();
  if (level.size() > 1)
    return fmt::format("{} are level{}, within the spread of their repeats: {} {}", names(level),
                       race.to_target ? "" : " as the fastest" + std::string(race.among),
                       times(race, level), race.to_target ? "to " + race.goal : race.goal);
  const auto time = human_seconds(time_of(race, winner));
  if (race.to_target)
    return fmt::format("{} was first to {}, after {}", winner.name, race.goal, time);
  return fmt::format("{} was the fastest{}, {} {}", winner.name, race.among, time, race.goal);
}

}  // namespace

std::string conclude(const AggregateGroup& group) {
  const auto& any = *group.members.front().first;
  const auto start = group.name + ": ";
  const bool has_target = any.target_loss || any.target_accuracy;
  const bool trains = std::any_of(group.members.begin(), group.members.end(),
                                  [](const auto& member) { return member.loss.has_value(); });
  const auto race = has_target ? race_to_target(group)
                    : trains   ? race_per_epoch(group)
                               : race_per_gradient(group);
  if (race.members.empty())
    return start + (has_target ? "no configuration reached " + race.goal + "."
                               : "no run ended well, so there is nothing to compare.");
  const auto level = level_with_first(race);
  const auto& winner = *race.members.front();
  const auto* rival = rival_of(race, winner);
  auto text = start + opening(race, level);
  if (!rival) return text + machine(winner, nullptr) + ".";
  if (std::find(level.begin(), level.end(), rival) == level.end())
    text += fmt::format(", {} ahead of {}, {}{}", lead(race, winner, *rival), rival->name,
                        role(*rival, winner), factors(race, winner, *rival));
  return text + waiting(winner, *rival) + machine(winner, rival) + ".";
}

}  // namespace sgdbench

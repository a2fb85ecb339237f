#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "results/comparison/comparison.h"
#include "results/labels.h"
#include "results/view/summary.h"
#include "results/view/tables.h"

namespace sgdbench {
namespace {

constexpr double kNearBest = 0.02;  ///< of the best loss, to be compared by time per epoch
constexpr std::string_view kAmong = " of those within 2 % of the best loss";

using Members = std::vector<const Aggregate*>;

/// What is compared: which configurations, by which time, and what it is the time to.
struct Race {
  Members members;  ///< fastest first
  std::optional<Spread> Aggregate::*time;
  std::string goal;
  bool to_target = false;
  std::string_view among = "";  ///< whom the first one is compared with
  /// How each differs from the first (itself included), as `compare` judges.
  std::vector<TimesDiffer> from_first;
};

double time_of(const Race& race, const Aggregate& member) {
  return (member.*race.time)->median;
}

void sort_by_time(Race& race) {
  std::stable_sort(race.members.begin(), race.members.end(),
                   [&](const Aggregate* a, const Aggregate* b) {
                     return time_of(race, *a) < time_of(race, *b);
                   });
}

bool may_win(const Aggregate& member) {
  return member.standing.may_win();
}

/// All others are held against the fastest in one family.
void judge(Race& race) {
  std::vector<PairOfTimes> pairs;
  for (const auto* member : race.members)
    pairs.push_back({&(race.members.front()->*race.time)->times, &(member->*race.time)->times});
  race.from_first = {TimesDiffer{}};
  const auto others = differences(std::span(pairs).subspan(1), Criteria{});
  race.from_first.insert(race.from_first.end(), others.begin(), others.end());
}

/// The race of those that may win and have such a time.
Race race_by(const AggregateGroup& group, std::optional<Spread> Aggregate::*time, std::string goal,
             bool to_target = false) {
  Race race;
  race.time = time;
  race.goal = std::move(goal);
  race.to_target = to_target;
  for (const auto& member : group.members)
    if (may_win(member) && member.*time) race.members.push_back(&member);
  sort_by_time(race);
  return race;
}

/// Of those that are near the best loss: a fast epoch that teaches less is not better.
Race race_per_epoch(const AggregateGroup& group) {
  auto race = race_by(group, &Aggregate::epoch_s, "an epoch");
  race.among = kAmong;
  double best = kNever;
  for (const auto* member : race.members) best = std::min(best, member->loss.value_or(kNever));
  std::erase_if(race.members, [&](const Aggregate* member) {
    return !member->loss || *member->loss > best + kNearBest * std::abs(best);
  });
  return race;
}

Race race_of(const AggregateGroup& group) {
  const auto& any = *group.members.front().first;
  if (names_target(any))
    return race_by(group, &Aggregate::time_to_target_s, target_text(any), true);
  const bool trains = std::any_of(group.members.begin(), group.members.end(),
                                  [](const auto& member) { return member.loss.has_value(); });
  return trains ? race_per_epoch(group) : race_by(group, &Aggregate::gradient_s, "a gradient");
}

enum class Kind { waiting, free, single };
constexpr std::array<std::string_view, 3> kRoles{
    "the best whose workers wait for each other",
    "the best whose workers do not wait for each other", "the best single worker"};
Kind kind_of(const Aggregate& member) {
  if (member.first->workers == 1) return Kind::single;
  return member.asynchronous ? Kind::free : Kind::waiting;
}
std::string_view role_of(const Aggregate& member) {
  return kRoles[static_cast<std::size_t>(kind_of(member))];
}

/// The best of each other kind than the winner's, the fastest first.
Members rivals_of(const Race& race) {
  Members rivals;
  const auto same_kind = [](const Aggregate* a, const Aggregate* b) {
    return kind_of(*a) == kind_of(*b);
  };
  for (const auto* member : race.members)
    if (!same_kind(member, race.members.front()) &&
        std::none_of(rivals.begin(), rivals.end(),
                     [&](const auto* rival) { return same_kind(member, rival); }))
      rivals.push_back(member);
  return rivals;
}

/// Those that can't be told from the fastest, the fastest included.
Members tied_with_first(const Race& race) {
  Members found;
  for (std::size_t i = 0; i < race.members.size(); ++i)
    if (!race.from_first[i].a_is_faster) found.push_back(race.members[i]);
  return found;
}

/// With the batch and the step that it ran at, where it trained.
std::string described(const Aggregate& member) {
  const auto& row = *member.first;
  if (!(member.loss || row.examples > 0) || row.batch == 0) return member.name;
  return fmt::format("{} at batch {} and step {:.3g}", member.name, row.batch, row.lr);
}

/// "a and b", "a, b and c"; of many, the first and how many more.
std::string names(const Members& members) {
  constexpr std::size_t kNamed = 3;
  if (members.size() > kNamed + 1)
    return fmt::format("{}, {} and {} others", described(*members[0]), described(*members[1]),
                       members.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < members.size(); ++i)
    text += fmt::format("{}{}",
                        i == 0                    ? ""
                        : i + 1 == members.size() ? " and "
                                                  : ", ",
                        described(*members[i]));
  return text;
}

/// "1.80× (1.75×–1.86×)": the interval is of the number before it.
std::string lead(const TimesDiffer& difference) {
  auto text = human_ratio(*difference.ratio);
  if (const auto& interval = difference.interval; interval && std::isfinite(interval->high))
    text += fmt::format(" ({}–{})", human_ratio(interval->low), human_ratio(interval->high));
  return text;
}

/// Where the advantage comes from, in factors whose product it is: the first is what the second
/// leaves of it.
std::string factors(const Race& race, double ahead, const Aggregate& winner,
                    const Aggregate& rival) {
  if (!race.to_target || !(rival.epochs_to_target.value_or(0) > 0) ||
      !(winner.epochs_to_target.value_or(0) > 0))
    return "";
  const double epochs = *rival.epochs_to_target / *winner.epochs_to_target;
  return fmt::format(" ({} from time per epoch, {} from epochs to target)",
                     human_ratio(ahead / epochs), human_ratio(epochs));
}

bool contains(const Members& members, const Aggregate* member) {
  return std::find(members.begin(), members.end(), member) != members.end();
}

/// How far it is ahead of each rival that is not tied with it.
std::string leads(const Race& race, const Members& rivals, const Members& tied) {
  const auto& winner = *race.members.front();
  std::string text;
  for (std::size_t i = 0; i < race.members.size(); ++i) {
    const auto* rival = race.members[i];
    const auto& difference = race.from_first[i];
    if (!contains(rivals, rival) || contains(tied, rival) || !difference.ratio) continue;
    text += fmt::format("{}{} ahead of {}, {}{}", text.empty() ? ", " : ", and ", lead(difference),
                        described(*rival), role_of(*rival),
                        factors(race, *difference.ratio, winner, *rival));
  }
  return text;
}

/// How long the best of those that do not wait and the best of those that do waited all the same.
std::string waiting(const Aggregate& winner, const Members& rivals) {
  std::array<const Aggregate*, kRoles.size()> best{};
  best[static_cast<std::size_t>(kind_of(winner))] = &winner;
  for (const auto* rival : rivals) best[static_cast<std::size_t>(kind_of(*rival))] = rival;
  const auto* free = best[static_cast<std::size_t>(Kind::free)];
  const auto* waits = best[static_cast<std::size_t>(Kind::waiting)];
  if (!free || !waits || !free->wait_share || !waits->wait_share) return "";
  return fmt::format("; the workers of {} waited {} of the time, those of {} {}", free->name,
                     human_share(*free->wait_share), waits->name, human_share(*waits->wait_share));
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

std::string times(const Race& race, const Members& members) {
  Spread all = *(members.front()->*race.time);
  for (const auto* member : members) {
    all.low = std::min(all.low, (member->*race.time)->low);
    all.high = std::max(all.high, (member->*race.time)->high);
  }
  // A repeat that missed the target has no time.
  if (!std::isfinite(all.high)) return fmt::format("at least {}", human_seconds(all.low));
  return fmt::format("{}–{}", human_seconds(all.low), human_seconds(all.high));
}

std::string opening(const Race& race, const Members& tied) {
  const auto& winner = *race.members.front();
  if (tied.size() > 1)
    return fmt::format("{} are statistically tied{}: {} {}", names(tied),
                       race.to_target ? "" : " as the fastest" + std::string(race.among),
                       times(race, tied), race.to_target ? "to " + race.goal : race.goal);
  const auto time = human_seconds(time_of(race, winner));
  if (race.members.size() == 1)  // no other to win against
    return race.to_target ? fmt::format("{} took {} to {}", described(winner), time, race.goal)
                          : fmt::format("{} took {} {}", described(winner), time, race.goal);
  if (race.to_target)
    return fmt::format("{} was first to {}, after {}", described(winner), race.goal, time);
  return fmt::format("{} was the fastest{}, {} {}", described(winner), race.among, time, race.goal);
}

/// A lowest median that proves nothing; "" where there are enough repeats, or no other to beat.
std::string without_evidence(const Race& race) {
  const auto needed = least_repeats(Criteria{}.alpha, false);
  std::size_t fewest = needed;
  for (const auto* member : race.members)
    fewest = std::min(fewest, (member->*race.time)->times.values.size());
  if (race.members.size() < 2 || fewest >= needed) return "";
  const auto& first = *race.members.front();
  return fmt::format("{} has the lowest median{}, {} {}{}, but a winner needs {} repeats of each",
                     described(first), race.among, human_seconds(time_of(race, first)),
                     race.to_target ? "to " : "", race.goal, needed);
}

/// Those that take no part, and why.
std::string left_out(const AggregateGroup& group) {
  std::string text;
  for (const auto& member : group.members) {
    if (member.counted.empty() || may_win(member)) continue;
    text += fmt::format("{}{} ({})", text.empty() ? " Left out: " : "; ", described(member),
                        member.standing.why_no_winner());
  }
  return text.empty() ? "" : text + ".";
}

/// Whether the parameters that training starts from meet the target.
bool already_there(const AggregateGroup& group) {
  return std::any_of(group.members.begin(), group.members.end(),
                     [](const auto& member) { return member.standing.starts_there(); });
}

std::string verdict(const AggregateGroup& group) {
  auto race = race_of(group);
  if (already_there(group))
    return fmt::format("the start is already there: it meets {}, so nothing was raced for.",
                       race.goal);
  const auto ended = [](const Aggregate& member) { return !member.counted.empty(); };
  if (std::none_of(group.members.begin(), group.members.end(), ended))
    return "no run came to an end, so there is nothing to compare.";
  if (race.members.empty())
    return race.to_target ? "no configuration reached " + race.goal + "."
                          : "no run ended well, so there is nothing to compare.";
  if (auto text = without_evidence(race); !text.empty()) return text + ".";
  judge(race);
  const auto tied = tied_with_first(race);
  const auto rivals = rivals_of(race);
  const auto& winner = *race.members.front();
  auto text = opening(race, tied) + leads(race, rivals, tied);
  if (rivals.empty()) return text + machine(winner, nullptr) + ".";
  return text + waiting(winner, rivals) + machine(winner, rivals.front()) + ".";
}

}  // namespace

std::string conclude(const AggregateGroup& group) {
  return group.name + ": " + verdict(group) + left_out(group);
}

}  // namespace sgdbench

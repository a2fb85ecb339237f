// What the rows of a sweep come to, configuration by configuration: medians and how well they are
// known, a table, and one plain sentence on which won and why.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/outcome.h"
#include "results/record.h"
#include "results/reports.h"

namespace sgdbench {

// The repeats of one configuration, as one line of the summary.

/// Median and range over the repeats, from the least that one may have taken to the most.
struct Spread {
  double median = 0, low = 0, high = 0;
  Times times;  ///< of the repeats
};

/// One target over the repeats.
struct TargetSummary {
  std::string target;          ///< "1%", "loss"
  std::size_t reached = 0;     ///< of the repeats that count
  std::optional<Spread> time;  ///< unset when half of them or more missed it
};

struct Aggregate {
  const RunRecord* first = nullptr;  ///< any of its rows: what was asked for
  std::string name;                  ///< unique within the group: "hogwild (cas) with 2 workers"
  std::vector<const RunRecord*> counted;  ///< repeats that were run to some end
  Standing standing;                      ///< of all repeats

  // Repeats that did not come through are infinite in all of these.
  std::optional<Spread> epoch_s;     ///< training time per epoch
  std::optional<Spread> gradient_s;  ///< and per example gradient that landed
  /// Unset when half of the repeats or more missed it; high is infinite when one did.
  std::optional<Spread> time_to_target_s;
  std::optional<double> epochs_to_target;
  std::optional<double> updates_per_s, events_per_s, loss, accuracy, staleness, wait_share,
      queue_share, capacity;
  std::vector<TargetSummary> targets;  ///< the last one being time_to_target_s
  /// Over one worker of the same strategy, and the two factors, of the repeat in the middle.
  std::optional<double> speedup, hardware, statistical;
  /// Some update was stale: workers did not wait for each other.
  bool asynchronous = false;
};

/// Configurations that train the same workload on the same data.
struct AggregateGroup {
  std::string name;  ///< unique among the groups
  std::vector<Aggregate> members;
  RunFields varying;  ///< columns that tell members of one name apart
};

/// Members come in the order of `config_ids`, because rows come in the order in which they ran,
/// which is shuffled. The records must outlive the result.
std::vector<AggregateGroup> aggregate(const std::vector<RunRecord>& rows,
                                      const std::vector<std::string>& config_ids);

// How well the repeats so far know a configuration's time: for --until-ci.

/// With so many repeats, half of which missed the target, more of them will not help.
inline constexpr std::size_t kHopeless = 12;

/// Half the interval of a median time, as tables show it, as a share of the median.
struct Precision {
  std::size_t repeats = 0;
  std::optional<double> half_width;  ///< nothing with too few repeats, or half of them missed
  /// What of it the distance between the curve's points leaves open, however many repeats there
  /// are.
  double between_points = 0;
};

/// Of the time that a row is compared by (outcome.h), over the repeats of a configuration.
Precision precision_of(std::span<const RunRecord> rows, std::string_view config_id);

/// Whether more repeats can't or needn't make it more precise than ±`share`.
bool settled(const Precision& precision, double share);

/// What a report says of configurations that are less precise than they were asked to be, one line
/// each. `shares`: what was asked, by config_id.
std::vector<std::string> precision_notes(std::span<const RunRecord> rows,
                                         const std::map<std::string, double>& shares);

// One plain sentence on which configuration won and why, from the numbers alone.
//
// The idea: time to target = time per epoch (hardware efficiency) × epochs to target (statistical
// efficiency), so an advantage splits into the two. Whether a configuration makes its workers wait
// is not known by name: updates that were stale are the sign of one that does not.

/// For one group, without a line break. The best that waits, the best that does not and the best
/// single worker, each at its batch and step. Those that can't be told apart are tied; with too few
/// repeats to tell, none wins; a configuration that did not come through in all repeats takes no
/// part.
std::string conclude(const AggregateGroup& group);

/// A column of the table of a group.
struct SummaryColumn {
  std::string_view title;
  std::string (*cell)(const Aggregate&);
};

/// What says most of this group: how long an epoch took, the target or the loss, staleness, waits.
std::vector<SummaryColumn> summary_columns(const AggregateGroup& group);

/// "logreg on rcv1-like (20000 examples, 47236 features, virtual clock)"
std::string group_heading(const AggregateGroup& group);

/// A table and a sentence for each workload and data set; medians over the repeats that are ok.
/// Rows that are not say their status and reason. Fits kScreen columns. The tables show what the
/// layout shows, in the order of `config_ids` if it is not sorted; the sentence is about all.
std::string summary(const std::vector<RunRecord>& rows, const std::vector<std::string>& config_ids,
                    const Layout& layout = {});

}  // namespace sgdbench

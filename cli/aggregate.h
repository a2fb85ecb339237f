// The repeats of one configuration, as one line of the summary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/outcome.h"

namespace sgdbench {

/// Median and range over the repeats, from the least that one may have taken to the most.
struct Spread {
  double median = 0, low = 0, high = 0;
  Times times;  ///< of the repeats
};

inline constexpr double kFactorConfidence = 0.95;

/// How many times b is as long as a: the median of the factors between their values (Hodges and
/// Lehmann), and the distribution-free 95 % interval that belongs to it, from that between a's
/// highs and b's lows to that between a's lows and b's highs. Infinite where b is.
struct Factor {
  double centre = 0;
  std::optional<ConfidenceInterval> interval;  ///< nothing where there are too few repeats for one
};
std::optional<Factor> factor_between(const Spread& a, const Spread& b);

/// Whether a and b are statistically tied: the interval of their factor holds 1. With too few
/// repeats for an interval nothing is known, and they are.
bool tied(const Spread& a, const Spread& b);

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
      capacity;
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
  std::vector<std::string> varying;  ///< columns that tell members of one name apart
};

/// Members come in the order of `config_ids`, because rows come in the order in which they ran,
/// which is shuffled. The records must outlive the result.
std::vector<AggregateGroup> aggregate(const std::vector<RunRecord>& rows,
                                      const std::vector<std::string>& config_ids);

}  // namespace sgdbench

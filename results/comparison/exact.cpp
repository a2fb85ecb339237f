// What is reproducible bit for bit is compared bit for bit.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "results/comparison/parts.h"
#include "results/statistics/ranks.h"

namespace sgdbench {
namespace {

struct Changes {
  std::size_t compared = 0, differing = 0;
  bool negative = false;       ///< a value that differs has no logarithm
  double worst = 0, best = 0;  ///< ln of the factor, positive is worse
};

Changes changes(const Finding& finding, const Match& match) {
  std::map<std::uint64_t, double> before;
  for (const auto* row : match.base)
    if (const auto value = value_of(*finding.metric, *row)) before[row->repeat] = *value;
  Changes found;
  for (const auto* row : match.now) {
    const auto value = value_of(*finding.metric, *row);
    const auto same = before.find(row->repeat);
    if (!value || same == before.end()) continue;
    ++found.compared;
    if (*value == same->second) continue;
    ++found.differing;
    found.negative = found.negative || *value < 0 || same->second < 0;
    if (found.negative) continue;
    const double worse =
        worse_sign(*finding.metric) * log_ratio(std::log(same->second), std::log(*value));
    found.worst = std::max(found.worst, worse);
    found.best = std::min(found.best, worse);
  }
  return found;
}

}  // namespace

void compare_exactly(Finding& finding, const Match& match, const Criteria& criteria,
                     const std::string& rounding) {
  finding.exact = true;
  const auto found = changes(finding, match);
  if (found.compared == 0) {
    finding.remark = "the reports have no repeat in common";
    return;
  }
  if (found.negative) {
    finding.remark = "changed, and negative values have no ratio";
    return;
  }
  const double shown = found.worst > 0 ? found.worst : found.best;
  finding.ratio = std::exp(worse_sign(*finding.metric) * shown);
  finding.verdict =
      found.worst > std::log1p(criteria.max_regression) ? Verdict::regression : Verdict::fine;
  finding.improved = found.worst == 0 && found.best < 0;
  if (found.differing == 0) {
    const auto most = std::max(finding.before.values.size(), finding.after.values.size());
    finding.remark = found.compared == most
                         ? "identical"
                         : fmt::format("identical in the {} of {} repeats that both reports have",
                                       found.compared, most);
    return;
  }
  finding.remark = fmt::format("changed in {} of {} repeats", found.differing, found.compared);
  if (!rounding.empty()) finding.remark += fmt::format("; {}", rounding);
}

}  // namespace sgdbench

// A comparison, ready to be written: with labels, a verdict on the whole, and in each format.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/comparison/comparison.h"

namespace sgdbench {

/// Where the rows came from: "base.csv (runs, 12 rows, git 4ac1a8f)".
std::string source_text(std::string_view name, std::string_view kind,
                        const std::vector<RunRecord>& rows);

/// The comparison, what it was asked, and what it comes to.
struct ComparisonReport {
  ComparisonReport(Comparison compared, const ComparisonOptions& asked, bool be_strict);

  Comparison comparison;
  ComparisonOptions options;
  bool strict;
  bool interrupted = false;  ///< there is less of it than was asked for
  std::string base_source, new_source;
  std::vector<std::string> remarks;  ///< of how it was measured

  /// What a configuration is called, and the problem that it solves; "" where rows do not say.
  const std::string& label(const RunRecord& row) const { return labels_.at(row.config_id); }
  static std::string problem(const RunRecord& row);

  int exit_code() const;
  /// "1 regression, 4 fine (1 improved), 0 inconclusive: exit 1, a regression is proven"
  std::string closing() const;

 private:
  std::map<std::string, std::string> labels_;
};

std::string comparison_table(const ComparisonReport& report);
std::string comparison_csv(const ComparisonReport& report);
std::string comparison_json(const ComparisonReport& report);
std::string comparison_markdown(const ComparisonReport& report);

/// A finding in the words that table and Markdown share.
struct FindingText {
  std::string metric, before, after, change, interval, p, verdict, remark;
};
FindingText text_of(const Finding& finding);
std::string text_of(const MeanRatio& mean);

/// The finding and those that follow it, as long as they are identical throughout and of the same
/// configuration: one line is enough for them.
std::size_t identical_run(const std::vector<Finding>& findings, std::size_t first);

}  // namespace sgdbench

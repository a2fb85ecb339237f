// Comparisons, from the options to the report: ready to be written, with labels, a verdict on the
// whole, and in each format; and what both ways to compare share.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "cli/files.h"
#include "cli/verbs.h"
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

  /// "Of 100 such comparisons, one configuration 10 % slower would be found in 93, 20 % in 100."
  const std::string& could_find() const { return could_find_; }
  std::span<const FoundShare> found_shares() const { return found_shares_; }
  /// The same counted by doing it, for one change.
  std::string self_test(double change) const;

  int exit_code() const;
  /// "1 regression, 4 fine (2 exactly, 1 improved), 0 inconclusive: exit 1, a regression is proven"
  std::string closing() const;

 private:
  std::map<std::string, std::string> labels_;
  std::vector<FoundShare> found_shares_;
  std::string could_find_;
};

std::string comparison_table(const ComparisonReport& report);
std::string comparison_csv(const ComparisonReport& report);
std::string comparison_json(const ComparisonReport& report);
std::string comparison_markdown(const ComparisonReport& report);
std::string comparison_junit(const ComparisonReport& report);

/// A finding in the words that table and Markdown share.
struct FindingText {
  std::string metric, before, after, change, interval, p, verdict, remark;
};
FindingText text_of(const Finding& finding);
std::string text_of(const MeanRatio& mean);

/// The finding and those that follow it, as long as they are identical throughout and of the same
/// configuration: one line is enough for them.
std::size_t identical_run(const std::vector<Finding>& findings, std::size_t first);

/// Throws UsageError.
ComparisonOptions comparison_options_of(const Given& given);

/// What --inject says. Throws UsageError.
double inject_of(const Given& given);

/// Writes the report where it was asked for; returns the exit code.
int write_comparison(const ComparisonReport& report, const Given& given);

/// Checks, before anything is computed, that the report can be written and replaces nothing that
/// is read. Throws UsageError and WriteError.
void check_comparison_output(const Given& given, FileUse& files);

/// `compare REPORT --by COLUMN`.
int compare_within_report(const Invocation& invocation);

/// `compare --paired`.
int compare_commands(const Invocation& invocation);

/// What came of a command of the user's.
struct CommandOutcome {
  int status = 0;      ///< exit code, or 128 + the signal that ended it
  std::string errors;  ///< what it said on stderr
};

/// Runs `command` by /bin/sh in a process group of its own, its stdout thrown away, and waits for
/// it. When this program is interrupted, the group is, too. Throws std::system_error if there is no
/// shell.
CommandOutcome run_command(const std::string& command, const std::string& error_file);

}  // namespace sgdbench

// What both ways to compare share: the options, and what is done with the outcome.
#pragma once

#include "cli/compare/report.h"
#include "cli/file_use.h"
#include "cli/verbs.h"

namespace sgdbench {

/// Throws UsageError.
ComparisonOptions comparison_options_of(const Given& given);

/// Writes the report where it was asked for; returns the exit code.
int write_comparison(const ComparisonReport& report, const Given& given);

/// Checks, before anything is computed, that the report can be written and replaces nothing that
/// is read. Throws UsageError and WriteError.
void check_comparison_output(const Given& given, FileUse& files);

/// `compare --paired`.
int compare_commands(const Invocation& invocation);

}  // namespace sgdbench

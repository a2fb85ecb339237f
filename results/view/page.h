// A report that people look at: one HTML file, which needs no network and no scripts.
//
// From top to bottom, for each problem: the question and its answer, the pictures (figures.h), the
// table that `run` prints, and the command of each configuration; then where all of it was
// measured. Nothing of it is executed: the file's own policy forbids scripts and whatever is not in
// it, and all text that comes from data is escaped.
#pragma once

#include <span>
#include <string>

#include "results/reports.h"

namespace sgdbench {

std::string report_html(std::span<const RunRecord> runs, const ReportContext& context);

}  // namespace sgdbench

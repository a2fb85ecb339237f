// What a trace amounts to, in a table.
#pragma once

#include <string>

#include "cli/report/analysis.h"

namespace sgdbench {

/// A row per worker and one for each run.
std::string trace_table(const ReadTrace& trace, const Window& window);

}  // namespace sgdbench

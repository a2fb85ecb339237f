// Files of durations.
#pragma once

#include <string>
#include <vector>

#include "backends/conditions/law.h"

namespace sgdbench {

/// Throws MissingData (no such file) or BadData (no durations in it, or a line that is none).
std::vector<Seconds> read_durations(const std::string& path);

/// As parse_duration() takes it, to the last bit.
std::string duration_text(Seconds duration);

}  // namespace sgdbench

// Files of durations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/conditions/distribution.h"

namespace sgdbench {

/// Throws MissingData (no such file) or BadData (no durations in it, or a line that is none).
std::vector<Seconds> read_durations(const std::string& path);

/// The same for its text; `name` stands for the path in errors.
std::vector<Seconds> parse_durations(std::string_view text, const std::string& name);

/// As parse_duration() takes it, to the last bit.
std::string duration_text(Seconds duration);

}  // namespace sgdbench

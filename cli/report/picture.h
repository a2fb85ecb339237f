// The picture of a trace: one panel per run, above one another on one scale of time.
#pragma once

#include <string>

#include "cli/report/analysis.h"

namespace sgdbench {

/// Gradients per worker that a picture shows unless it is told.
inline constexpr std::size_t kUsualGradients = 12;

/// An SVG file. The window is not empty.
std::string draw_picture(const ReadTrace& trace, const Window& window);

/// Times for grid lines, at round distances, and the unit in which they are short.
struct TimeAxis {
  std::vector<Nanoseconds> ticks;
  std::string_view unit;
  Nanoseconds per_unit = 1;
  std::string label(Nanoseconds t) const;
};
TimeAxis time_axis(const Window& window, std::size_t most_ticks);

}  // namespace sgdbench

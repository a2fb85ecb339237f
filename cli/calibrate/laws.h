// From what one worker did to laws that many can be simulated with.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/conditions/law.h"
#include "backends/run_spec.h"
#include "results/timeline.h"

namespace sgdbench {

/// Durations in the order in which they were measured.
struct MeasuredLaws {
  std::vector<Seconds> compute;  ///< each gradient's own time, without what was injected
  std::vector<Seconds> service;  ///< of the server, for each arrival and the fetch that follows it
};

/// From the timeline of workers with a server; `spec` is what it ran under. The first gradients,
/// in which memory is touched for the first time, are left out.
MeasuredLaws laws_of(const Timeline& timeline, const RunSpec& spec);

/// A file for `trace:FILE`: at most kMostLines durations, the last ones, under a heading.
inline constexpr std::size_t kMostLines = 20'000;
std::string trace_text(std::span<const Seconds> durations, std::string_view heading);

}  // namespace sgdbench

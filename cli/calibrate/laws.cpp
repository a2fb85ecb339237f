#include "cli/calibrate/laws.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/conditions/conditions.h"

namespace sgdbench {
namespace {

constexpr std::uint64_t kFirst = 10;  ///< gradients that are left out

Seconds length(const Slice& slice) {
  return seconds(slice.end - slice.begin);
}

/// What is left of a gradient's time when its injected part is taken away:
/// slowdown·(own + delay) = time.
Seconds own_time(Seconds time, const RunSpec& spec, std::uint64_t gradient) {
  const auto& c = spec.conditions;
  const Seconds delay = compute_time(c, spec.seed, 0, gradient, 0);
  const double factor = compute_time(c, spec.seed, 0, gradient, 1) - delay;
  return std::max(0.0, (time - delay) / factor);
}

}  // namespace

MeasuredLaws laws_of(const Timeline& timeline, const RunSpec& spec) {
  MeasuredLaws laws;
  Seconds service = 0;
  for (const auto& slice : timeline.tracks.front().slices()) {
    if (slice.gradient <= kFirst) continue;
    if (slice.activity == Activity::compute) {
      laws.compute.push_back(own_time(length(slice), spec, slice.gradient - 1));
      if (service > 0) laws.service.push_back(service);
      service = 0;
    } else if (phase_of(slice.activity) == Phase::communicate) {
      service += length(slice);
    }
  }
  return laws;
}

std::string trace_text(std::span<const Seconds> durations, std::string_view heading) {
  const auto kept = durations.last(std::min(durations.size(), kMostLines));
  std::string text = fmt::format("# {}\n", heading);
  for (const Seconds duration : kept) text += fmt::format("{:.0f}ns\n", duration * 1e9);
  return text;
}

}  // namespace sgdbench

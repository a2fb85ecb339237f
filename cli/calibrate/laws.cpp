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
Seconds own_time(Seconds time, const RunSpec& spec, std::size_t worker, std::uint64_t gradient) {
  const auto& c = spec.conditions;
  const Seconds delay = compute_time(c, spec.seed, worker, gradient, 0);
  const double factor = compute_time(c, spec.seed, worker, gradient, 1) - delay;
  return std::max(0.0, (time - delay) / factor);
}

void add_track(MeasuredLaws& laws, const Track& track, std::size_t worker, const RunSpec& spec) {
  Seconds service = 0;
  for (const auto& slice : track.slices()) {
    if (slice.gradient <= kFirst) continue;
    if (slice.activity == Activity::compute) {
      laws.compute.push_back(own_time(length(slice), spec, worker, slice.gradient - 1));
      if (service > 0) laws.service.push_back(service);
      service = 0;
    } else if (phase_of(slice.activity) == Phase::communicate) {
      service += length(slice);
    }
  }
}

}  // namespace

MeasuredLaws laws_of(const Timeline& timeline, const RunSpec& spec) {
  MeasuredLaws laws;
  for (std::size_t worker = 0; worker < spec.workers; ++worker)
    add_track(laws, timeline.tracks[worker], worker, spec);
  return laws;
}

std::string trace_text(std::span<const Seconds> durations, std::string_view heading) {
  const auto kept = durations.last(std::min(durations.size(), kMostLines));
  std::string text = fmt::format("# {}\n", heading);
  for (const Seconds duration : kept) text += fmt::format("{:.0f}ns\n", duration * 1e9);
  return text;
}

}  // namespace sgdbench

#include "cli/curve_memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/course.h"

namespace sgdbench {
namespace {

std::string human_bytes(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (value >= 1e12) return fmt::format("{:.3g} TB", value / 1e12);
  if (value >= 1e9) return fmt::format("{:.3g} GB", value / 1e9);
  return fmt::format("{:.3g} MB", value / 1e6);
}

/// Examples of the whole run.
std::uint64_t planned_examples(const Configuration& configuration, std::uint64_t n) {
  const RunSpec& spec = configuration.spec;
  const std::uint64_t all = spec.epochs > UINT64_MAX / n ? UINT64_MAX : spec.epochs * n;
  const std::uint64_t landing = examples_landing(*configuration.backend, spec);
  if (spec.updates == 0 || spec.updates > all / landing) return all;
  return spec.updates * landing;
}

}  // namespace

std::string settle_curve(Configuration& configuration, const Problem& problem,
                         std::uint64_t available) {
  RunSpec& spec = configuration.spec;
  if (configuration.cell.stop_at_target || !spec.recording) return "";
  const std::uint64_t n = problem.examples();
  const std::uint64_t bytes = std::max<std::uint64_t>(1, problem.parameters()) * sizeof(Real);
  // The start and the end are copied too.
  const std::uint64_t room = std::max<std::uint64_t>(2, available / 2 / bytes) - 1;
  const auto planned = planned_examples(configuration, n);
  const std::uint64_t points = std::min<std::uint64_t>(curve_points(spec, planned, n), planned);
  if (points <= room) return "";
  if (spec.evaluations == 0) {
    spec.evaluations = room;
    return "";
  }
  return fmt::format(
      "the curve's {} copies of {} parameters take {}, more than half of the {} that are free: "
      "--evaluations {} at most, or --stop-at-target, which keeps no copies",
      points + 1, problem.parameters(), human_bytes((points + 1) * bytes), human_bytes(available),
      room);
}

}  // namespace sgdbench

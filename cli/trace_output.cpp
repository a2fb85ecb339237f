#include "cli/trace_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/command_line.h"
#include "cli/numbers.h"
#include "cli/outputs.h"
#include "cli/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::string_view kSlices = "--trace-slices";
constexpr std::uint64_t kMostSlices = 1'000'000'000;

std::size_t slices_of(const Given& given) {
  try {
    return parse_count(given.text(kSlices, find_option(kRun, kSlices).initial), 1, kMostSlices);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", kSlices, error.what()));
  }
}

/// Memory that the timeline of so many workers takes, a server's track included.
double bytes_of(double workers, double slices) {
  return workers * slices * static_cast<double>(sizeof(Slice)) * 4 / 3;
}

void check_memory(std::size_t workers, std::size_t slices, std::uint64_t available) {
  const auto half = static_cast<double>(available) / 2;
  const auto each = bytes_of(static_cast<double>(workers), 1);
  const auto wanted = bytes_of(static_cast<double>(workers), static_cast<double>(slices));
  if (available == 0 || wanted <= half) return;
  throw UsageError(fmt::format(
      "{}: {} slices for each of {} workers take {}B, more than half of the {}B that are free: {} "
      "at most",
      kSlices, slices, workers, human_count(wanted), human_count(static_cast<double>(available)),
      static_cast<std::uint64_t>(half / each)));
}

}  // namespace

TraceOutput::TraceOutput(const Given& given, const std::vector<Cell>& cells,
                         std::uint64_t available) {
  if (!given.has("--trace")) {
    if (given.has(kSlices)) throw UsageError(fmt::format("{} is for --trace", kSlices));
    return;
  }
  if (std::none_of(cells.begin(), cells.end(), [](const Cell& c) { return c.spec.recording; }))
    throw UsageError("--trace needs --recording full: without it no slice is recorded");
  path_ = given.text("--trace");
  slices_ = slices_of(given);
  std::size_t workers = 1;
  for (const auto& cell : cells) {
    workers = std::max(workers, cell.spec.workers);
    configurations_.push_back(config_id(cell));
  }
  check_memory(workers, slices_, available);
}

void TraceOutput::open(std::string_view version, std::string_view command) {
  if (!path_.empty()) writer_ = std::make_unique<TraceWriter>(path_, version, command);
}

void TraceOutput::add(TracedRun run, std::string_view config_id, const Timeline& timeline) {
  if (!writer_) return;
  const auto place = std::find(configurations_.begin(), configurations_.end(), config_id);
  run.order = static_cast<std::uint64_t>(place - configurations_.begin());
  writer_->add(run, timeline);
  const auto count = count_slices(timeline);
  count_.kept += count.kept;
  count_.forgotten += count.forgotten;
}

void TraceOutput::finish(bool quiet) {
  if (!writer_) return;
  writer_->finish();
  writer_.reset();
  if (quiet || count_.forgotten == 0) return;
  talk(fmt::format("--trace has the last {} of {} slices; a larger {} than {} keeps more",
                   count_.kept, count_.kept + count_.forgotten, kSlices, slices_));
}

}  // namespace sgdbench

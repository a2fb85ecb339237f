#include "cli/sources.h"

#include <fmt/format.h>

#include <set>

#include "cli/grouping.h"
#include "cli/interrupt.h"
#include "results/environment.h"
#include "workloads/data/catalog.h"
#include "workloads/data/generators/generators.h"
#include "workloads/data/input_file.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// Reads a generator's parameters, which refuses those that can't be.
void check_parameters(std::string_view source) {
  const auto name = source.substr(0, source.find(':'));
  const auto& generator = find_by_name(generator_catalog(), "data set", name);
  ParameterValues(name, generator.parameters,
                  source.substr(std::min(name.size() + 1, source.size())));
}

/// Returns pipe_identity().
std::string check_source(const std::string& source) {
  if (source.empty() || source == kNoData) return "";
  const auto path = resolve_path(source);
  if (path.empty()) {
    check_parameters(source);
    return "";
  }
  check_readable(path);
  return pipe_identity(path);
}

ReadLimits read_limits() {
  return {.free_memory = available_memory_bytes(), .stop = &interrupted()};
}

/// What the skipped items leave undone is never seen.
ParallelFor interruptible(const ParallelFor& parallel) {
  return [&parallel](std::size_t items, const std::function<void(std::size_t)>& body) {
    parallel(items, [&body](std::size_t item) {
      if (!interrupted()) body(item);
    });
    if (interrupted()) throw Interrupted("interrupted while loading data");
  };
}

}  // namespace

std::string why_no_source(const std::string& source) {
  try {
    check_source(source);
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

void check_sources(const std::vector<Cell>& cells) {
  std::set<std::string> pipes;
  for (const auto& same_data : by_data(cells)) {
    const DataRequest& request = same_data.front().data;
    for (const auto& source : {request.source, request.test_source})
      if (const auto pipe = check_source(source); !pipe.empty() && !pipes.insert(pipe).second)
        throw UsageError(fmt::format(
            "{} is a pipe, which gives its content once, and it would be loaded again, as other "
            "data or with other options: put it into a file first",
            source));
  }
}

TrainTest load_interruptibly(const DataRequest& request, const ParallelFor& parallel) {
  return load_data(request, interruptible(parallel), read_limits());
}

Dataset load_source_interruptibly(const DataRequest& request, const ParallelFor& parallel) {
  return load_source(request.source, request, interruptible(parallel), read_limits());
}

void tell_notes(const TrainTest& data, Progress& progress) {
  for (const auto& note : data.train.notes) progress.note(note);
  if (data.test)
    for (const auto& note : data.test->notes) progress.note(note);
}

}  // namespace sgdbench

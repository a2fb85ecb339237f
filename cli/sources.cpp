#include "cli/sources.h"

#include <fmt/format.h>

#include "workloads/data/error.h"
#include "workloads/data/generators/generators.h"
#include "workloads/data/input_file.h"
#include "workloads/data/source.h"
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

void check_source(const std::string& source) {
  if (source == kNoData) return;
  const auto path = resolve_path(source);
  if (path.empty())
    check_parameters(source);
  else if (!is_readable_file(path))
    throw MissingData(fmt::format("{}: there is no such file, or it may not be read", path));
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

void check_sources(const DataRequest& request) {
  check_source(request.source);
  if (!request.test_source.empty()) check_source(request.test_source);
}

TrainTest load_noted(const DataRequest& request, const ParallelFor& parallel, Progress& progress) {
  progress.say("loading " + request.source);
  TrainTest data = load_data(request, parallel);
  for (const auto& note : data.train.notes) progress.note(note);
  if (data.test)
    for (const auto& note : data.test->notes) progress.note(note);
  return data;
}

}  // namespace sgdbench

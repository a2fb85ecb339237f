#include "cli/files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "cli/configuration.h"
#include "cli/terminal.h"
#include "results/environment.h"
#include "workloads/data/catalog.h"
#include "workloads/data/generators/generators.h"
#include "workloads/data/input_file.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

std::string shown(const std::filesystem::path& path) {
  return leads_to_stdout(path) ? "stdout" : path.string();
}

[[noreturn]] void refuse_replacing(std::string_view writer, const std::filesystem::path& output,
                                   std::string_view reader, const std::filesystem::path& input) {
  const auto same = shown(output) == input.string()
                        ? std::string()
                        : fmt::format(" ({} is the same file)", shown(output));
  throw UsageError(fmt::format("{}: {} is read by {} and would be overwritten{}; write elsewhere",
                               writer, input.string(), reader, same));
}

}  // namespace

FileUse::FileUse() {
  if (const auto place = place_of(STDOUT_FILENO); place && place->keeps_content)
    uses_.push_back({"stdout", "-", *place, true, true});
}

void FileUse::reads(std::string_view who, const std::filesystem::path& path) {
  const auto place = path == "-" ? place_of(STDIN_FILENO) : place_of(path);
  if (!place || !place->keeps_content) return;
  for (const auto& other : uses_)
    if (other.writes && other.place == *place)
      refuse_replacing(other.who, other.path, who, path == "-" ? "stdin" : path);
  uses_.push_back({std::string(who), path == "-" ? "stdin" : path, *place});
}

void FileUse::writes(std::string_view who, const std::filesystem::path& path) {
  const bool to_stdout = leads_to_stdout(path);
  const auto place = to_stdout ? place_of(STDOUT_FILENO) : place_of(path);
  for (const auto& other : uses_) {
    const bool both_stdout = to_stdout && leads_to_stdout(other.path);
    if (both_stdout && other.unasked) continue;
    if (!both_stdout && !(place && other.place == *place)) continue;
    if (!other.writes) refuse_replacing(who, path, other.who, other.path);
    throw UsageError(fmt::format("{}: another report goes to {} already", who, shown(path)));
  }
  if (place || to_stdout)
    uses_.push_back({std::string(who), path, place.value_or(FilePlace{}), true});
}

void FileUse::reads_of(std::span<const Configuration> configurations) {
  std::set<std::string> files;
  const DataRequest* last = nullptr;
  for (const auto& configuration : configurations) {
    for (const auto* distribution : distributions_of(configuration.spec))
      if (auto file = distribution->file(); !file.empty()) files.insert(std::move(file));
    if (last && *last == configuration.data) continue;
    last = &configuration.data;
    for (auto& file : files_of(configuration.data)) files.insert(std::move(file));
  }
  for (const auto& file : files) reads("this command", file);
}

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

void check_sources(const std::vector<Configuration>& configurations) {
  std::set<std::string> pipes;
  for (const auto& same_data : by_data(configurations)) {
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

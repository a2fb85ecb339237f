#include "cli/file_use.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>

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

void FileUse::reads_of(std::span<const Cell> cells) {
  std::set<std::string> files;
  const DataRequest* last = nullptr;
  for (const auto& cell : cells) {
    for (const auto* law : laws_of(cell.spec))
      if (auto file = law->file(); !file.empty()) files.insert(std::move(file));
    if (last && *last == cell.data) continue;
    last = &cell.data;
    for (auto& file : files_of(cell.data)) files.insert(std::move(file));
  }
  for (const auto& file : files) reads("this command", file);
}

}  // namespace sgdbench

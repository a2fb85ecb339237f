#include "workloads/data/file_format.h"

#include <algorithm>
#include <string>

#include "workloads/data/error.h"
#include "workloads/data/idx.h"
#include "workloads/data/table_lines.h"

namespace sgdbench {
namespace {

std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start != std::string_view::npos && line[start] != '#') return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

bool looks_like_libsvm(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  line.remove_prefix(std::min(line.find_first_of(" \t"), line.size()));
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.starts_with("qid:")) return true;
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  return digits > 0 && digits < line.size() && line[digits] == ':';
}

std::string_view without_compression(std::string_view path) {
  for (const std::string_view suffix : {".gz", ".bz2", ".xz", ".zst"})
    if (path.ends_with(suffix)) return path.substr(0, path.size() - suffix.size());
  return path;
}

}  // namespace

FileFormat detect_format(std::string_view path, std::string_view content) {
  if (looks_like_idx(content)) return FileFormat::idx;
  if (const auto kind = foreign_kind(content))
    throw BadData(std::string(path) + ": this is " + *kind);
  if (looks_like_libsvm(first_line(content))) return FileFormat::libsvm;
  const std::string_view name = without_compression(path);
  const bool called_table = name.ends_with(".csv") || name.ends_with(".tsv");
  return called_table || find_separator(content, false) != 0 ? FileFormat::table
                                                             : FileFormat::libsvm;
}

}  // namespace sgdbench

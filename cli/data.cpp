// `sgdbench data info` and `sgdbench data make`.
#include <fmt/format.h>

#include <filesystem>

#include "backends/fork_join.h"
#include "cli/files.h"
#include "cli/outputs.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/atomic_file.h"
#include "results/environment.h"
#include "results/text.h"
#include "workloads/data/catalog.h"
#include "workloads/data/readers.h"
#include "workloads/data/statistics.h"
#include "workloads/data/storage.h"
#include "workloads/data/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// The one source that was named, with the options for reading it.
DataRequest request_of(const Invocation& invocation, Verb verb) {
  Configuration configuration;
  for (const auto* option : options_of(verb))
    if (option->apply && invocation.given.has(option->name))
      apply(*option, configuration, invocation.given.text(option->name));
  configuration.data.source = invocation.positionals.front();
  check_sources({configuration});
  return configuration.data;
}

Dataset load(const DataRequest& request) {
  catch_interrupts();
  return load_source_interruptibly(request, threaded_for(available_cores()));
}

std::string classes_text(const DataStatistics& statistics) {
  constexpr std::size_t kShown = 12;
  if (statistics.classes.empty()) return "none: the targets are real numbers";
  std::string text = fmt::format("{}:", statistics.classes.size());
  for (std::size_t i = 0; i < std::min(kShown, statistics.classes.size()); ++i)
    text += fmt::format(" {} ({} rows)", statistics.classes[i].label, statistics.classes[i].rows);
  return statistics.classes.size() > kShown ? text + " …" : text;
}

/// Generated data has no bytes to be read.
std::string speed_text(const Dataset& data) {
  if (data.bytes_read == 0 || data.load_s <= 0) return human_seconds(data.load_s);
  const double megabytes = static_cast<double>(data.bytes_read) * 1e-6;
  return fmt::format("{}, {:.0f} MB/s", human_seconds(data.load_s), megabytes / data.load_s);
}

std::string separator_text(char separator) {
  if (separator == '\t') return "a tab";
  if (separator == ' ') return "blanks";
  return fmt::format("'{}'", separator);
}

/// What was made of the first line: to be held against the file.
std::string header_text(const TableHeader& header) {
  constexpr std::size_t kShown = 12;
  if (header.names.empty()) return "no: the first line is a row";
  std::string text = "yes: ";
  for (std::size_t i = 0; i < std::min(kShown, header.names.size()); ++i)
    text += (i == 0 ? "" : ", ") + quoted_name(header.names[i]);
  return header.names.size() > kShown ? text + " …" : text;
}

std::string label_text(const TableColumns& columns) {
  const auto number = columns.label() + 1;
  const auto name = columns.column_name(columns.label());
  return columns.header.names.empty() ? name : fmt::format("{}, number {}", name, number);
}

std::string info_text(const Dataset& data) {
  const auto s = data_statistics(data);
  std::string text;
  const auto line = [&text](std::string_view name, std::string_view value) {
    text += fmt::format("{:<14}{}\n", name, wrap(value, 14));
  };
  line("data", data.name);
  if (data.table) {
    const auto& columns = data.table->columns;
    line("separator", separator_text(columns.header.separator));
    line("header", header_text(columns.header));
    line("label", label_text(columns));
  }
  line("stored", data.sparse() ? "sparse" : "dense");
  line("rows", std::to_string(s.rows));
  line("features", std::to_string(s.features));
  line("non-zeros", fmt::format("{} ({:.4g} a row)", s.non_zeros, s.mean_row_length));
  line("density", fmt::format("{:.4g}", s.density));
  line("classes", classes_text(s));
  line("omega", fmt::format("{} (non-zeros of the longest row)", s.omega));
  line("delta",
       fmt::format("{:.4g} (share of the rows that have the most popular feature)", s.delta));
  line("rho", fmt::format("{}{:.4g} (share of the rows that the row with the most conflicts meets)",
                          s.rho_exact ? "" : "at least ", s.rho));
  line("checksum", hex_text(data.checksum));
  line("loaded in", speed_text(data));
  return printable_lines(text);
}

using Writer = void (*)(const Dataset&, const TextSink&);

Writer writer_for(const std::filesystem::path& path) {
  const auto extension = path.extension().string();
  if (path == "-" || extension == ".svm" || extension == ".libsvm") return write_libsvm;
  if (extension == ".csv") return write_csv;
  throw UsageError(
      fmt::format("--out {}: the name must end in .svm, .libsvm or .csv", path.string()));
}

}  // namespace

int data_info_verb(const Invocation& invocation) {
  const auto data = load(request_of(invocation, kDataInfo));
  const auto text = info_text(data);
  if (interrupted()) return kInterruptedExit;
  Progress progress(0, false);
  for (const auto& note : data.notes) progress.note(note);
  print(text);
  return 0;
}

int data_make_verb(const Invocation& invocation) {
  if (!invocation.given.has("--out")) throw UsageError("data make needs -o FILE");
  const std::filesystem::path path = invocation.given.text("--out");
  const auto write = writer_for(path);
  const auto request = request_of(invocation, kDataMake);
  FileUse files;
  for (const auto& file : files_of(request)) files.reads("this command", file);
  files.writes("--out", path);
  check_writable(path);
  const auto data = load(request);
  const auto* sparse = std::get_if<SparseMatrix>(&data.features);
  if (write == write_csv && sparse && is_scattered(sparse->columns, sparse->entries.size()))
    throw UsageError(fmt::format("--out {}: {} columns for {} non-zeros: write .svm instead",
                                 path.string(), sparse->columns, sparse->entries.size()));
  AtomicFile file(path);
  write(data, [&file](std::string_view piece) {
    if (interrupted()) throw Interrupted("interrupted while writing");
    file.append(piece);
  });
  file.finish();
  return 0;
}

}  // namespace sgdbench

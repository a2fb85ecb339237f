#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <utility>

#include "workloads/data/catalog.h"
#include "workloads/data/checksum.h"
#include "workloads/data/generators/generators.h"
#include "workloads/data/input_file.h"
#include "workloads/data/readers.h"
#include "workloads/data/table_lines.h"
#include "workloads/data/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::string_view kFashionMnist = "fashion-mnist";

std::string_view name_of(std::string_view source) {
  return source.substr(0, std::min(source.find(':'), source.size()));
}

std::string_view parameters_of(std::string_view source) {
  return source.substr(std::min(name_of(source).size() + 1, source.size()));
}

const Generator* find_generator(std::string_view source) {
  for (const Generator& generator : generator_catalog())
    if (generator.name == name_of(source)) return &generator;
  return nullptr;
}

Examples generate(const Generator& generator, std::string_view source, const ParallelFor& parallel,
                  std::uint64_t free_memory) {
  const ParameterValues values(generator.name, generator.parameters, parameters_of(source),
                               free_memory);
  return generator.make(values, parallel);
}

std::uint32_t index_base(const DataRequest& request) {
  const int base = request.index_base.value_or(1);
  if (base != 0 && base != 1) throw UsageError(fmt::format("`index base` {} must be 0 or 1", base));
  return static_cast<std::uint32_t>(base);
}

/// Deals out what was read in file order.
std::vector<SourcePart> parts_of(Examples examples, const Placer& placer,
                                 const ParallelFor& parallel) {
  const Placement placement = placer(examples.targets.size());
  const auto checksums = content_checksums(examples, placement, parallel);
  std::vector<SourcePart> parts;
  for (Examples& part : deal(std::move(examples), placement, parallel)) {
    const std::uint64_t checksum = checksums[parts.size()];
    parts.push_back({std::move(part), checksum});
  }
  return parts;
}

/// What a file turned out to hold.
struct Source {
  std::vector<SourcePart> parts;
  std::uint64_t bytes_read = 0;
  std::optional<std::size_t> columns;  ///< as Dataset::declared_columns
  std::shared_ptr<const TableFacts> table;
  std::vector<double> labels;  ///< as Dataset::exact_labels
  std::vector<std::string> notes;
};

std::vector<float> classes_of(const std::vector<SourcePart>& parts) {
  std::vector<std::span<const float>> targets;
  for (const SourcePart& part : parts) targets.emplace_back(part.examples.targets);
  return find_classes(targets);
}

/// Refuses classes that rounding makes one.
void check_labels(const InputFile& file, const std::vector<SourcePart>& parts,
                  const LabelValues& labels) {
  const auto merged = labels.merged();
  if (!merged || classes_of(parts).empty()) return;
  throw BadData(located(file, {merged->second, "labels " + text_of(merged->first) +
                                                   " are one class in single precision; number "
                                                   "the classes from 0, or subtract a constant"}));
}

/// For what is a table of no separator but blanks, and has no table's name.
void refuse_plain_numbers(const InputFile& file) {
  if (find_separator(file.bytes(), true) == ' ')
    throw BadData(file.path() +
                  ":1:1: numbers with blanks between them: LIBSVM rows are 'label index:value …'; "
                  "if it is a table, call it .csv");
}

Source read_file(const std::string& path, const DataRequest& request, const Placer& placer,
                 const Dataset* training, const ParallelFor& parallel, ReadLimits limits) {
  if (request.max_unpacked) limits.max_unpacked = request.max_unpacked;
  const InputFile file(path, limits);
  if (file.bytes().empty()) throw BadData(file.path() + ":1:1: the file is empty");
  Source source;
  const FileFormat format = detect_format(file.path(), file.bytes());
  if (format == FileFormat::idx) {
    source.parts =
        parts_of(read_idx_pair(file, source.bytes_read, parallel, limits), placer, parallel);
    source.columns = width(source.parts.front().examples.features);
    return source;
  }
  refuse_lone_returns(file, parallel);
  source.bytes_read = file.bytes().size();
  if (format == FileFormat::libsvm) {
    refuse_plain_numbers(file);
    LibsvmRemarks remarks;
    source.parts = read_libsvm(file, index_base(request), placer, remarks, parallel);
    check_labels(file, source.parts, remarks.labels);
    source.labels = remarks.labels.rounded();
    source.notes = std::move(remarks.notes);
    return source;
  }
  Table table = training != nullptr && training->table != nullptr
                    ? read_test_table(file, request, training->table, training->name, parallel)
                    : read_table(file, request, placer, parallel);
  check_labels(file, table.parts, table.labels);
  source.parts = std::move(table.parts);
  source.columns = table.facts->columns.features;
  source.table = std::move(table.facts);
  source.labels = table.labels.rounded();
  source.notes = std::move(table.notes);
  return source;
}

/// Says which settings for other formats than the source's were given, where all data are one
/// source.
void note_unused_settings(const std::string& name, const DataRequest& request, Source& source) {
  const auto note = [&](bool is_given, bool is_used, const char* setting, const char* format) {
    if (is_given && !is_used && request.test_source.empty())
      source.notes.push_back(
          fmt::format("`{}` says nothing of {}, which is no {}", setting, name, format));
  };
  const bool is_table = source.table != nullptr;
  note(!request.label_column.empty(), is_table, "label column", "table");
  note(!request.dropped_columns.empty(), is_table, "drop columns", "table");
  note(request.header != HeaderRule::automatic, is_table, "header", "table");
  note(request.index_base.has_value(), !source.columns, "index base", "LIBSVM file");
}

}  // namespace

ImageCounts image_counts(std::string_view source) {
  if (name_of(source) != kFashionMnist) return {};
  static constexpr std::array<Parameter, 2> kParameters{
      {{"rows", 0, 1, kMaxRows}, {"test", 0, 1, kMaxRows}}};
  const ParameterValues values(kFashionMnist, kParameters, parameters_of(source));
  return {values.whole("rows"), values.whole("test")};
}

std::string resolve_path(std::string_view source) {
  if (find_generator(source) != nullptr) return {};
  if (name_of(source) == kFashionMnist) {
    image_counts(source);  // or what is wrong with them
    return find_fashion_mnist();
  }
  std::string path(source);
  // What looks like a path is one; InputFile says what is wrong with it.
  if (path == kStandardInput || std::filesystem::exists(path) ||
      source.find_first_of("/.") != std::string_view::npos)
    return path;
  std::vector<std::string> valid;
  for (const DataEntry& entry : data_catalog()) valid.emplace_back(entry.name);
  throw UsageError(unknown_name("data set (and no such file)", name_of(source), valid));
}

std::vector<Dataset> load_parts(std::string_view source, const DataRequest& request,
                                const Placer& placer, const Dataset* training,
                                const ParallelFor& parallel, const ReadLimits& limits) {
  const auto start = std::chrono::steady_clock::now();
  const Generator* generator = find_generator(source);
  Source read;
  if (generator != nullptr) {
    read.parts =
        parts_of(generate(*generator, source, parallel, limits.free_memory), placer, parallel);
    read.columns = width(read.parts.front().examples.features);
  } else {
    auto of_source = limits;
    if (training == nullptr) of_source.images = image_counts(source).training;
    read = read_file(resolve_path(source), request, placer, training, parallel, of_source);
  }
  if (training == nullptr) note_unused_settings(std::string(source), request, read);
  const auto classes = classes_of(read.parts);
  std::vector<Dataset> result;
  for (SourcePart& part : read.parts) {
    Dataset& data = result.emplace_back();
    data.name = source;
    data.features = std::move(part.examples.features);
    data.targets = std::move(part.examples.targets);
    data.classes = classes;
    if (!classes.empty()) data.exact_labels = read.labels;
    data.checksum = part.checksum;
    data.bytes_read = read.bytes_read;
    data.declared_columns = read.columns;
    data.table = read.table;
  }
  result.front().notes = std::move(read.notes);
  result.front().load_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

Dataset load_source(std::string_view source, const DataRequest& request,
                    const ParallelFor& parallel, const ReadLimits& limits) {
  return std::move(load_parts(source, request, in_file_order, nullptr, parallel, limits).front());
}

const std::vector<DataEntry>& data_catalog() {
  static const std::vector<std::string> parameters = [] {
    std::vector<std::string> texts;
    for (const Generator& generator : generator_catalog())
      texts.push_back(describe_parameters(generator.parameters));
    return texts;
  }();
  static const std::vector<DataEntry> catalog = [] {
    std::vector<DataEntry> entries = {
        {kFashionMnist,
         "real images, 28 × 28 grey values, ten classes of clothing, 60,000 to train and 10,000 to "
         "test, or the first of them (Debian: dataset-fashion-mnist)",
         "rows=60000,test=10000"}};
    for (std::size_t k = 0; k < parameters.size(); ++k)
      entries.push_back(
          {generator_catalog()[k].name, generator_catalog()[k].summary, parameters[k]});
    return entries;
  }();
  return catalog;
}

}  // namespace sgdbench

#include "workloads/data/source.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "workloads/data/checksum.h"
#include "workloads/data/error.h"
#include "workloads/data/fashion_mnist.h"
#include "workloads/data/file_format.h"
#include "workloads/data/generators/generators.h"
#include "workloads/data/idx.h"
#include "workloads/data/input_file.h"
#include "workloads/data/libsvm.h"
#include "workloads/data/table.h"
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

Examples generate(const Generator& generator, std::string_view source,
                  const ParallelFor& parallel) {
  const ParameterValues values(generator.name, generator.parameters, parameters_of(source));
  return generator.make(values, parallel);
}

std::uint32_t index_base(const DataRequest& request) {
  const int base = request.index_base.value_or(1);
  if (base != 0 && base != 1)
    throw UsageError("--index-base " + std::to_string(base) + " must be 0 or 1");
  return static_cast<std::uint32_t>(base);
}

/// Deals out what was read in file order.
std::vector<Part> parts_of(Examples examples, const Placer& placer, const ParallelFor& parallel) {
  const Placement placement = placer(examples.targets.size());
  const auto checksums = content_checksums(examples, placement, parallel);
  std::vector<Part> parts;
  for (Examples& part : deal(std::move(examples), placement, parallel)) {
    const std::uint64_t checksum = checksums[parts.size()];
    parts.push_back({std::move(part), checksum});
  }
  return parts;
}

Examples read_any_table(const InputFile& file, FileFormat format, const DataRequest& request,
                        const ParallelFor& parallel) {
  Examples examples =
      read_table(file, format == FileFormat::tsv ? '\t' : ',', request.label_column, parallel);
  // Whoever standardises a table wants it dense, whatever its zeros.
  if (!request.standardize)
    examples.features = stored_by_density(std::move(examples.features), parallel);
  return examples;
}

std::vector<Part> read_file(const std::string& path, const DataRequest& request,
                            const Placer& placer, std::uint64_t& bytes_read,
                            const ParallelFor& parallel, ReadLimits limits) {
  if (request.max_unpacked) limits.max_unpacked = request.max_unpacked;
  const InputFile file(path, limits);
  if (file.bytes().empty()) throw BadData(file.path() + ":1:1: the file is empty");
  const FileFormat format = detect_format(file.path(), file.bytes());
  if (format == FileFormat::idx)
    return parts_of(read_idx_pair(file, bytes_read, parallel, limits), placer, parallel);
  refuse_lone_returns(file, parallel);
  bytes_read = file.bytes().size();
  if (format == FileFormat::libsvm) return read_libsvm(file, index_base(request), placer, parallel);
  return parts_of(read_any_table(file, format, request, parallel), placer, parallel);
}

}  // namespace

std::string resolve_path(std::string_view source) {
  if (find_generator(source) != nullptr) return {};
  if (name_of(source) == kFashionMnist) {
    if (!parameters_of(source).empty())
      throw UsageError("fashion-mnist takes no parameters: '" + std::string(source) + "'");
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
                                const Placer& placer, const ParallelFor& parallel,
                                const ReadLimits& limits) {
  const auto start = std::chrono::steady_clock::now();
  const Generator* generator = find_generator(source);
  std::uint64_t bytes_read = 0;
  std::vector<Part> parts =
      generator != nullptr
          ? parts_of(generate(*generator, source, parallel), placer, parallel)
          : read_file(resolve_path(source), request, placer, bytes_read, parallel, limits);
  std::vector<std::span<const float>> targets;
  for (const Part& part : parts) targets.emplace_back(part.examples.targets);
  const auto classes = find_classes(targets);
  std::vector<Dataset> result;
  for (Part& part : parts)
    result.push_back({std::string(source), std::move(part.examples.features),
                      std::move(part.examples.targets), classes, part.checksum, bytes_read, 0});
  result.front().load_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

Dataset load_source(std::string_view source, const DataRequest& request,
                    const ParallelFor& parallel, const ReadLimits& limits) {
  return std::move(load_parts(source, request, in_file_order, parallel, limits).front());
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
         "test (Debian: dataset-fashion-mnist)",
         ""}};
    for (std::size_t k = 0; k < parameters.size(); ++k)
      entries.push_back(
          {generator_catalog()[k].name, generator_catalog()[k].summary, parameters[k]});
    return entries;
  }();
  return catalog;
}

}  // namespace sgdbench

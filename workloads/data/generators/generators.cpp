#include "workloads/data/generators/generators.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "workloads/data/generators/portable.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::size_t kBlock = 1024;

}  // namespace

const std::vector<Generator>& generator_catalog() {
  static const std::vector<Generator> catalog = {kRcv1Like,  kRealSimLike, kNews20Like,
                                                 kW8aLike,   kCovtypeLike, kEpsilonLike,
                                                 kMnistLike, kDisjoint,    kQuadratic};
  return catalog;
}

Examples make_sparse(std::size_t rows, std::size_t columns, const ParallelFor& parallel,
                     const MakeSparseRow& make_row) {
  SparseMatrix matrix;
  matrix.columns = columns;
  matrix.offsets.resize(rows + 1);
  std::vector<float> targets(rows);
  std::vector<std::vector<Entry>> blocks((rows + kBlock - 1) / kBlock);
  parallel(blocks.size(), [&](std::size_t block) {
    for (std::size_t i = block * kBlock; i < std::min(rows, (block + 1) * kBlock); ++i) {
      const std::size_t before = blocks[block].size();
      targets[i] = make_row(i, blocks[block]);
      matrix.offsets[i + 1] = blocks[block].size() - before;
    }
  });
  for (std::size_t i = 0; i < rows; ++i) matrix.offsets[i + 1] += matrix.offsets[i];
  matrix.entries.resize(matrix.offsets.back());
  parallel(blocks.size(), [&](std::size_t block) {
    const std::vector<Entry> entries = std::move(blocks[block]);
    std::copy(entries.begin(), entries.end(),
              matrix.entries.data() + matrix.offsets[block * kBlock]);
  });
  return {std::move(matrix), std::move(targets)};
}

Examples make_dense(std::size_t rows, std::size_t columns, const ParallelFor& parallel,
                    const MakeDenseRow& make_row) {
  DenseMatrix matrix(rows, columns);
  std::vector<float> targets(rows);
  parallel((rows + kBlock - 1) / kBlock, [&](std::size_t block) {
    for (std::size_t i = block * kBlock; i < std::min(rows, (block + 1) * kBlock); ++i)
      targets[i] = make_row(i, matrix.row(i));
  });
  return {std::move(matrix), std::move(targets)};
}

double dense_bytes(std::size_t rows, std::size_t columns) {
  return static_cast<double>(rows) * static_cast<double>(padded_to_line(columns)) * sizeof(Real);
}

float noisy_label(double margin, Random& random) {
  return random.uniform() < portable::sigmoid(std::clamp(margin, -500.0, 500.0)) ? 1.0f : -1.0f;
}

namespace {

std::string tenths(double value) {
  return shortest_text(std::round(10 * value) / 10);
}

std::string to_text(double value) {
  if (value == std::trunc(value) && std::abs(value) < 1e18)
    return std::to_string(static_cast<long long>(value));
  return shortest_text(value);
}

}  // namespace

ParameterValues::ParameterValues(std::string_view generator, std::span<const Parameter> parameters,
                                 std::string_view text, std::uint64_t free_memory)
    : generator_(generator),
      parameters_(parameters),
      given_(parameters.size()),
      free_memory_(free_memory) {
  for (const Parameter& parameter : parameters) values_.push_back(parameter.fallback);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, end);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos)
      refuse(
          fmt::format("{} is not name=value; for instance {}=1000", item, parameters.front().name));
    assign(item.substr(0, equals), item.substr(equals + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void ParameterValues::assign(std::string_view name, std::string_view value) {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [&](const Parameter& p) { return p.name == name; });
  if (found == parameters_.end()) {
    std::vector<std::string> valid;
    for (const Parameter& parameter : parameters_) valid.emplace_back(parameter.name);
    refuse(unknown_name("parameter", name, valid));
  }
  const auto position = static_cast<std::size_t>(found - parameters_.begin());
  if (given_[position]) refuse(fmt::format("parameter '{}' is given twice", name));
  given_[position] = true;

  const auto number = parse_number<double>(value);
  if (!number) refuse(fmt::format("{}='{}' is not a number", name, value));
  if (found->whole && *number != std::trunc(*number))
    refuse(fmt::format("{}={} must be a whole number", name, value));
  if (!(*number >= found->least && *number <= found->most))
    refuse(fmt::format("{}={} must lie between {} and {}", name, value, to_text(found->least),
                       to_text(found->most)));
  values_[position] = *number;
}

double ParameterValues::real(std::string_view name) const {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [&](const Parameter& p) { return p.name == name; });
  return values_.at(static_cast<std::size_t>(found - parameters_.begin()));
}

std::size_t ParameterValues::whole(std::string_view name) const {
  return static_cast<std::size_t>(real(name));
}

void ParameterValues::check_memory(double bytes) const {
  constexpr double kGiB = 1073741824.0;
  constexpr double kMost = 64 * kGiB;
  if (bytes > kMost)
    refuse(
        fmt::format("these parameters would take {} GiB of memory; at most 64 GiB: ask for fewer "
                    "rows or features",
                    to_text(std::ceil(bytes / kGiB))));
  if (free_memory_ > 0 && bytes > static_cast<double>(free_memory_) / 2)
    refuse(
        fmt::format("these parameters would take {} GiB of memory, more than half of the {} GiB "
                    "that are free: ask for fewer rows or features",
                    tenths(bytes / kGiB), tenths(static_cast<double>(free_memory_) / kGiB)));
}

void ParameterValues::refuse(const std::string& what) const {
  throw UsageError(fmt::format("{}: {}", generator_, what));
}

std::string describe_parameters(std::span<const Parameter> parameters) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    if (!text.empty()) text += ',';
    text += std::string(parameter.name) + "=";
    text += parameter.fallback < parameter.least ? "auto" : to_text(parameter.fallback);
  }
  return text;
}

}  // namespace sgdbench

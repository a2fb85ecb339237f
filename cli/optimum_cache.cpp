#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <numeric>

#include "cli/cache.h"
#include "cli/terminal.h"
#include "results/atomic_file.h"
#include "results/files.h"
#include "results/reading/json.h"
#include "results/text.h"
#include "workloads/data/checksum.h"
#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Of the entries.
constexpr int kFormat = 2;
/// An entry takes about 20 bytes for each.
constexpr std::size_t kMostNumbers = 4'000'000, kMostBytesEach = 32, kMostBytesBeside = 4096;

/// The path that an environment variable holds; relative ones are to be ignored by the XDG base
/// directory specification.
std::optional<fs::path> absolute_path(const char* variable) {
  const char* const text = std::getenv(variable);
  if (!text || !fs::path(text).is_absolute()) return {};
  return fs::path(text);
}

/// The training rows in an order of their own, and what tells the order of the features.
struct RowOrder {
  std::vector<std::size_t> rows;
  std::uint64_t layout = 0;

  RowOrder(const Dataset& train, const ParallelFor& parallel) : rows(train.rows()) {
    const auto sums = row_checksums(train.features, train.targets, parallel);
    for (const auto sum : sums) layout += mix(sum);
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    std::sort(rows.begin(), rows.end(), [&](auto a, auto b) { return sums[a] < sums[b]; });
  }
};

/// What an entry is of. λ is there by its bits: equal means equal.
Json key_of(const Problem& problem, const WorkloadOptions& options, const Dataset& train,
            const RowOrder& order) {
  return {{"format", kFormat},
          {"checksum", hex_text(train.checksum)},
          {"layout", hex_text(order.layout)},
          {"examples", train.rows()},
          {"features", train.feature_count()},
          {"classes", train.classes.size()},
          {"workload", options.workload},
          {"intercept", options.intercept},
          {"l2_bits", hex_text(std::bit_cast<std::uint64_t>(problem.l2()))}};
}

/// The file name of this problem's entry.
std::string name_of(const Problem& problem, const WorkloadOptions& options, const Dataset& train,
                    const RowOrder& order) {
  return fmt::format("optimum-{}{}-{:016x}-{:016x}-{}-{:016x}.json", options.workload,
                     options.intercept ? "-intercept" : "", train.checksum, order.layout,
                     train.classes.size(), std::bit_cast<std::uint64_t>(problem.l2()));
}

/// Their multipliers in the order of the rows in memory; none where there are not as many.
OptimumPoint in_order(OptimumPoint point, const RowOrder& order) {
  const auto sorted = std::move(point.multipliers);
  point.multipliers.clear();
  if (sorted.size() != order.rows.size()) return point;
  point.multipliers.resize(sorted.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) point.multipliers[order.rows[i]] = sorted[i];
  return point;
}

Json to_json(const OptimumPoint& point, const RowOrder& order) {
  std::vector<double> sorted;
  if (!point.multipliers.empty())
    for (const auto row : order.rows) sorted.push_back(point.multipliers[row]);
  return {{"w", point.w}, {"multipliers", sorted}};
}

OptimumPoint read_point(const fs::path& path, const Json& key, const RowOrder& order,
                        std::size_t numbers) {
  try {
    const auto text = read_entry(path, numbers * kMostBytesEach + kMostBytesBeside);
    return text ? in_order(parse_optimum(*text, key.dump()), order) : OptimumPoint();
  } catch (const ReadError&) {
    return {};
  }
}

}  // namespace

OptimumPoint parse_optimum(std::string_view entry, std::string_view key) try {
  const auto json = parse_json(entry);
  if (json.at("of") != parse_json(key)) return {};
  const auto& point = json.at("optimum");
  return {.w = point.at("w").get<std::vector<double>>(),
          .multipliers = point.at("multipliers").get<std::vector<double>>()};
} catch (const BadJson&) {
  return {};
} catch (const JsonTree::exception&) {
  return {};
}

std::optional<fs::path> cache_folder() {
  if (const auto folder = absolute_path("XDG_CACHE_HOME")) return *folder / "sgdbench";
  if (const auto home = absolute_path("HOME")) return *home / ".cache" / "sgdbench";
  return {};
}

std::optional<std::string> read_entry(const fs::path& path, std::size_t most) {
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  if (!fs::is_regular_file(path, error)) throw ReadError("it is no ordinary file");
  return read_file(path, most);
}

void write_entry(const fs::path& path, std::string_view text) noexcept try {
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) return;
  write_atomically(path, text);
} catch (const std::exception&) {
  // It will be computed again.
}

Optimum found_optimum(const Problem& problem, const WorkloadOptions& options, const TrainTest& data,
                      const ParallelFor& parallel) {
  OptimumLimits limits;
  limits.stop = &interrupted();
  return find_optimum(problem, options, data, parallel, limits);
}

Optimum cached_optimum(const Problem& problem, const WorkloadOptions& options,
                       const TrainTest& data, const ParallelFor& parallel, bool* from_cache) {
  if (const auto why = why_no_optimum(options); !why.empty()) throw UsageError(why);
  OptimumLimits limits;
  limits.stop = &interrupted();
  if (from_cache) *from_cache = false;
  const auto folder = cache_folder();
  const std::size_t numbers = problem.parameters() + data.train.rows();
  if (!folder || numbers > kMostNumbers) return found_optimum(problem, options, data, parallel);
  const RowOrder order(data.train, parallel);
  const auto path = *folder / name_of(problem, options, data.train, order);
  const auto key = key_of(problem, options, data.train, order);
  auto point = read_point(path, key, order, numbers);
  const bool began_there = !point.w.empty();
  const auto optimum = find_optimum(problem, options, data, parallel, limits, nullptr, &point);
  const bool known = began_there && optimum.iterations == 0;
  if (from_cache) *from_cache = known;
  if (!known)
    write_entry(path, Json{{"of", key}, {"optimum", to_json(point, order)}}.dump() + '\n');
  return optimum;
}

}  // namespace sgdbench

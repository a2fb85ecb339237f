#include "cli/optimum_cache.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/interrupt.h"
#include "results/atomic_file.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Of the entries, and of what a certificate demands.
constexpr int kFormat = 1;

/// The path that an environment variable holds; relative ones are to be ignored by the XDG base
/// directory specification.
std::optional<fs::path> absolute_path(const char* variable) {
  const char* const text = std::getenv(variable);
  if (!text || !fs::path(text).is_absolute()) return {};
  return fs::path(text);
}

/// What an entry is of. λ is there by its bits: equal means equal.
Json key_of(const Problem& problem, const WorkloadOptions& options, const Dataset& train) {
  return {{"format", kFormat},
          {"checksum", fmt::format("{:016x}", train.checksum)},
          {"examples", train.rows()},
          {"features", train.feature_count()},
          {"classes", train.classes.size()},
          {"workload", options.workload},
          {"l2_bits", fmt::format("{:016x}", std::bit_cast<std::uint64_t>(problem.l2()))}};
}

Json to_json(const Optimum& optimum) {
  return {{"value", optimum.value},
          {"relative_gradient", optimum.relative_gradient},
          {"gap", optimum.gap ? Json(*optimum.gap) : Json()},
          {"solver", optimum.solver},
          {"cross_check", optimum.cross_check},
          {"iterations", optimum.iterations},
          {"passes", optimum.passes},
          {"seconds", optimum.seconds}};
}

/// Throws what the library does where a member is missing or of another type.
Optimum from_json(const Json& json) {
  Optimum optimum;
  optimum.value = json.at("value").get<double>();
  optimum.relative_gradient = json.at("relative_gradient").get<double>();
  if (!json.at("gap").is_null()) optimum.gap = json.at("gap").get<double>();
  optimum.solver = json.at("solver").get<std::string>();
  optimum.cross_check = json.at("cross_check").get<std::string>();
  optimum.iterations = json.at("iterations").get<std::uint64_t>();
  optimum.passes = json.at("passes").get<std::uint64_t>();
  optimum.seconds = json.at("seconds").get<double>();
  return optimum;
}

std::optional<Optimum> read_entry(const fs::path& path, const Json& key) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  std::ostringstream text;
  text << file.rdbuf();
  try {
    const auto json = Json::parse(text.str());
    if (json.at("of") != key) return {};
    auto optimum = from_json(json.at("optimum"));
    if (!is_certified(optimum)) return {};
    return optimum;
  } catch (const Json::exception&) {
    return {};
  }
}

void write_entry(const fs::path& folder, const std::string& name, const Json& key,
                 const Optimum& optimum) {
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  try {
    write_atomically(folder / name,
                     Json{{"of", key}, {"optimum", to_json(optimum)}}.dump(2) + '\n');
  } catch (const WriteError&) {
    // It will be computed again.
  }
}

}  // namespace

std::optional<fs::path> cache_folder() {
  if (const auto folder = absolute_path("XDG_CACHE_HOME")) return *folder / "sgdbench";
  if (const auto home = absolute_path("HOME")) return *home / ".cache" / "sgdbench";
  return {};
}

std::string cache_entry(const Problem& problem, const WorkloadOptions& options,
                        const Dataset& train) {
  return fmt::format("optimum-{}-{:016x}-{}-{:016x}.json", options.workload, train.checksum,
                     train.classes.size(), std::bit_cast<std::uint64_t>(problem.l2()));
}

Optimum cached_optimum(const Problem& problem, const WorkloadOptions& options,
                       const TrainTest& data, const ParallelFor& parallel, bool* from_cache) {
  if (const auto why = why_no_optimum(options); !why.empty()) throw UsageError(why);
  const auto folder = cache_folder();
  const auto name = cache_entry(problem, options, data.train);
  const auto key = key_of(problem, options, data.train);
  const auto known = folder ? read_entry(*folder / name, key) : std::nullopt;
  if (from_cache) *from_cache = known.has_value();
  if (known) return *known;
  OptimumLimits limits;
  limits.stop = &interrupted();
  const auto optimum = find_optimum(problem, options, data, parallel, limits);
  if (folder) write_entry(*folder, name, key, optimum);
  return optimum;
}

}  // namespace sgdbench

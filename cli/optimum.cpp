// `sgdbench optimum`: the least loss that any run could reach, and why to believe it.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <numeric>

#include "backends/fork_join.h"
#include "cli/cache.h"
#include "cli/configuration.h"
#include "cli/files.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "cli/values.h"
#include "cli/verbs.h"
#include "results/atomic_file.h"
#include "results/environment.h"
#include "results/files.h"
#include "results/reading/json.h"
#include "results/text.h"
#include "workloads/data/checksum.h"
#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

constexpr int kNotAllFound = 3;

/// One problem's answer: an optimum, or the reason why there is none.
struct Answer {
  std::string workload, data;
  std::size_t examples = 0, features = 0;
  double l2 = 0;  ///< λ
  std::string intercept;
  std::optional<Optimum> optimum;
  bool cached = false;
  std::string reason;
  bool failed = false;  ///< it should have been found
};

std::string exactly(double value) {
  return fmt::format("{:.17g}", value);
}
std::string shortly(double value) {
  return fmt::format("{:.1e}", value);
}

std::string as_table(const std::vector<Answer>& answers) {
  TextTable table({"workload", "l2", "intercept", "optimum", "gradient", "gap ≤", "iterations",
                   "passes", "time", "cached"});
  for (const auto& answer : answers) {
    const auto l2 = fmt::format("{:.4g}", answer.l2);
    if (!answer.optimum) {
      table.add_note({answer.workload, l2, answer.intercept}, answer.reason);
    } else {
      const auto& found = *answer.optimum;
      table.add({answer.workload, l2, answer.intercept, exactly(found.value),
                 shortly(found.relative_gradient), or_dash(found.gap, shortly),
                 std::to_string(found.iterations), std::to_string(found.passes),
                 human_seconds(found.seconds), answer.cached ? "yes" : "no"});
      table.add_note({}, fmt::format("{}: {}; {}", answer.data, found.solver, found.cross_check));
    }
  }
  return table.text();
}

nlohmann::ordered_json as_json(const Answer& answer) {
  nlohmann::ordered_json row{{"workload", answer.workload},
                             {"data", answer.data},
                             {"examples", answer.examples},
                             {"features", answer.features},
                             {"l2", answer.l2},
                             {"intercept", answer.intercept},
                             {"status", answer.optimum  ? "ok"
                                        : answer.failed ? "failed"
                                                        : "unsupported"},
                             {"reason", answer.reason}};
  const Optimum none, &found = answer.optimum ? *answer.optimum : none;
  const auto known = [&](auto value) {
    return answer.optimum ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
  };
  row["optimum"] = known(found.value);
  row["relative_gradient"] = known(found.relative_gradient);
  row["gap"] = found.gap ? nlohmann::ordered_json(*found.gap) : nlohmann::ordered_json();
  row["solver"] = known(found.solver);
  row["cross_check"] = known(found.cross_check);
  row["iterations"] = known(found.iterations);
  row["passes"] = known(found.passes);
  row["seconds"] = known(found.seconds);
  row["cached"] = known(answer.cached);
  return row;
}

std::string as_json_text(const std::vector<Answer>& answers) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& answer : answers) rows.push_back(as_json(answer));
  return rows.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

constexpr Format<std::vector<Answer>> kOptimumFormats[] = {{"table", as_table},
                                                           {"json", as_json_text}};

void find(Answer& answer, const WorkloadOptions& options, const TrainTest& data,
          const ParallelFor& parallel, bool use_cache) {
  const auto problem = make_problem(options, data);
  try {
    answer.optimum = use_cache ? cached_optimum(*problem, options, data, parallel, &answer.cached)
                               : found_optimum(*problem, options, data, parallel);
  } catch (const NotConverged& error) {
    answer.reason = with_option_names(error.what());
    answer.failed = true;
  }
}

/// "" where this workload has an optimum on this data, as far as can be said before looking for it.
std::string why_not(const WorkloadOptions& options, const Dataset& train) {
  if (const auto why = why_no_optimum(options); !why.empty()) return with_option_names(why);
  return find_workload(options.workload).why_not(train);
}

Answer about(const Configuration& configuration, const Dataset& train) {
  Answer answer;
  answer.workload = configuration.workload.workload;
  answer.data = train.name;
  answer.examples = train.rows();
  answer.features = train.feature_count();
  const double n = static_cast<double>(train.rows());
  answer.l2 = configuration.workload.l2 < 0 ? 1 / n : configuration.workload.l2;
  answer.intercept = find_option(kOptimum, "--intercept").show(configuration);
  return answer;
}

/// Backends don't matter to an optimum: whatever there is, one configuration for each problem.
std::vector<Configuration> wanted_configurations(const Given& given) {
  for (const auto* option : {"--workload", "--data"})
    if (!given.has(option))
      throw UsageError(fmt::format("optimum needs {}; see 'sgdbench optimum --help'", option));
  std::vector<Configuration> configurations;
  const auto all = expand_configurations(given, 1);
  say_out_of_scope({given}, all, given.has("--quiet"));
  for (const auto& same_data : by_data(all))
    for (const auto& group : by_problem(same_data)) configurations.push_back(group.front());
  return configurations;
}

}  // namespace

int optimum_verb(const Invocation& invocation) {
  const auto& given = invocation.given;
  const auto& format =
      find_by_name(kOptimumFormats, "format", given.text("--format", kOptimumFormats[0].name));
  const auto configurations = wanted_configurations(given);
  // The one problem that was asked for is a mistake; one of several is a row among others.
  if (configurations.size() == 1)
    if (const auto why = why_no_optimum(configurations[0].workload); !why.empty())
      throw UsageError(why);
  check_sources(configurations);
  catch_interrupts();
  const auto parallel = threaded_for(available_cores());
  Progress progress(configurations.size(), given.has("--quiet"));
  std::vector<Answer> answers;
  for (const auto& same_data : by_data(configurations)) {
    progress.say("loading " + same_data.front().data.source);
    const auto data = load_interruptibly(same_data.front().data, parallel);
    tell_notes(data, progress);
    for (const auto& configuration : same_data) {
      if (interrupted()) return kInterruptedExit;
      progress.step(
          fmt::format("optimum of {} on {}", configuration.workload.workload, data.train.name));
      auto answer = about(configuration, data.train);
      if (configurations.size() > 1) answer.reason = why_not(configuration.workload, data.train);
      if (answer.reason.empty())
        find(answer, configuration.workload, data, parallel, !given.has("--no-cache"));
      answers.push_back(std::move(answer));
    }
  }
  progress.clear();
  if (interrupted()) return kInterruptedExit;
  print(format.render(answers));
  for (const auto& answer : answers)
    if (answer.failed) return kNotAllFound;
  return 0;
}

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

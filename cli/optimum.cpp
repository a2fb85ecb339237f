// `sgdbench optimum`: the least loss that any run could reach, and why to believe it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "backends/fork_join.h"
#include "cli/cache.h"
#include "cli/configuration.h"
#include "cli/files.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/values.h"
#include "cli/verbs.h"
#include "results/environment.h"
#include "workloads/names.h"

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

}  // namespace sgdbench

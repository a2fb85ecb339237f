#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "cli/request.h"
#include "workloads/names.h"
#include "workloads/optimum/optimum.h"

namespace sgdbench {
namespace {

struct SuitePart {
  std::string_view workload;
  std::vector<std::pair<std::string_view, std::string_view>> options;
};

/// Sized to end within about a minute and a half on two cores, most of it searches: each strategy
/// is shown at its own best step and mini-batch, and on the network a replica at its best exchange
/// period, which decides much there. So the network and its data are small, and its mini-batches
/// those that do well by all strategies on such data. Each target is one that every strategy should
/// reach: for the convex problem, 1 % above the optimum; for the network, an accuracy that it has
/// after two or three of its epochs.
const std::vector<SuitePart>& suite() {
  static const std::vector<SuitePart> parts{
      {"logreg",
       {{"--data", "rcv1-like:rows=20000"},
        {"--holdout", "0.1"},
        {"--epochs", "10"},
        {"--evaluations", "40"},
        {"--repeats", "5"},
        {"--lr", "tuned"},
        {"--batch", "tuned"},
        {"--target", "1%"}}},
      {"mlp",
       {{"--data", "fashion-mnist:rows=6000,test=2000"},
        {"--hidden", "64"},
        {"--epochs", "6"},
        {"--repeats", "5"},
        {"--lr", "tuned"},
        {"--batch", "tuned:16..64"},
        {"--exchange", "tuned"},
        {"--target-accuracy", "0.8"}}},
  };
  return parts;
}

/// Without a workload and data, each backend stands beside itself with one worker.
constexpr std::string_view kWorkers = "1,all";

bool overrides(const Given& given, std::string_view option) {
  // One target replaces the other: a suite's must not stand beside the user's own.
  if (option.starts_with("--target"))
    return given.has("--target") || given.has("--target-loss") || given.has("--target-accuracy");
  if (option == "--epochs" && given.has("--updates")) return true;
  if (option == "--evaluations" && (given.has("--epochs") || given.has("--updates"))) return true;
  if (option == "--holdout" && given.has("--test-data")) return true;
  return given.has(option);
}

/// What was given that goes for a part: a share above the optimum is no target of a workload that
/// has none, unless it was named. Such a part keeps its own.
Given applicable(const SuitePart& part, const Given& given) {
  WorkloadOptions workload;
  workload.workload = part.workload;
  const bool skips_target = !given.has("--workload") && !why_no_optimum(workload).empty();
  Given some;
  for (const auto& option : option_table())
    if (option.name != "--workload" && !(skips_target && option.name == "--target"))
      for (auto& text : given.texts(option.name)) some.add(option.name, std::move(text));
  return some;
}

/// One of those that were named, or of the suite's.
void add_workload(std::string_view workload, const Given& given, Given& part) {
  constexpr std::string_view kOption = "--workload";
  if (given.has(kOption))
    part.add(kOption, std::string(workload));
  else
    part.add_default(kOption, std::string(workload));
}

Given completed(const SuitePart& part, const Given& all_given) {
  const Given given = applicable(part, all_given);
  Given all = given;
  for (const auto& [option, text] : part.options)
    if (!overrides(given, option)) all.add_default(option, std::string(text));
  add_workload(part.workload, all_given, all);
  return all;
}

/// A part of a workload that learns nothing.
Given without_data(std::string_view workload, const Given& given) {
  Given all;
  for (const auto& option : option_table())
    if (option.name != "--workload")
      for (auto& text : given.texts(option.name)) all.add(option.name, std::move(text));
  add_workload(workload, given, all);
  all.add_default("--data", std::string(kNoData));
  return all;
}

/// The workloads that were named; all of the suite's where none was.
std::vector<std::string> wanted_workloads(const Given& given) {
  if (given.has("--workload")) return values_of(find_option(kRun, "--workload"), given);
  std::vector<std::string> all;
  for (const auto& part : suite()) all.emplace_back(part.workload);
  return all;
}

}  // namespace

std::vector<Given> parts_of(const Given& given) {
  if (given.has("--data") && given.has("--workload")) return {given};
  if (given.has("--data"))
    throw UsageError("--data needs a --workload to train on it; see 'sgdbench list workloads'");
  std::vector<Given> parts;
  for (const auto& workload : wanted_workloads(given)) {
    if (!find_workload(workload).trains) {
      parts.push_back(without_data(workload, given));
      continue;
    }
    const auto part = std::find_if(suite().begin(), suite().end(),
                                   [&](const SuitePart& row) { return row.workload == workload; });
    if (part == suite().end())
      throw UsageError(
          fmt::format("--workload {} needs --data; see 'sgdbench list data'", workload));
    parts.push_back(completed(*part, given));
    if (!given.has("--workload") && !given.has("--workers"))
      parts.back().add_default("--workers", std::string(kWorkers));
  }
  return parts;
}

}  // namespace sgdbench

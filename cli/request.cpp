#include "cli/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "cli/values.h"
#include "workloads/names.h"
#include "workloads/optimum/optimum.h"

namespace sgdbench {
namespace {

constexpr std::size_t kLongestJoined = 1 << 20;  // bytes of what joining makes
constexpr std::size_t kMostTexts = 200'000;

std::size_t count_texts(const Given& given) {
  std::size_t count = 0;
  for (const auto& option : option_table()) count += given.texts(option.name).size();
  return count;
}

bool is_target(const Option& option) {
  return option.name == "--target" || option.name.starts_with("--target-");
}

bool names_target(const Given& given) {
  for (const auto& option : option_table())
    if (is_target(option) && given.has(option.name)) return true;
  return false;
}

void copy(const Option& option, const Given& from, Given& to) {
  for (auto& text : from.texts(option.name)) to.add(option.name, std::move(text));
}

/// The keys of a table go before those above it.
Given layered(const Given& table, const Given& above) {
  Given all;
  for (const auto& option : option_table())
    copy(option, table.has(option.name) ? table : above, all);
  return all;
}

/// What was typed goes before the file. A target of the file must not stand beside the user's own.
Given over_file(const Given& typed, const Given& file) {
  Given all;
  const bool own_target = names_target(typed);
  for (const auto& option : option_table()) {
    const bool replaced = typed.has(option.name) || (own_target && is_target(option));
    if (replaced)
      copy(option, typed, all);
    else if (file.texts(option.name) != std::vector<std::string>{std::string(kSwitchedOff)} ||
             !option.value.empty())
      copy(option, file, all);
  }
  return all;
}

std::string joined(const std::string& a, const std::string& b, std::string_view nothing) {
  if (a == nothing) return b;
  return b == nothing ? a : a + '+' + b;
}

/// Throws UsageError where the sums of each of the one with each of the other are too many.
void check_joined(const Option& option, const std::vector<std::string>& some,
                  const std::vector<std::string>& others) {
  std::size_t bytes = 0;
  for (const auto& sum : some) bytes += sum.size();
  if (some.size() * others.size() > kLongest || bytes * others.size() > kLongestJoined)
    throw UsageError(
        fmt::format("{}: joined, these lists make more than {} values, or more than {} bytes",
                    option.name, kLongest, kLongestJoined));
}

/// One list where there were several.
std::string joined(const Option& option, const std::vector<std::string>& texts) {
  std::vector<std::string> all{std::string(option.initial)};
  for (const auto& text : texts) {
    std::vector<std::string> longer;
    const auto values = option.expand(text);
    check_joined(option, all, values);
    for (const auto& sum : all)
      for (const auto& value : values) longer.push_back(joined(sum, value, option.initial));
    all = std::move(longer);
  }
  std::string list;
  for (const auto& value : all) list += (list.empty() ? "" : ",") + escape_item(value);
  return list;
}

Given with_joined(const Given& typed) {
  Given all;
  for (const auto& option : option_table()) {
    const auto texts = typed.texts(option.name);
    if (option.joins && texts.size() > 1)
      all.add(option.name, joined(option, texts));
    else
      copy(option, typed, all);
  }
  return all;
}

}  // namespace

Request requested(const Given& typed) {
  return requested(typed,
                   typed.has("--config") ? read_config(typed.text("--config")) : ConfigFile());
}

Request requested(const Given& separate, const ConfigFile& file) {
  const auto typed = with_joined(separate);
  Request request{over_file(typed, file.common), {}};
  if (file.runs.empty()) request.parts = parts_of(request.given);
  std::size_t texts = 0;
  for (const auto& run : file.runs)
    for (auto& part : parts_of(over_file(typed, layered(run, file.common)))) {
      texts += count_texts(part);
      if (texts > kMostTexts)
        throw UsageError(
            fmt::format("{}: its sweeps have more than {} values, with those that they share",
                        typed.text("--config", "the suite"), kMostTexts));
      request.parts.push_back(std::move(part));
    }
  return request;
}

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

// What the parts of the option table share: ways to split, check and show a value.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.h"
#include "cli/options.h"
#include "cli/setup.h"
#include "cli/values.h"
#include "workloads/names.h"

namespace sgdbench {

// The table's parts, in the order of the help and of a sweep's loops.
std::span<const Option> problem_options();
std::span<const Option> strategy_options();
std::span<const Option> condition_options();
std::span<const Option> measurement_options();
std::span<const Option> output_options();

using Text = std::string_view;
using Texts = std::vector<std::string>;

inline constexpr unsigned kMeasured = kRun | kTune;
inline constexpr unsigned kTraining = kMeasured | kCalibrate;
inline constexpr unsigned kCells = kTraining | kVerify;
inline constexpr unsigned kReading = kTraining | kVerify | kDataInfo | kOptimum;
inline constexpr std::uint64_t kMany = 1'000'000'000'000;
inline constexpr Interval kPositive{.least = 0, .open_below = true};
inline constexpr Interval kNotNegative{.least = 0};

template <class Table>
Texts names_of(const Table& table) {
  Texts names;
  for (const auto& row : table) names.emplace_back(row.name);
  return names;
}

/// expand_names() where patterns mean only some of the rows; the others are named in full.
template <class Table, class Matched>
Texts expand_marked(Text text, Text kind, const Table& table, Matched matched) {
  const auto all = names_of(table);
  Texts some, found;
  for (const auto& row : table)
    if (matched(row)) some.emplace_back(row.name);
  for (const auto& item : split_list(text)) {
    const bool pattern = item.find_first_of("*?") != Text::npos;
    auto names = expand_names(escape_item(item), kind, all);
    const auto full = names.front();
    if (pattern)
      std::erase_if(names, [&](const auto& name) {
        return std::find(some.begin(), some.end(), name) == some.end();
      });
    if (names.empty())
      throw UsageError("no pattern means the " + std::string(kind) + " '" + full +
                       "': write its name in full");
    for (auto& name : names)
      if (std::find(found.begin(), found.end(), name) == found.end())
        found.push_back(std::move(name));
  }
  return found;
}

/// Notes whether `what` is to be searched for, and returns whether: its value is "tuned".
inline bool tunes(Configuration& configuration, Tunable what, Text value) {
  const bool searched = value == kTuned;
  configuration.tuned =
      searched ? configuration.tuned | what : configuration.tuned & ~static_cast<unsigned>(what);
  return searched;
}
inline std::string tuned_text(const Configuration& configuration, Tunable what,
                              std::string otherwise) {
  return (configuration.tuned & what) != 0 ? std::string(kTuned) : std::move(otherwise);
}

inline Texts one_list(Text text) {
  return split_list(text);
}

// Values that ask for nothing.
inline constexpr Text kDefault = "", kZero = "0", kNoneAsked = "none", kNoTime = "constant:0";

/// "--rule momentum or nesterov": the rows of a table that `matches` holds for.
template <class Table, class Matches>
std::string rows_of(Text option, const Table& table, Matches matches) {
  Texts names;
  for (const auto& row : table)
    if (matches(row)) names.emplace_back(row.name);
  const auto last = names.empty() ? std::string() : names.back();
  if (!names.empty()) names.pop_back();
  return fmt::format("{} {}{}{}", option, fmt::join(names, ", "), names.empty() ? "" : " or ",
                     last);
}

/// For backends that have what `uses` says, a member of BackendEntry or a predicate.
template <auto uses, const Text& elsewhere = kDefault>
inline constexpr Scope for_backends{
    [](const Configuration& configuration) { return std::invoke(uses, backend_of(configuration)); },
    [] {
      return rows_of("--backend", backend_catalog(),
                     [](const BackendEntry& row) { return std::invoke(uses, row); });
    },
    "--backend", elsewhere};

/// Where no real time is told there is nothing to warm up, and no core to keep to.
inline bool on_a_real_clock(const BackendEntry& row) {
  return !row.virtual_clock;
}

/// For workloads that learn something.
template <const Text& elsewhere = kDefault>
inline constexpr Scope for_training{
    [](const Configuration& configuration) { return trains(configuration); },
    [] { return rows_of("--workload", workload_catalog(), std::mem_fn(&WorkloadEntry::trains)); },
    "--workload", elsewhere};

/// One of a few words; returns its place.
inline std::size_t choose(Text value, Text kind, std::initializer_list<Text> words) {
  std::size_t place = 0;
  for (const auto word : words) {
    if (value == word) return place;
    ++place;
  }
  throw UsageError(unknown_name(kind, value, Texts(words.begin(), words.end())));
}

}  // namespace sgdbench

#include "cli/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/lists.h"
#include "cli/outputs.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// Whether a part asks for more than what is in place anywhere.
bool asks(const Given& part, const Option& option) {
  if (!part.is_said(option.name)) return false;
  const auto values = values_of(option, part);
  return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
    return option.scope.elsewhere.empty() || value != option.scope.elsewhere;
  });
}

/// The values of the deciding option that the user gave as they are, and not by a pattern.
std::vector<std::string> named(const Given& part, const Option& deciding) {
  if (!part.is_said(deciding.name)) return {};
  const auto values = values_of(deciding, part);
  std::vector<std::string> names;
  for (const auto& text : part.texts(deciding.name))
    for (auto& name : split_list(text))
      if (std::find(values.begin(), values.end(), name) != values.end())
        names.push_back(std::move(name));
  return names;
}

/// Those named by a part that asks for the option, and in none of the cells that it is for.
std::vector<std::string> without(const Option& option, const std::vector<Given>& parts,
                                 const std::vector<Cell>& cells) {
  if (option.scope.decided_by.empty()) return {};
  const auto& deciding = find_option(kRun, option.scope.decided_by);
  std::set<std::string> takers;
  for (const auto& cell : cells)
    if (option.scope.covers(cell)) takers.insert(deciding.show(cell));
  std::vector<std::string> names;
  for (const auto& part : parts) {
    if (!asks(part, option)) continue;
    for (auto& name : named(part, deciding))
      if (takers.insert(name).second) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

std::vector<std::string> out_of_scope(const std::vector<Given>& parts,
                                      const std::vector<Cell>& cells) {
  std::vector<std::string> notes;
  for (const auto& option : option_table()) {
    const auto asked = [&](const Given& part) { return asks(part, option); };
    if (!option.scope.covers || std::none_of(parts.begin(), parts.end(), asked)) continue;
    if (std::none_of(cells.begin(), cells.end(), option.scope.covers))
      throw UsageError(fmt::format("{} is for {}, and nothing here asks for that", option.name,
                                   option.scope.whom()));
    if (const auto names = without(option, parts, cells); !names.empty())
      notes.push_back(fmt::format("{} is for {}, and means nothing to {} {}", option.name,
                                  option.scope.whom(), option.scope.decided_by,
                                  fmt::join(names, ",")));
  }
  return notes;
}

std::vector<std::string> say_out_of_scope(const std::vector<Given>& parts,
                                          const std::vector<Cell>& cells, bool quiet) {
  auto notes = out_of_scope(parts, cells);
  for (const auto& note : notes)
    if (!quiet) talk(note);
  return notes;
}

std::vector<std::string_view> options_for(const Cell& cell, std::string_view deciding) {
  std::vector<std::string_view> names;
  for (const auto& option : option_table())
    if (option.identifies && option.scope.decided_by == deciding && option.scope.covers(cell))
      names.push_back(option.name);
  return names;
}

}  // namespace sgdbench

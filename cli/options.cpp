// The whole table, from its parts, and what is read off it. A row says how its value is checked and
// stored, and how it is shown again; tests/cli_options.cpp holds the two against each other.
#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "cli/options/helpers.h"
#include "cli/values.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::string_view kDashes = "--";

}  // namespace

std::string_view title(Group group) {
  switch (group) {
    case Group::problem:
      return "Problem";
    case Group::strategy:
      return "Strategy";
    case Group::conditions:
      return "Injected conditions";
    case Group::simulation:
      return "Simulation";
    case Group::step:
      return "Update rule and step size";
    case Group::measurement:
      return "Measurement";
    case Group::comparison:
      return "Comparison";
    case Group::output:
      return "Output";
  }
  return "";
}

std::vector<const Option*> options_of(Verb verb) {
  std::vector<const Option*> options;
  for (const auto& option : option_table())
    if (option.verbs & verb) options.push_back(&option);
  return options;
}

std::string column_of(const Option& option) {
  auto column = std::string(option.name.substr(kDashes.size()));
  std::replace(column.begin(), column.end(), '-', '_');
  return column;
}

const Option& option_of(std::string_view column) {
  for (const auto& option : option_table())
    if (column_of(option) == column) return option;
  throw std::invalid_argument(fmt::format("no option is called as the column {}", column));
}

bool applies(const Option& option, const Configuration& configuration) {
  return !option.scope.covers || option.scope.covers(configuration);
}

const Option& find_option(Verb verb, std::string_view name) {
  std::vector<std::string> valid;
  for (const auto* option : options_of(verb)) {
    if (name == option->name || (!name.empty() && name == option->shorthand)) return *option;
    valid.emplace_back(option->name);
  }
  const auto nearest = nearest_name(name, valid);
  throw UsageError(fmt::format("unknown option '{}'{}; see --help", name,
                               nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
}

void Given::add(std::string_view option, std::string text) {
  for (auto& [name, texts] : texts_) {
    if (name != option) continue;
    texts.push_back(std::move(text));
    return;
  }
  texts_.emplace_back(option, std::vector<std::string>{std::move(text)});
}

void Given::add_default(std::string_view option, std::string text) {
  add(option, std::move(text));
  defaults_.emplace(option);
}

const std::vector<std::string>* Given::find(std::string_view option) const {
  for (const auto& [name, texts] : texts_)
    if (name == option) return &texts;
  return nullptr;
}

std::vector<std::string> Given::texts(std::string_view option) const {
  const auto* found = find(option);
  return found ? *found : std::vector<std::string>{};
}

std::string Given::text(std::string_view option, std::string_view otherwise) const {
  const auto* found = find(option);
  if (!found) return std::string(otherwise);
  if (found->size() > 1)
    throw UsageError(fmt::format("{} takes one value and was given {}", option, found->size()));
  return found->front();
}

std::vector<std::string> expand(const Option& option, std::string_view text) {
  auto values = option.expand ? option.expand(text) : std::vector{std::string(text)};
  for (const auto& value : values)
    if (value.size() > kLongestValue)
      throw UsageError(fmt::format("a value of {} bytes: at most {}", value.size(), kLongestValue));
  return values;
}

std::vector<std::string> values_of(const Option& option, const Given& given) {
  std::vector<std::string> values;
  for (const auto& text :
       option.expand ? given.texts(option.name) : std::vector{given.text(option.name)}) {
    try {
      const auto more = expand(option, text);
      check_length(values.size() + more.size());
      values.insert(values.end(), more.begin(), more.end());
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("{}: {}", option.name, error.what()));
    }
  }
  return values;
}

void apply(const Option& option, Configuration& configuration, std::string_view value) {
  try {
    option.apply(configuration, value);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", option.name, error.what()));
  }
}

std::span<const Option> option_table() {
  static const auto table = [] {
    std::vector<Option> rows;
    for (const auto part : {problem_options(), strategy_options(), condition_options(),
                            measurement_options(), output_options()})
      rows.insert(rows.end(), part.begin(), part.end());
    return rows;
  }();
  return table;
}

std::string with_option_names(std::string_view message) {
  std::string text;
  for (;;) {
    const auto open = message.find('`'), close = message.find('`', open + 1);
    text += message.substr(0, open);
    if (open == message.npos || close == message.npos)
      return text += message.substr(std::min(open, message.size()));
    std::string name = fmt::format("{}{}", kDashes, message.substr(open + 1, close - open - 1));
    std::replace(name.begin(), name.end(), ' ', '-');
    const auto table = option_table();
    const bool is_option = std::any_of(table.begin(), table.end(),
                                       [&](const Option& option) { return option.name == name; });
    if (!is_option) {  // another text: the second quote may be the first of a name
      text += message.substr(open, close - open);
      message.remove_prefix(close);
      continue;
    }
    text += name;
    message.remove_prefix(close + 1);
  }
}

}  // namespace sgdbench

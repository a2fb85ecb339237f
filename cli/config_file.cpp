// toml++ is heavy: it is included here alone, and this file is compiled without optimisation.
#include "cli/config_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "cli/numbers.h"
#include "results/file_calls.h"
#include "workloads/data/error.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

/// Where in the file, and the error that says so.
struct Place {
  std::string_view file;
  toml::source_position at;

  template <class... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> what, Args&&... args) const {
    throw UsageError(fmt::format("{}:{}:{}: {}", file, at.line, at.column,
                                 fmt::format(what, std::forward<Args>(args)...)));
  }
};

struct Entry {
  std::string key;
  Place place;
  const toml::node* value;
};

/// In the order of the file, so that its first mistake is the one that is reported.
std::vector<Entry> entries_of(const toml::table& table, std::string_view file) {
  std::vector<Entry> entries;
  for (const auto& [key, value] : table)
    entries.push_back({std::string(key.str()), {file, key.source().begin}, &value});
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.place.at.line, a.place.at.column) <
           std::pair(b.place.at.line, b.place.at.column);
  });
  return entries;
}

const Option& find_key(const Entry& entry) {
  std::vector<std::string> valid;
  for (const auto* option : options_of(kRun)) {
    const auto key = option->name.substr(2);
    if (key == "config" || key == "print-config") continue;
    if (entry.key == key) return *option;
    valid.emplace_back(key);
  }
  const auto nearest = nearest_name(entry.key, valid);
  entry.place.refuse(
      "unknown option '{}'{}", entry.key,
      nearest.empty() ? "; sgdbench run --help lists them" : "; did you mean '" + nearest + "'?");
}

/// As one would type it.
std::string text_of(const toml::node& value, const Entry& entry) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* whole = value.as_integer()) return std::to_string(whole->get());
  if (const auto* real = value.as_floating_point()) return number_text(real->get());
  Place{entry.place.file, value.source().begin}.refuse(
      "{} takes text, a number or an array of these", entry.key);
}

std::vector<std::string> texts_of(const Option& option, const Entry& entry) {
  if (option.value.empty()) {
    if (const auto* flag = entry.value->as_boolean())
      return {flag->get() ? "1" : std::string(kSwitchedOff)};
    entry.place.refuse("{} is true or false", entry.key);
  }
  if (const auto* flag = entry.value->as_boolean(); flag && !option.bare.empty())
    return {std::string(flag->get() ? option.bare : option.initial)};
  const auto* array = entry.value->as_array();
  if (!array) return {text_of(*entry.value, entry)};
  if (array->empty()) entry.place.refuse("{} has no value", entry.key);
  if (array->size() > 1 && !option.expand) entry.place.refuse("{} takes one value", entry.key);
  std::vector<std::string> texts;
  for (const auto& value : *array) texts.push_back(text_of(value, entry));
  return texts;
}

/// Tries what the sweep will do with the value, where the error can still say its place.
void check_value(const Option& option, const std::string& text, const Entry& entry) {
  if (text.empty()) entry.place.refuse("{} needs a value, and this one is empty", entry.key);
  if (!option.apply) return;
  try {
    Cell cell;
    const auto values = option.expand ? option.expand(text) : std::vector{text};
    for (const auto& value : values) option.apply(cell, value);
  } catch (const UsageError& error) {
    entry.place.refuse("{}: {}", entry.key, error.what());
  }
}

void add_option(const Entry& entry, const Option& option, Given& given) {
  for (auto& text : texts_of(option, entry)) {
    check_value(option, text, entry);
    given.add(option.name, std::move(text));
  }
}

Given read_run(const toml::table& table, std::string_view file) {
  Given given;
  for (const auto& entry : entries_of(table, file)) {
    const auto& option = find_key(entry);
    if (!option.apply)
      entry.place.refuse("{} holds for all runs: it stands above the first [[run]]", entry.key);
    add_option(entry, option, given);
  }
  return given;
}

std::vector<Given> read_runs(const Entry& entry) {
  std::vector<Given> runs;
  const auto* tables = entry.value->as_array();
  if (!tables) entry.place.refuse("a sweep of its own begins with [[run]], in two brackets");
  for (const auto& table : *tables) {
    if (!table.is_table()) entry.place.refuse("run is no option: sweeps begin with [[run]]");
    runs.push_back(read_run(*table.as_table(), entry.place.file));
  }
  return runs;
}

toml::table parse_toml(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    std::string what(error.description());
    std::replace(what.begin(), what.end(), '\n', ' ');
    Place{name, error.source().begin}.refuse("this is no TOML: {}", what);
  }
}

}  // namespace

ConfigFile parse_config(std::string_view text, const std::string& name) {
  ConfigFile file;
  const auto root = parse_toml(text, name);
  for (const auto& entry : entries_of(root, name)) {
    if (entry.key == "run")
      file.runs = read_runs(entry);
    else
      add_option(entry, find_key(entry), file.common);
  }
  return file;
}

ConfigFile read_config(const std::string& path) try {
  return parse_config(read_file(path, kMostBytes), path);
} catch (const TooLong& error) {
  throw UsageError(fmt::format("{}: this is no suite: {}", path, error.what()));
} catch (const ReadError& error) {
  throw MissingData(fmt::format("cannot read the suite {}: {}", path, error.what()));
}

}  // namespace sgdbench

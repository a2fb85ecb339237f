// Suites, read and written. In what is written, what all parts share stands above their tables; a
// list stands as an array where that says the same, so that numbers look like numbers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/request.h"
#include "cli/toml.h"
#include "cli/values.h"
#include "results/files.h"
#include "results/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kLongestText = 1 << 17;  // as much as the system lets a command line's be

/// An entry of the file, and the errors that say its place: of what is no suite, and of one that
/// can't be.
struct SuiteEntry {
  std::string_view file;
  const TomlEntry& said;

  template <class Error = UsageError, class... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> what, Args&&... args) const {
    refuse_at<Error>(said.place, fmt::format(what, std::forward<Args>(args)...));
  }
  template <class Error = UsageError>
  [[noreturn]] void refuse_at(TomlPlace place, std::string_view what) const {
    throw Error(fmt::format("{}:{}:{}: {}", file, place.line, place.column, what));
  }
};

const Option& find_key(const SuiteEntry& entry) {
  std::vector<std::string> valid;
  for (const auto* option : options_of(kRun)) {
    const auto key = option->name.substr(2);
    if (key == "config" || key == "print-config") continue;
    if (entry.said.key == key) return *option;
    valid.emplace_back(key);
  }
  const auto nearest = nearest_name(entry.said.key, valid);
  entry.refuse(
      "unknown option '{}'{}", entry.said.key,
      nearest.empty() ? "; sgdbench run --help lists them" : "; did you mean '" + nearest + "'?");
}

/// As one would type it.
std::string text_of(const TomlValue& value, const SuiteEntry& entry) {
  if (const auto* text = value.as<std::string>()) {
    if (text->size() > kLongestText)
      entry.refuse_at<BadData>(value.place,
                               fmt::format("{}: a text of {} bytes: at most {}", entry.said.key,
                                           text->size(), kLongestText));
    return *text;
  }
  if (const auto* whole = value.as<std::int64_t>()) return std::to_string(*whole);
  if (const auto* real = value.as<double>()) return number_text(*real);
  entry.refuse_at(value.place,
                  fmt::format("{} takes text, a number or an array of these", entry.said.key));
}

std::vector<std::string> texts_of(const Option& option, const SuiteEntry& entry) {
  const auto& value = entry.said.value;
  if (option.value.empty()) {
    if (const auto* flag = value.as<bool>()) return {*flag ? "1" : std::string(kSwitchedOff)};
    entry.refuse("{} is true or false", entry.said.key);
  }
  if (const auto* flag = value.as<bool>(); flag && !option.bare.empty())
    return {std::string(*flag ? option.bare : option.initial)};
  const auto* array = value.as<std::vector<TomlValue>>();
  if (!array) return {text_of(value, entry)};
  if (array->empty()) entry.refuse("{} has no value", entry.said.key);
  if (array->size() > 1 && !option.expand) entry.refuse("{} takes one value", entry.said.key);
  std::vector<std::string> texts;
  for (const auto& one : *array) texts.push_back(text_of(one, entry));
  return texts;
}

/// Tries what the sweep will do with the value, where the error can still say its place. `count` is
/// of the values of the entry so far.
void check_value(const Option& option, const std::string& text, const SuiteEntry& entry,
                 std::size_t& count) {
  if (text.empty()) entry.refuse("{} needs a value, and this one is empty", entry.said.key);
  if (!option.apply) return;
  try {
    Configuration configuration;
    const auto values = expand(option, text);
    count += values.size();
    check_length(count);
    for (const auto& value : values) option.apply(configuration, value);
  } catch (const UsageError& error) {
    entry.refuse("{}: {}", entry.said.key, error.what());
  }
}

void add_option(const SuiteEntry& entry, const Option& option, Given& given) {
  std::size_t count = 0;
  for (auto& text : texts_of(option, entry)) {
    check_value(option, text, entry, count);
    given.add(option.name, std::move(text));
  }
}

Given read_run(const TomlTable& table, std::string_view file) {
  Given given;
  for (const auto& said : table.entries) {
    const SuiteEntry entry{file, said};
    const auto& option = find_key(entry);
    if (!option.apply)
      entry.refuse("{} holds for all runs: it stands above the first [[run]]", said.key);
    add_option(entry, option, given);
  }
  return given;
}

std::vector<TomlTable> tables_of(std::string_view text, const std::string& name) try {
  return parse_toml(text);
} catch (const BadToml& error) {
  throw BadData(
      fmt::format("{}:{}:{}: {}", name, error.place.line, error.place.column, error.what()));
}

}  // namespace

ConfigFile parse_config(std::string_view text, const std::string& name) {
  ConfigFile file;
  const auto tables = tables_of(text, name);
  for (const auto& said : tables.front().entries) {
    const SuiteEntry entry{name, said};
    if (said.key == "run") entry.refuse("run is no option: a sweep of its own begins with [[run]]");
    add_option(entry, find_key(entry), file.common);
  }
  for (auto table = tables.begin() + 1; table != tables.end(); ++table) {
    if (table->name != "run")
      throw UsageError(fmt::format("{}:{}:{}: unknown table '{}': sweeps begin with [[run]]", name,
                                   table->place.line, table->place.column, table->name));
    file.runs.push_back(read_run(*table, name));
  }
  return file;
}

ConfigFile read_config(const std::string& path) try {
  return parse_config(read_file(path, kMostBytes), path);
} catch (const TooLong& error) {
  throw BadData(fmt::format("{}: this is no suite: {}", path, error.what()));
} catch (const ReadError& error) {
  throw MissingData(fmt::format("cannot read the suite {}: {}", path, error.what()));
}

namespace {

using Texts = std::vector<std::string>;

/// Whether TOML's number of these letters becomes the same text again.
bool is_number(const std::string& text) {
  if (const auto whole = read_number<std::int64_t>(text))
    return std::to_string(whole.value) == text;
  const auto real = read_number<double>(text);
  return real && std::isfinite(real.value) && number_text(real.value) == text;
}

/// A basic string of TOML: JSON's, but for the one control character that JSON lets stand.
std::string quoted(const Option& option, const std::string& text) {
  try {
    auto line = nlohmann::json(text).dump();
    for (auto at = line.find('\x7f'); at != std::string::npos; at = line.find('\x7f'))
      line.replace(at, 1, "\\u007f");
    return line;
  } catch (const nlohmann::json::exception&) {
    throw UsageError(fmt::format(
        "{}: a suite is UTF-8, and this value is not: {}", option.name,
        nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)));
  }
}

Texts expanded(const Option& option, const Texts& texts) {
  Texts all;
  for (const auto& text : texts)
    for (auto& value : option.expand(text)) all.push_back(std::move(value));
  return all;
}

/// `text` cut at its commas where the pieces, one by one, are the same list; else as it is.
Texts pieces(const Option& option, const std::string& text) {
  if (!option.expand) return {text};
  try {
    const auto cut = split_list(text);
    if (expanded(option, cut) == expanded(option, {text})) return cut;
  } catch (const UsageError&) {
    // A piece that is no value by itself.
  }
  return {text};
}

std::string value_text(const Option& option, const Texts& texts) {
  if (option.value.empty()) return "true";
  Texts values;
  for (const auto& text : texts)
    for (const auto& piece : pieces(option, text))
      values.push_back(is_number(piece) ? piece : quoted(option, piece));
  return values.size() == 1 ? values.front() : fmt::format("[{}]", fmt::join(values, ", "));
}

std::string line(const Option& option, const Texts& texts) {
  return fmt::format("{} = {}\n", option.name.substr(2), value_text(option, texts));
}

bool is_shared(const Option& option, const std::vector<Given>& parts) {
  return std::all_of(parts.begin(), parts.end(), [&](const Given& part) {
    return part.texts(option.name) == parts.front().texts(option.name);
  });
}

}  // namespace

std::string to_toml(const Request& request) {
  std::string text = "# A suite of sgdbench run: options by name; sgdbench run --help says more.\n";
  std::vector<const Option*> own;
  for (const auto* option : options_of(kRun)) {
    if (option->name == "--config" || option->name == "--print-config") continue;
    const auto& from = option->apply ? request.parts.front() : request.given;
    if (option->apply && !is_shared(*option, request.parts))
      own.push_back(option);
    else if (from.has(option->name))
      text += line(*option, from.texts(option->name));
  }
  if (request.parts.size() == 1) return text;
  for (const auto& part : request.parts) {
    text += "\n[[run]]\n";
    for (const auto* option : own)
      if (part.has(option->name)) text += line(*option, part.texts(option->name));
  }
  return text;
}

}  // namespace sgdbench

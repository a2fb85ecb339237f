// toml++ is heavy: it is included here alone, and this file is compiled without optimisation.
#include "cli/config_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>

#include "cli/lists.h"
#include "cli/numbers.h"
#include "workloads/data/error.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kLongestText = 1 << 17;  // as much as the system lets a command line's be

/// Where in the file, and the error that says so: of what is no suite, and of one that can't be.
struct Place {
  std::string_view file;
  toml::source_position at;

  template <class Error = UsageError, class... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> what, Args&&... args) const {
    throw Error(fmt::format("{}:{}:{}: {}", file, at.line, at.column,
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
  if (const auto* text = value.as_string()) {
    if (text->get().size() > kLongestText)
      Place{entry.place.file, value.source().begin}.refuse<BadData>(
          "{}: a text of {} bytes: at most {}", entry.key, text->get().size(), kLongestText);
    return text->get();
  }
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
  const auto* array = entry.value->as_array();
  if (!array) return {text_of(*entry.value, entry)};
  if (array->empty()) entry.place.refuse("{} has no value", entry.key);
  if (array->size() > 1 && !option.expand) entry.place.refuse("{} takes one value", entry.key);
  std::vector<std::string> texts;
  for (const auto& value : *array) texts.push_back(text_of(value, entry));
  return texts;
}

/// Tries what the sweep will do with the value, where the error can still say its place. `count` is
/// of the values of the entry so far.
void check_value(const Option& option, const std::string& text, const Entry& entry,
                 std::size_t& count) {
  if (!option.apply) return;
  try {
    Cell cell;
    const auto values = expand(option, text);
    count += values.size();
    check_length(count);
    for (const auto& value : values) option.apply(cell, value);
  } catch (const UsageError& error) {
    entry.place.refuse("{}: {}", entry.key, error.what());
  }
}

void add_option(const Entry& entry, const Option& option, Given& given) {
  std::size_t count = 0;
  for (auto& text : texts_of(option, entry)) {
    check_value(option, text, entry, count);
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

/// Refuses what is no part of a suite before the library sees it: of version 3.3, some of that ends
/// in assertions and in code that it says can't be reached, and the depth of the stack is that of
/// the text. So outside of strings and comments there may stand the letters of bare keys, numbers
/// and arrays alone, a few levels deep. What those mean is the library's to say.
class TextCheck {
 public:
  TextCheck(std::string_view text, std::string_view name) : rest_(text), name_(name) {}

  void run() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '#')
        skip(std::min(rest_.find('\n'), rest_.size()));
      else if (c == '"' || c == '\'')
        skip_string(c);
      else
        take(c);
    }
  }

 private:
  static constexpr std::size_t kDeepest = 8;

  void take(char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view(" \t\r\n_-+:.,=[]").find(c) == std::string_view::npos)
      place().refuse<BadData>("this is no part of a suite: KEY = VALUE, [[run]] or a # comment");
    if (c == '\n' || c == '=') dots_ = 0;
    if (c == '.' && ++dots_ > kDeepest) place().refuse<BadData>("more than {} dots", kDeepest);
    if (c == '[' && ++open_ > kDeepest) place().refuse<BadData>("more than {} open brackets", kDeepest);
    if (c == ']' && open_ > 0) --open_;
    skip(1);
  }

  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool long_one = rest_.starts_with(three);
    const std::string_view end = long_one ? three : std::string_view(three).substr(0, 1);
    std::size_t at = end.size();
    while (at < rest_.size() && !rest_.substr(at).starts_with(end)) {
      if (rest_[at] == '\n' && !long_one) break;  // an error that the library explains
      at += quote == '"' && rest_[at] == '\\' ? 2 : 1;
    }
    skip(std::min(at + end.size(), rest_.size()));
  }

  void skip(std::size_t bytes) {
    for (const char c : rest_.substr(0, bytes)) {
      at_.column = c == '\n' ? 1 : at_.column + 1;
      at_.line += c == '\n';
    }
    rest_.remove_prefix(bytes);
  }
  Place place() const { return {name_, at_}; }

  std::string_view rest_, name_;
  toml::source_position at_{1, 1};
  std::size_t open_ = 0, dots_ = 0;
};

toml::table parse_toml(std::string_view text, const std::string& name) {
  TextCheck(text, name).run();
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    std::string what(error.description());
    std::replace(what.begin(), what.end(), '\n', ' ');
    Place{name, error.source().begin}.refuse<BadData>("this is no TOML: {}", what);
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

ConfigFile read_config(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof() && !file)
    throw MissingData(fmt::format("{}: there is no such file, or it may not be read", path));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytes)
    throw BadData(fmt::format("{}: a suite of more than {} bytes", path, kMostBytes));
  return parse_config(text, path);
}

}  // namespace sgdbench

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "workloads/data/readers.h"
#include "workloads/data/table_lines.h"
#include "workloads/data/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

bool is_name(const std::string& cell) {
  // A number in another notation (1,5 or 1 000), or a date.
  const bool looks_like_number =
      cell.find_first_not_of("0123456789.,+-/:' ") == std::string::npos &&
      cell.find_first_of("0123456789") != std::string::npos;
  return !cell.empty() && !looks_like_number && !is_missing(cell);
}

/// 0, 1, 2, …: rows begin like this as well, but not long ones.
bool counts_columns(const std::vector<TableCell>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i].text != std::to_string(i)) return false;
  return cells.size() >= 4;
}

/// Throws TextError where that can't be said.
bool is_header(const std::vector<TableCell>& cells, HeaderRule rule) {
  if (rule != HeaderRule::automatic) return rule == HeaderRule::on;
  if (counts_columns(cells))
    throw TextError{cells.front().where,
                    "the first line counts 0, 1, 2, …: if these are the columns' names, say "
                    "`header` on, and `header` off if they are a row"};
  const auto name = std::find_if(cells.begin(), cells.end(), [](const TableCell& cell) {
    return is_name(cell.text) && !is_number(cell.text);
  });
  if (name == cells.end()) return false;
  if (std::any_of(cells.begin(), cells.end(),
                  [](const TableCell& cell) { return is_number(cell.text); }))
    throw TextError{name->where, "cell " + quoted_name(name->text) +
                                     " is not a number, but others of the first line are: if they "
                                     "are the columns' names, say `header` on"};
  return true;
}

/// The column called or numbered `asked`; `kind` is what for.
std::size_t find_column(const TableHeader& header, std::string_view kind, const std::string& asked,
                        const std::string& path) {
  const auto& names = header.names;
  const auto found = std::find(names.begin(), names.end(), asked);
  if (found != names.end()) {
    if (std::find(found + 1, names.end(), asked) != names.end())
      throw UsageError(fmt::format("{}: several columns are called {}; give a number, 1 to {}",
                                   path, quoted_name(asked), header.columns));
    return static_cast<std::size_t>(found - names.begin());
  }
  if (const auto number = parse_number<std::size_t>(asked)) {
    if (*number >= 1 && *number <= header.columns) return *number - 1;
    throw UsageError(
        fmt::format("{}: no {} {}; valid: 1 to {}", path, kind, asked, header.columns));
  }
  if (names.empty())
    throw UsageError(fmt::format("{} has no header, so no {} '{}'; give its number, 1 to {}", path,
                                 kind, asked, header.columns));
  throw UsageError(path + ": " + unknown_name(kind, asked, names));
}

/// The one column whose name says that it holds the answer; without one, the first.
std::size_t usual_label(const TableColumns& columns, const std::string& path,
                        std::vector<std::string>& notes) {
  const TableHeader& header = columns.header;
  const auto is_left = [&](std::size_t i) { return columns.roles[i] == TableColumns::kLeftOut; };
  std::size_t first = 0;
  while (first + 1 < header.columns && is_left(first)) ++first;
  std::vector<std::size_t> found;
  for (std::size_t i = first; i < header.names.size(); ++i) {
    const std::string name = lower_case(header.names[i]);
    const bool says_so = name == "label" || name == "target" || name == "class" || name == "y";
    if (says_so && !is_left(i)) found.push_back(i);
  }
  if (found.size() > 1)
    throw UsageError(path + ": " + quoted_name(header.names[found[0]]) + " and " +
                     quoted_name(header.names[found[1]]) +
                     " may both be the label; name it with `label column`");
  if (found.size() == 1) return found[0];
  if (!header.names.empty())
    notes.push_back(path + ": no column is called label, target, class or y, so the first, " +
                    quoted_name(header.names[first]) + ", is the label (`label column`)");
  return first;
}

/// Empty, or what pandas makes of that.
bool is_nameless(const std::string& name) {
  return name.empty() || name.starts_with("Unnamed: ");
}

void refuse_nameless(const TableColumns& columns, const InputFile& file) {
  const TableHeader& header = columns.header;
  for (std::size_t i = 0; i < header.names.size(); ++i)
    if (columns.roles[i] != TableColumns::kLeftOut && is_nameless(header.names[i]))
      throw BadData(located(
          file,
          {header.places[i],
           fmt::format("column {0} has no name, like the row numbers that pandas and R write; "
                       "`drop columns` {0} leaves it out, and a name makes it a feature",
                       i + 1)}));
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    items.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

/// "'a', 'b' and 3 more".
std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + quoted_name(names[i]);
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

/// Where each name stands; throws BadData for one that stands twice.
std::map<std::string, std::size_t> places_of(const std::vector<std::string>& names,
                                             const std::string& path) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!places.emplace(names[i], i).second)
      throw BadData(path + ":1:1: several columns are called " + quoted_name(names[i]) +
                    ", so they can't be matched by name with the training or test data's");
  return places;
}

/// The roles of columns that are called `names`.
std::vector<std::uint32_t> roles_by_name(const std::vector<std::string>& names,
                                         const std::string& path, const TableColumns& training,
                                         const std::string& training_name) {
  const auto here = places_of(names, path);
  const auto there = places_of(training.header.names, training_name);
  std::vector<std::string> missing, unknown;
  for (std::size_t i = 0; i < training.roles.size(); ++i)
    if (training.roles[i] != TableColumns::kLeftOut && !here.contains(training.header.names[i]))
      missing.push_back(training.header.names[i]);
  std::vector<std::uint32_t> roles;
  for (const std::string& name : names) {
    const auto found = there.find(name);
    if (found == there.end())
      unknown.push_back(name);
    else
      roles.push_back(training.roles[found->second]);
  }
  if (missing.empty() && unknown.empty()) return roles;
  throw BadData(path + ":1:1: the columns are not those of " + training_name + ": " +
                (missing.empty() ? "" : "missing " + list_of(missing)) +
                (missing.empty() || unknown.empty() ? "" : "; ") +
                (unknown.empty() ? "" : "unknown " + list_of(unknown)));
}

}  // namespace

TableHeader read_table_header(const InputFile& file, HeaderRule rule) {
  TableHeader header;
  std::string_view text = file.bytes();
  header.separator = find_separator(text, true);
  const char* const start = text.data();
  const bool said = remove_separator_line(text) != 0;
  if (said && std::string_view(",\t;| ").find(header.separator) == std::string_view::npos)
    throw BadData(file.path() + ":1:5: a separator must be a comma, tab, semicolon, bar or blank");
  header.length = static_cast<std::size_t>(text.data() - start);
  const std::string_view line = next_line(text);
  const auto cells = split_line(line, header.separator);
  header.columns = line.empty() ? 0 : cells.size();
  for (const TableCell& cell : cells) header.places.push_back(cell.where);
  if (header.columns < 2) return header;
  try {
    if (!is_header(cells, rule)) return header;
  } catch (const TextError& error) {
    throw BadData(located(file, error));
  }
  for (const TableCell& cell : cells) header.names.push_back(cell.text);
  header.length = static_cast<std::size_t>(text.data() - start);
  return header;
}

std::size_t TableColumns::label() const {
  return static_cast<std::size_t>(std::find(roles.begin(), roles.end(), kLabel) - roles.begin());
}

std::size_t TableColumns::column_of(std::uint32_t feature) const {
  return static_cast<std::size_t>(std::find(roles.begin(), roles.end(), feature) - roles.begin());
}

std::string TableColumns::column_name(std::size_t column) const {
  return "column " +
         (header.names.empty() ? std::to_string(column + 1) : quoted_name(header.names[column]));
}

TableColumns arrange_columns(const TableHeader& header, const InputFile& file,
                             const DataRequest& request, std::vector<std::string>& notes) {
  TableColumns columns{header, std::vector<std::uint32_t>(header.columns), 0};
  for (const std::string& asked : split_at_commas(request.dropped_columns))
    columns.roles[find_column(header, "column", asked, file.path())] = TableColumns::kLeftOut;
  const std::string& asked = request.label_column;
  const std::size_t label = asked.empty() ? usual_label(columns, file.path(), notes)
                                          : find_column(header, "label column", asked, file.path());
  if (columns.roles[label] == TableColumns::kLeftOut)
    throw UsageError(file.path() + ": " + columns.column_name(label) +
                     " is the label, so `drop columns` can't leave it out; `label column` names "
                     "another");
  columns.roles[label] = TableColumns::kLabel;
  refuse_nameless(columns, file);
  for (std::uint32_t& role : columns.roles)
    if (role < TableColumns::kLeftOut) role = static_cast<std::uint32_t>(columns.features++);
  if (columns.features == 0) throw UsageError(file.path() + ": `drop columns` leaves no feature");
  return columns;
}

TableColumns match_columns(const TableHeader& header, const InputFile& file,
                           const TableColumns& training, const std::string& name) {
  const auto& names = training.header.names;
  const std::string here = file.path() + ":1:1: ";
  if (header.names.empty() && !names.empty())
    throw BadData(here + "there is no header, but " + name +
                  " has one, and columns are matched by name; add the header to this file");
  if (!header.names.empty() && names.empty())
    throw BadData(here + "there is a header, but " + name +
                  " has none, so columns can't be matched by name; add the header to that file");
  if (names.empty() && header.columns != training.header.columns)
    throw BadData(here + std::to_string(header.columns) + " columns, but " + name + " has " +
                  std::to_string(training.header.columns));
  TableColumns columns{header, training.roles, training.features};
  if (header.names != names)
    columns.roles = roles_by_name(header.names, file.path(), training, name);
  return columns;
}

}  // namespace sgdbench

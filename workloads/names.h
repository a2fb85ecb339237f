// Names and numbers that a user types: one way to look them up, one way to refuse them; and the
// errors by which they, and what they name, are refused.
//
// What a caller can set is named in back quotes, as in "`label column` names another": a program
// whose users set it in another way says so in its place.
#pragma once

#include <charconv>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace sgdbench {

/// Something that was asked for can't be used; what() is one whole line for stderr. Exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The data says something it can't mean. what() is one line: `file:line:column: what; the fix`
/// (`file:byte N:` for binary formats). Exit code 65.
class BadData : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The data is not there or may not be read. what() says where it was looked for and how to get
/// it. Exit code 66.
class MissingData : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user asked for the end while data was loaded or made. Exit code 130.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The valid name with the smallest edit distance to `typed`; empty if none is near
/// (further than a third of its length, at least 2).
std::string nearest_name(std::string_view typed, std::span<const std::string> valid);

/// "unknown backend 'hogwld'; did you mean 'hogwild'? valid: sequential, hogwild, …"
std::string unknown_name(std::string_view kind, std::string_view typed,
                         std::span<const std::string> valid);

/// The row of `table` (anything with a `.name`) called `name`; throws UsageError with
/// unknown_name()'s text otherwise.
template <class Table>
const auto& find_by_name(const Table& table, std::string_view kind, std::string_view name) {
  for (const auto& row : table)
    if (row.name == name) return row;
  std::vector<std::string> valid;
  for (const auto& row : table) valid.emplace_back(row.name);
  throw UsageError(unknown_name(kind, name, valid));
}

/// The number that the whole text is; nothing where it is none, or none that a T can be.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The shortest text that reads back as the same number.
std::string shortest_text(double number);

}  // namespace sgdbench

// The part of TOML that suites are written in: KEY = VALUE, a line each, and the tables [[NAME]].
//
// The idea: a suite needs strings (all four forms), whole and real numbers, booleans and arrays of
// these; that is read as TOML 1.0 says. The rest of TOML (dotted keys, [tables], inline tables,
// dates) has no meaning in a suite and is refused where it stands.
//
// Why not a library: Debian's toml++ 3.3 runs into its own assertions, and in a release build into
// what it tells the compiler is unreachable, on text as short as `[@`, `a=[}`, a key with an umlaut
// or the time 7Tus07. To know beforehand what it bears takes a reader like this one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sgdbench {

/// From 1; columns count characters.
struct TomlPlace {
  std::size_t line = 1, column = 1;
};

/// What stands at `place` is no TOML, or none that a suite has a use for; what() is a clause.
class BadToml : public std::runtime_error {
 public:
  BadToml(const std::string& what, TomlPlace where) : std::runtime_error(what), place(where) {}
  TomlPlace place;
};

struct TomlValue {
  TomlPlace place;
  std::variant<std::string, std::int64_t, double, bool, std::vector<TomlValue>> content;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&content);
  }
};

struct TomlEntry {
  std::string key;
  TomlPlace place;
  TomlValue value;
};

struct TomlTable {
  std::string name;
  TomlPlace place;
  std::vector<TomlEntry> entries;  ///< in their order, each key once
};

/// The entries above the first [[NAME]] as a table without a name, then each [[NAME]]. Throws
/// BadToml.
std::vector<TomlTable> parse_toml(std::string_view text);

}  // namespace sgdbench

// Suites: the options of `sgdbench run` in a TOML file.
//
//   repeats = 10                 # holds for every table below
//   workload = "logreg"
//   [[run]]                      # a sweep of its own
//   data = "rcv1-like:rows=20000"
//   workers = [1, 2]
//
// Keys are the names of the option table without dashes. A value becomes the text that one would
// type; an array stands for an option that is given several times.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace sgdbench {

/// The text of a flag that a suite sets to false; a command line can't.
inline constexpr std::string_view kSwitchedOff = "0";

struct ConfigFile {
  Given common;
  std::vector<Given> runs;  ///< the tables [[run]]: options of cells alone
};

/// Throws BadData for text that is no TOML, or nested or long beyond what a suite needs, and
/// UsageError for unknown keys and values that can't be, both beginning with `path:line:column:`;
/// MissingData where there is no such file.
ConfigFile read_config(const std::string& path);

/// The same for its text; `name` stands for the path in errors.
ConfigFile parse_config(std::string_view text, const std::string& name);

}  // namespace sgdbench

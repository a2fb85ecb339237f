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
  std::vector<Given> runs;  ///< the tables [[run]]: options of configurations alone
};

/// Throws BadData for text that is no TOML, or nested or long beyond what a suite needs, and
/// UsageError for unknown keys and values that can't be, both beginning with `path:line:column:`;
/// MissingData where there is no such file.
ConfigFile read_config(const std::string& path);

/// The same for its text; `name` stands for the path in errors.
ConfigFile parse_config(std::string_view text, const std::string& name);

// What `sgdbench run` was asked to do: the command line, the suite that it names, the defaults.
//
// The idea: all three are layers of the same kind, options with their texts as one would type them.
// So a suite can say what a command line can, and the whole can be printed as a suite again.

struct Request {
  Given given;               ///< what holds for the invocation: reports, --strict and so on
  std::vector<Given> parts;  ///< sweeps of their own, each with a workload and data
};

/// Reads --config, where it is given, and completes what is left open by the default suite. What
/// was typed replaces the suite's option of the same name, and any target the suite's targets.
/// Throws UsageError and MissingData.
Request requested(const Given& typed);

/// The same with the suite's content at hand; an empty one is none.
Request requested(const Given& typed, const ConfigFile& file);

/// A suite that asks for the same; read again, it makes the same configurations. Throws UsageError
/// for text that TOML can't hold.
std::string to_toml(const Request& request);

// The default comparison: what `sgdbench run` does when nothing is named.
//
// The idea: a part of the suite is a piece of command line, so that it goes through the same table
// as what a user types, and each configuration says how to repeat it.

/// What was given, completed: as it is where a workload and data are named; by each part of the
/// suite where neither is; by the parts for the named workload where data alone is left open.
/// Throws UsageError where that leaves no data or no workload.
std::vector<Given> parts_of(const Given& given);

}  // namespace sgdbench

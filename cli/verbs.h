// The verbs: one row each, one file each; from the words that were typed to the verb that acts; and
// what the program says of itself.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace sgdbench {

/// One invocation, taken apart but not yet understood.
struct Invocation {
  Given given;
  std::vector<std::string> positionals;
  std::string command;  ///< as typed, quoted for a shell
};

struct VerbEntry {
  Verb verb;
  std::string_view name;  ///< "run", "data info"
  std::string_view summary;
  std::string_view positionals;  ///< as in the help: "FILE"; "" where there are none
  std::size_t least_positionals, most_positionals;
  std::vector<std::string_view> examples;
  /// Does it; returns the exit code.
  int (*act)(const Invocation&);
};
const std::vector<VerbEntry>& verb_table();

/// A way to show what a verb found.
template <class Found>
struct Format {
  std::string_view name;
  std::string (*render)(const Found&);
};

int run_verb(const Invocation& invocation);
int tune_verb(const Invocation& invocation);
int list_verb(const Invocation& invocation);
int data_info_verb(const Invocation& invocation);
int data_make_verb(const Invocation& invocation);
int verify_verb(const Invocation& invocation);
int optimum_verb(const Invocation& invocation);
int doctor_verb(const Invocation& invocation);
int report_verb(const Invocation& invocation);
int compare_verb(const Invocation& invocation);
int calibrate_verb(const Invocation& invocation);
int collective_verb(const Invocation& invocation);

/// What `--version` prints.
std::string version_text();

/// Name and version of every library that is in use.
std::vector<std::pair<std::string, std::string>> library_versions();

// From argv to an Invocation. Nothing that was typed is ever ignored.

struct Parsed {
  const VerbEntry* verb = nullptr;  ///< null: the program itself was addressed
  Invocation invocation;
  std::string help;  ///< the text that was asked for; "" where none was
  bool version = false;
};

/// `words` are the arguments without the program's name: those of a verb, its options, its
/// positionals, each of which is understood or refused. `help`, --help and -h may stand before the
/// verb, and --help and -h anywhere after it, and ask for the help of all the verbs that begin with
/// the words so far. All after `--` are positionals. Throws UsageError for unknown verbs and
/// options (with the nearest valid one), missing and repeated values and wrong counts of
/// positionals.
Parsed parse(const std::vector<std::string>& words);

// `--help`, from the tables of verbs and options.

/// The verbs, one line each.
std::string program_help();

/// Of each verb its use, its options by group, examples. At most 100 columns.
std::string verb_help(const std::vector<const VerbEntry*>& verbs);

}  // namespace sgdbench

// The verbs: one row each, one file each.
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

/// What `--version` prints.
std::string version_text();

/// Name and version of every library that is in use.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace sgdbench

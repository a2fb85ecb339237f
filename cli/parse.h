// From argv to an Invocation. Nothing that was typed is ever ignored.
#pragma once

#include <string>
#include <vector>

#include "cli/verbs.h"

namespace sgdbench {

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

}  // namespace sgdbench

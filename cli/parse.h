// From argv to an Invocation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/verbs.h"

namespace sgdbench {

struct Parsed {
  const VerbEntry* verb = nullptr;  ///< null: the program itself was addressed
  Invocation invocation;
  bool help = false;
  bool version = false;
};

/// `words` are the arguments without the program's name. Throws UsageError for unknown verbs and
/// options (with the nearest valid one), missing values and wrong counts of positionals.
Parsed parse(const std::vector<std::string>& words);

}  // namespace sgdbench

// `--help`, from the tables of verbs and options.
#pragma once

#include <string>
#include <vector>

#include "cli/verbs.h"

namespace sgdbench {

/// The verbs, one line each.
std::string program_help();

/// Of each verb its use, its options by group, examples. At most 100 columns.
std::string verb_help(const std::vector<const VerbEntry*>& verbs);

}  // namespace sgdbench

// Where options mean something, and what is said of those that were given elsewhere.
//
// The idea: the option table says for each row whom it is for. A cell of others has its default,
// which changes no number but is not what was asked for; so it is said, or refused where there are
// no others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/cell.h"
#include "cli/options.h"

namespace sgdbench {

/// One line for each option that the user gave in `parts` and that means nothing to something that
/// he called by its whole name. Throws UsageError for an option that means nothing to any of the
/// cells.
std::vector<std::string> out_of_scope(const std::vector<Given>& parts,
                                      const std::vector<Cell>& cells);

/// The same, said on stderr unless `quiet`.
std::vector<std::string> say_out_of_scope(const std::vector<Given>& parts,
                                          const std::vector<Cell>& cells, bool quiet);

/// Of the options that make a configuration, those that are for some values of `deciding` alone,
/// and for that of the cell.
std::vector<std::string_view> options_for(const Cell& cell, std::string_view deciding);

}  // namespace sgdbench

// One row of a journal: a record as a line of JSON.
//
// The columns of runs.csv by name, those without a value left out; `curve` and `staleness` hold
// their columns as arrays, null where a cell is empty.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace sgdbench {

/// With its line end. Text that is not UTF-8 loses those bytes to U+FFFD.
std::string journal_line(const RunRecord& row);

/// The record of a line; nothing where it is none. Columns that this build does not know are
/// passed over.
std::optional<RunRecord> parse_journal_line(std::string_view line);

/// The first line: whose journal this is.
std::string journal_header(const std::vector<std::string>& config_ids);

/// The identifiers in a first line; nothing where it is none.
std::optional<std::vector<std::string>> parse_journal_header(std::string_view line);

/// Whether `text` is the beginning of a first line, as a power cut may leave it: long enough to say
/// whose it is, as other files begin with '{' too.
bool begins_journal(std::string_view text);

}  // namespace sgdbench

// The command line that repeats a cell, and the cell's identity, which is made from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cell.h"

namespace sgdbench {

/// `text` as one word of a POSIX shell.
std::string shell_quote(std::string_view text);

/// The words in one line, each quoted where it must be.
std::string shell_line(const std::vector<std::string>& words);

/// The words after `sgdbench run` that make exactly this cell: what every cell says of itself
/// (workload, data, backend, workers), then what differs from the defaults.
std::vector<std::string> arguments_of(const Cell& cell);

/// `sgdbench run …` for a shell.
std::string command_of(const Cell& cell);

/// What the configuration is, as text: the words that identify it, and the checksums of its laws.
std::string identity_of(const Cell& cell);

/// Spreads texts evenly over 64 bits, the same on every machine. Not cryptographic.
std::uint64_t text_hash(std::string_view text);

/// Ten hexadecimal digits, a function of the configuration alone: not of how often it is repeated,
/// nor of the defaults of options that it does not use. The same on every machine.
std::string config_id(const Cell& cell);

/// `config_id-repeat`.
std::string run_id(std::string_view config_id, std::uint64_t repeat);

}  // namespace sgdbench

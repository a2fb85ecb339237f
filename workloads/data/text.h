// Text in memory: saying where in it something is wrong, and cutting it up for several cores.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/data/input_file.h"
#include "workloads/parallel.h"

namespace sgdbench {

/// What parsers throw: the place in memory, from which the line and column follow.
struct TextError {
  const char* where;
  std::string what;
};

/// "file:line:column: what"; line and column (in bytes) count from 1.
std::string located(const InputFile& file, const TextError& error);

/// What stands at `where`, up to the next separator, in quotes, fit for a terminal and short.
std::string quoted(const char* where, const char* end);

/// A whole name in quotes, fit for a terminal and not longer than a line.
std::string quoted_name(std::string_view name);

/// Pieces of about `bytes`, each ending with a line end (the last one perhaps without).
std::vector<std::string_view> line_chunks(std::string_view text, std::size_t bytes);

/// Throws BadData at the first '\r' that more than blanks follow in its line: lines end in "\n" or
/// "\r\n", and where '\r' alone is meant to end them, whole rows would be taken for a comment.
void refuse_lone_returns(const InputFile& file, const ParallelFor& parallel);

/// Big enough to make a hand-out cheap, small enough to keep all cores busy to the end.
inline constexpr std::size_t kChunkBytes = std::size_t{2} << 20;

/// Calls body(i) for every chunk. Of all TextErrors thrown, the earliest in the file is rethrown
/// as BadData: the message doesn't depend on the number of threads.
void for_each_chunk(const InputFile& file, std::size_t chunks, const ParallelFor& parallel,
                    const std::function<void(std::size_t)>& body);

}  // namespace sgdbench

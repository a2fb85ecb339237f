// How fast memory can be read: the limit of every sparse or large dense model.
#pragma once

#include <cstddef>
#include <optional>

namespace sgdbench {

/// Enough not to fit into the caches of most machines.
inline constexpr std::size_t kBeyondCaches = std::size_t{128} << 20;

/// Bytes per second that `threads` threads read in order, each its own part of `bytes`: the best of
/// some rounds, because a limit is what nothing disturbed. Nothing where threads or memory can't be
/// had.
std::optional<double> read_bandwidth(std::size_t threads, bool pin,
                                     std::size_t bytes = kBeyondCaches);

}  // namespace sgdbench

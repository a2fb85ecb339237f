// Several threads inside of one step: its products and passes are cut into pieces, one a thread.
//
// A piece is a range of rows or of columns of a result, never a part of a sum's terms, so the
// result does not depend on the number of pieces as far as the kernels below keep to that. What is
// too small to gain by it is not cut.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

#include "workloads/parallel.h"

namespace sgdbench {

struct Team {
  std::size_t threads = 1;
  /// Of at most `threads` bodies, which may not throw. Body i runs on the same thread every time,
  /// so that it finds in its cache what it left there.
  ParallelFor run = serial_for;
};

struct Range {
  std::size_t begin, end;
  std::size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
};

/// Piece `i` of `pieces` of [0, n), cut at multiples of `grain`. May be empty.
inline Range piece_of(std::size_t n, std::size_t grain, std::size_t i, std::size_t pieces) {
  const std::size_t grains = (n + grain - 1) / grain;
  const auto cut = [&](std::size_t k) { return std::min(n, grains * k / pieces * grain); };
  return {cut(i), cut(i + 1)};
}

/// Multiply-adds below which a second thread costs more than it does: about two microseconds, the
/// price of telling it and of waiting for it, and of the lines that move between the caches.
inline constexpr std::size_t kWorthAThread = 100'000;

/// Calls body(i, pieces) for every i below `pieces`: as many as there are threads, or as are worth
/// it for so many multiply-adds.
template <class Body>
void in_pieces(const Team& team, std::size_t multiply_adds, Body body) {
  const std::size_t pieces =
      std::min(team.threads, std::max<std::size_t>(1, multiply_adds / kWorthAThread));
  if (pieces == 1) return body(std::size_t{0}, pieces);
  const auto one = [&](std::size_t i) { body(i, pieces); };
  team.run(pieces, std::ref(one));  // by reference: nothing is allocated
}

}  // namespace sgdbench

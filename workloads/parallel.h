// How the workloads use all cores without knowing what a thread is: the caller hands them a loop,
// or a team of threads for what is inside of one step.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

namespace sgdbench {

/// Calls body(i) for every i in [0, n), in any order, perhaps at the same time; returns when all
/// calls have. The first exception that a body throws is rethrown.
using ParallelFor =
    std::function<void(std::size_t n, const std::function<void(std::size_t)>& body)>;

/// The same on the calling thread alone, in order.
inline void serial_for(std::size_t n, const std::function<void(std::size_t)>& body) {
  for (std::size_t i = 0; i < n; ++i) body(i);
}

/// Several threads inside of one step: its products and passes are cut into pieces, one a thread.
///
/// A piece is a range of rows or of columns of a result, never a part of a sum's terms. What is
/// left to the kernels below is the order in which a sum's terms are added: our own keep one
/// whatever the piece, a library's may choose another by the piece's size. Then results differ by
/// rounding.
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

/// Piece `i` of `pieces` of [0, n), cut at multiples of `grain`. May be empty, but is never shorter
/// than a grain if it is not all there is: kernels treat a single row in a way of its own.
inline Range piece_of(std::size_t n, std::size_t grain, std::size_t i, std::size_t pieces) {
  const std::size_t grains = std::max<std::size_t>(1, n / grain);
  const auto cut = [&](std::size_t k) { return k == pieces ? n : grains * k / pieces * grain; };
  return {cut(i), cut(i + 1)};
}

/// Calls body(i, pieces) for every i below `pieces`, which is not more than there are threads.
template <class Body>
void in_pieces(const Team& team, std::size_t pieces, Body body) {
  if (pieces <= 1) return body(std::size_t{0}, std::size_t{1});
  const auto one = [&](std::size_t i) { body(i, pieces); };
  team.run(pieces, std::ref(one));  // by reference: nothing is allocated
}

}  // namespace sgdbench

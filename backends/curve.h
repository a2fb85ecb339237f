// The parameters along the way, copied while training goes on and evaluated after it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/backend.h"

namespace sgdbench {

/// Points lie evenly over the planned examples; the start is point 0 and the end the last one.
/// Memory is taken and touched before the run, so that a copy is only a copy.
///
/// Thread safety: a point belongs to the worker whose stretch crosses it, and to nobody else.
class CurveRecorder {
 public:
  /// Copies may take this many bytes; above, points are left out, evenly.
  static constexpr std::size_t kMaxBytes = std::size_t{2} << 30;

  CurveRecorder(std::size_t parameters, std::uint64_t examples, std::size_t points);

  /// The index of the last inner point in (before, after], in planned examples; 0 if there is none.
  std::size_t crossed(std::uint64_t before, std::uint64_t after) const;

  /// Copies w into a point; false if a number in it is not finite.
  bool record(std::size_t point, Nanoseconds time, std::uint64_t updates, std::uint64_t examples,
              std::span<const Real> w, Access access);

  std::size_t last() const { return snapshots_.size() - 1; }

  /// The recorded points in order of time.
  std::vector<Snapshot> take();

 private:
  std::uint64_t examples_;
  std::vector<Snapshot> snapshots_;
  std::vector<unsigned char> used_;
};

}  // namespace sgdbench

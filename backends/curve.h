// The parameters along the way, copied while training goes on and evaluated after it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/backend.h"

namespace sgdbench {

/// Geometric points begin at this part of the run.
inline constexpr std::uint64_t kGeometricSpan = 1000;

struct CurvePlan {
  std::size_t points = 1;  ///< after the first
  Spacing spacing = Spacing::even;
  bool keep = true;  ///< copies stay until the end; else each is forgotten when it was looked at
};

/// Points lie over the planned examples; the start is point 0 and the end the last one. The memory
/// of copies that stay is taken and touched before the run, so that a copy is only a copy.
///
/// Thread safety: a point belongs to the worker whose block crosses it, and to nobody else.
class CurveRecorder {
 public:
  CurveRecorder(std::size_t parameters, std::uint64_t examples, const CurvePlan& plan);

  /// The index of the last inner point in (before, after], in planned examples; 0 if there is none.
  std::size_t crossed(std::uint64_t before, std::uint64_t after) const;
  /// Where the first inner point behind `before` lies, in planned examples; the largest number if
  /// there is none.
  std::uint64_t next_after(std::uint64_t before) const;

  /// Copies w into a point; false if a number in it is not finite.
  bool record(std::size_t point, Nanoseconds time, std::uint64_t updates, std::uint64_t examples,
              std::span<const Real> w, Access access);

  /// Makes of the recorded w the mean of so many iterates, w − u/iterates.
  void average(std::size_t point, const Real* u, std::uint64_t iterates, Access access);

  /// Says anew what a recorded point counts.
  void recount(std::size_t point, std::uint64_t updates, std::uint64_t examples) {
    snapshots_[point].updates = updates;
    snapshots_[point].examples = examples;
  }

  std::size_t last() const { return snapshots_.size() - 1; }
  const Snapshot& at(std::size_t point) const { return snapshots_[point]; }
  /// Leaves the memory of a copy to the next one; its time and counts stay. To free it instead
  /// would not do: small blocks that are allocated meanwhile keep the allocator from using it
  /// again.
  void forget(std::size_t point) { spare_.swap(snapshots_[point].parameters); }

  /// The recorded points in order of time.
  std::vector<Snapshot> take();

 private:
  std::vector<std::uint64_t> positions_;  ///< in planned examples, ascending
  std::vector<Snapshot> snapshots_;
  std::vector<unsigned char> used_;
  AlignedVector<Real> spare_;
};

}  // namespace sgdbench

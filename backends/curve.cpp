#include "backends/curve.h"

#include <algorithm>
#include <cmath>

#include "workloads/kernels/racy.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

std::size_t affordable(std::size_t points, std::size_t parameters) {
  const std::size_t bytes = std::max<std::size_t>(1, parameters * sizeof(Real));
  return std::max<std::size_t>(1, std::min(points, CurveRecorder::kMaxBytes / bytes));
}

// x·0 is 0 for a finite x and NaN for all others.
bool all_finite(std::span<const Real> w) {
  Real zero = 0;
#pragma omp simd reduction(+ : zero)
  for (std::size_t i = 0; i < w.size(); ++i) zero += w[i] * Real(0);
  return zero == 0;
}

}  // namespace

CurveRecorder::CurveRecorder(std::size_t parameters, std::uint64_t examples, std::size_t points)
    : examples_(examples) {
  const std::size_t inner_and_end =
      std::min<std::uint64_t>(affordable(points, parameters), std::max<std::uint64_t>(1, examples));
  snapshots_.resize(inner_and_end + 1);
  used_.resize(snapshots_.size());
  for (auto& snapshot : snapshots_) snapshot.parameters.resize(parameters);
}

std::size_t CurveRecorder::crossed(std::uint64_t before, std::uint64_t after) const {
  // Point j lies at ⌈j·examples/last⌉: the last one at or below `after` is ⌊after·last/examples⌋.
  const auto at_or_below = [&](std::uint64_t position) {
    return static_cast<std::size_t>(static_cast<Uint128>(position) * last() / examples_);
  };
  const std::size_t point = at_or_below(after);
  return point == last() || point == at_or_below(before) ? 0 : point;
}

bool CurveRecorder::record(std::size_t point, Nanoseconds time, std::uint64_t updates,
                           std::uint64_t examples, std::span<const Real> w, Access access) {
  Snapshot& snapshot = snapshots_[point];
  snapshot.time = time;
  snapshot.updates = updates;
  snapshot.examples = examples;
  if (access == Access::exclusive)
    std::copy(w.begin(), w.end(), snapshot.parameters.begin());
  else
    racy::copy(w.data(), snapshot.parameters.data(), w.size());
  used_[point] = 1;
  return all_finite(snapshot.parameters);
}

std::vector<Snapshot> CurveRecorder::take() {
  std::vector<Snapshot> taken;
  for (std::size_t i = 0; i < snapshots_.size(); ++i)
    if (used_[i]) taken.push_back(std::move(snapshots_[i]));
  std::stable_sort(taken.begin(), taken.end(),
                   [](const Snapshot& a, const Snapshot& b) { return a.time < b.time; });
  return taken;
}

}  // namespace sgdbench

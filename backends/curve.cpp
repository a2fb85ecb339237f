#include "backends/curve.h"

#include <algorithm>
#include <cmath>

#include "workloads/kernels/memory.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

/// ⌈j·E/points⌉, or E·1000^{−(points−j)/(points−1)} to the nearest, for j = 1 … points; 0 in front.
/// Each once.
std::vector<std::uint64_t> positions(std::uint64_t examples, const CurvePlan& plan) {
  const std::uint64_t last = std::clamp<std::uint64_t>(plan.points, 1, examples);
  std::vector<std::uint64_t> found{0};
  for (std::uint64_t j = 1; j < last; ++j) {
    if (plan.spacing == Spacing::even) {
      found.push_back(
          static_cast<std::uint64_t>((static_cast<Uint128>(j) * examples + last - 1) / last));
    } else {
      const double exponent = static_cast<double>(last - j) / static_cast<double>(last - 1);
      const double part = std::pow(static_cast<double>(kGeometricSpan), -exponent);
      const auto position = std::llround(static_cast<double>(examples) * part);
      found.push_back(static_cast<std::uint64_t>(std::max(1LL, position)));
    }
  }
  found.push_back(examples);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// x·0 is 0 for a finite x and NaN for all others.
bool all_finite(std::span<const Real> w) {
  Real zero = 0;
#pragma omp simd reduction(+ : zero)
  for (std::size_t i = 0; i < w.size(); ++i) zero += w[i] * Real(0);
  return zero == 0;
}

}  // namespace

CurveRecorder::CurveRecorder(std::size_t parameters, std::uint64_t examples, const CurvePlan& plan)
    : positions_(positions(std::max<std::uint64_t>(1, examples), plan)),
      snapshots_(positions_.size()),
      used_(positions_.size()) {
  if (plan.keep)
    for (auto& snapshot : snapshots_) snapshot.parameters.resize(parameters);
}

std::size_t CurveRecorder::crossed(std::uint64_t before, std::uint64_t after) const {
  const auto next = std::upper_bound(positions_.begin(), positions_.end(), after) - 1;
  const auto point = static_cast<std::size_t>(next - positions_.begin());
  return point == last() || *next <= before ? 0 : point;
}

std::uint64_t CurveRecorder::next_after(std::uint64_t before) const {
  const auto next = std::upper_bound(positions_.begin(), positions_.end(), before);
  return next >= positions_.end() - 1 ? UINT64_MAX : *next;
}

bool CurveRecorder::record(std::size_t point, Nanoseconds time, std::uint64_t updates,
                           std::uint64_t examples, std::span<const Real> w, Access access) {
  Snapshot& snapshot = snapshots_[point];
  snapshot.time = time;
  snapshot.updates = updates;
  snapshot.examples = examples;
  snapshot.point = point;
  if (snapshot.parameters.empty()) snapshot.parameters.swap(spare_);
  snapshot.parameters.resize(w.size());  // there already, where copies stay
  if (access == Access::exclusive)
    std::copy(w.begin(), w.end(), snapshot.parameters.begin());
  else
    racy::copy(w.data(), snapshot.parameters.data(), w.size());
  used_[point] = 1;
  return all_finite(snapshot.parameters);
}

void CurveRecorder::average(std::size_t point, const Real* u, std::uint64_t iterates,
                            Access access) {
  const Real share = Real(1) / static_cast<Real>(iterates);
  auto& w = snapshots_[point].parameters;
  for (std::size_t i = 0; i < w.size(); ++i)
    w[i] -= share * (access == Access::exclusive ? u[i] : racy::load<Real>(&u[i]));
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

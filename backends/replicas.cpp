#include "backends/replicas.h"

#include <algorithm>

#include "backends/adaptive_wait.h"
#include "workloads/kernels/racy.h"

namespace sgdbench {
namespace {

/// shared ← shared + (w − base),  w, base ← shared; T is Real or Vec.
template <class T>
void add_changes(Real* shared, Real* w, Real* base) {
  const T sum = plain::load<T>(shared) + (plain::load<T>(w) - plain::load<T>(base));
  racy::store(shared, sum);
  plain::store(w, sum);
  plain::store(base, sum);
}

/// shared, base ← w.
template <class T>
void put(Real* shared, const Real* w, Real* base) {
  const T value = plain::load<T>(w);
  racy::store(shared, value);
  plain::store(base, value);
}

}  // namespace

SharedParameters::SharedParameters(std::span<Real> w)
    : w_(w), chunks_(std::max<std::size_t>(1, (w.size() + kChunk - 1) / kChunk)) {}

void SharedParameters::copy_to(Replica& replica, std::size_t slots) const {
  replica.state.assign(w_.size() * slots, Real(0));
  std::copy(w_.begin(), w_.end(), replica.state.begin());
  replica.base.assign(w_.begin(), w_.end());
  replica.landed.assign(chunks_.size(), 0);
  replica.made.store(0, std::memory_order_relaxed);
}

std::uint64_t SharedParameters::exchange(Replica& replica, std::size_t worker, std::size_t workers,
                                         Seat& seat, std::uint64_t gradient) {
  seat.enter(Activity::push, gradient);
  std::uint64_t staleness = 0;
  const std::size_t first = worker * chunks_.size() / workers;
  for (std::size_t k = 0; k < chunks_.size(); ++k) {
    const std::size_t chunk = (first + k) % chunks_.size();
    const bool at_once =
        lock_or_wait(chunks_[chunk].mutex, [&] { seat.enter(Activity::wait, gradient); });
    if (!at_once) seat.enter(Activity::push, gradient);
    staleness = std::max(staleness, merge(replica, chunk));
    chunks_[chunk].mutex.unlock();
  }
  return staleness;
}

std::uint64_t SharedParameters::merge(Replica& replica, std::size_t chunk) {
  const std::uint64_t others = chunks_[chunk].landed - replica.landed[chunk];
  Real* const shared = w_.data();
  Real* const w = replica.state.data();
  Real* const base = replica.base.data();
  const std::size_t end = std::min(w_.size(), (chunk + 1) * kChunk);
  std::size_t i = chunk * kChunk;
  if (others == 0) {
    for (; i + kLanes <= end; i += kLanes) put<Vec>(shared + i, w + i, base + i);
    for (; i < end; ++i) put<Real>(shared + i, w + i, base + i);
  } else {
    for (; i + kLanes <= end; i += kLanes) add_changes<Vec>(shared + i, w + i, base + i);
    for (; i < end; ++i) add_changes<Real>(shared + i, w + i, base + i);
  }
  replica.landed[chunk] = ++chunks_[chunk].landed;
  return others;
}

}  // namespace sgdbench

#include "backends/replicas.h"

#include <algorithm>

#include "backends/adaptive_wait.h"
#include "workloads/kernels/memory.h"

namespace sgdbench {
namespace {

// T is Real or Vec.

/// shared ← shared + (w − base),  w, base ← shared
struct AddChanges {
  template <class T>
  void at(Real* shared, Real* w, Real* base) const {
    const T sum = plain::load<T>(shared) + (plain::load<T>(w) - plain::load<T>(base));
    racy::store(shared, sum);
    plain::store(w, sum);
    plain::store(base, sum);
  }
};

/// shared, base ← w
struct Put {
  template <class T>
  void at(Real* shared, const Real* w, Real* base) const {
    const T value = plain::load<T>(w);
    racy::store(shared, value);
    plain::store(base, value);
  }
};

/// shared ← w, where there is no other worker, and so nothing that differs from the base but w.
struct PutAlone {
  template <class T>
  void at(Real* shared, const Real* w, Real*) const {
    racy::store(shared, plain::load<T>(w));
  }
};

/// Does one of the above for `size` parameters.
template <class Exchange>
void exchange_all(const Exchange& exchange, Real* shared, Real* w, Real* base, std::size_t size) {
  std::size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) exchange.template at<Vec>(shared + i, w + i, base + i);
  for (; i < size; ++i) exchange.template at<Real>(shared + i, w + i, base + i);
}

}  // namespace

SharedParameters::SharedParameters(std::span<Real> w)
    : w_(w), chunks_(std::max<std::size_t>(1, (w.size() + kChunk - 1) / kChunk)) {}

void SharedParameters::copy_to(Replica& replica, std::size_t state_size) const {
  replica.state.assign(state_size, Real(0));
  std::copy(w_.begin(), w_.end(), replica.state.begin());
  replica.base.assign(w_.begin(), w_.end());
  replica.landed.assign(chunks_.size(), 0);
  replica.made.store(0, std::memory_order_relaxed);
}

std::uint64_t SharedParameters::exchange(Replica& replica, std::size_t worker, std::size_t workers,
                                         WorkerContext& context, std::uint64_t gradient) {
  context.enter(Activity::push, gradient);
  std::uint64_t staleness = 0;
  const std::size_t first = worker * chunks_.size() / workers;
  for (std::size_t k = 0; k < chunks_.size(); ++k) {
    const std::size_t chunk = (first + k) % chunks_.size();
    const bool at_once =
        lock_or_wait(chunks_[chunk].mutex, [&] { context.enter(Activity::wait, gradient); });
    if (!at_once) context.enter(Activity::push, gradient);
    staleness = std::max(staleness, merge(replica, chunk, workers == 1));
    chunks_[chunk].mutex.unlock();
  }
  return staleness;
}

std::uint64_t SharedParameters::merge(Replica& replica, std::size_t chunk, bool alone) {
  const std::uint64_t others = chunks_[chunk].landed - replica.landed[chunk];
  const std::size_t begin = chunk * kChunk, size = std::min(kChunk, w_.size() - begin);
  const auto exchange = [&](const auto& how) {
    exchange_all(how, w_.data() + begin, replica.state.data() + begin, replica.base.data() + begin,
                 size);
  };
  if (alone)
    exchange(PutAlone{});
  else if (others == 0)
    exchange(Put{});
  else
    exchange(AddChanges{});
  replica.landed[chunk] = ++chunks_[chunk].landed;
  return others;
}

}  // namespace sgdbench

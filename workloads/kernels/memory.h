// Memory that other threads change at the same time.
//
// Hogwild (Recht et al. 2011) works because a stale coordinate is only a slightly older one. What
// must not happen is a torn value, or a compiler that assumes nobody else writes.
//
// No order between coordinates is needed, because no coordinate says anything about another: a
// relaxed atomic load or store, which is a plain move on the processor. Compilers do not vectorise
// atomics, though, which costs a factor of ten on dense vectors, and GCC moves each atomic float
// through an integer register, which costs a sparse step 8 %. So loads and stores go through
// `volatile`, which has the compiler emit exactly these moves: none invented, repeated or merged.
// On every target we build for such a move carries whole lanes: a lane is 4 bytes and aligned to 4,
// so it never crosses a cache line or the 8 bytes that the hardware moves at once; a register may
// mix lanes of several moments, which is what hogwild allows. The language has no word for this (it
// is a data race by the letter), so under ThreadSanitizer the same functions are made of relaxed
// atomics, lane by lane. What reads and writes in one step is a std::atomic_ref everywhere.
//
// Thread safety: everything here may run on the same memory at the same time, on any threads.
//
// Above that stands one way to say `x ← next(x)` for every kind of access, so that an update kernel
// is written once. A memory policy has load<T>(p) and modify<T>(p, next), T being Real or, where
// kVectors, Vec too; modify returns what it wrote.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>

#include "workloads/kernels/vector.h"
#include "workloads/rules/gradient_sum.h"

#if defined(__SANITIZE_THREAD__)
#define SGDBENCH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SGDBENCH_TSAN 1
#endif
#endif
#ifndef SGDBENCH_TSAN
#define SGDBENCH_TSAN 0
#endif

namespace sgdbench::racy {

inline constexpr bool kSanitized = SGDBENCH_TSAN != 0;

/// atomic_ref has no const form in C++20; nothing is written through it.
inline std::atomic_ref<Real> reference(const Real* p) {
  return std::atomic_ref<Real>(*const_cast<Real*>(p));
}

/// T is Real or Vec.
template <class T>
T load(const Real* p);
template <>
inline Real load<Real>(const Real* p) {
  if constexpr (kSanitized)
    return reference(p).load(std::memory_order_relaxed);
  else
    return *reinterpret_cast<const volatile Real*>(p);
}
template <>
inline Vec load<Vec>(const Real* p) {
  if constexpr (kSanitized) {
    Vec v{};
    for (std::size_t i = 0; i < kLanes; ++i) v[i] = load<Real>(p + i);
    return v;
  } else {
    return *reinterpret_cast<const volatile VecInMemory*>(p);
  }
}

inline void store(Real* p, Real value) {
  if constexpr (kSanitized)
    reference(p).store(value, std::memory_order_relaxed);
  else
    *reinterpret_cast<volatile Real*>(p) = value;
}
inline void store(Real* p, Vec value) {
  if constexpr (kSanitized) {
    for (std::size_t i = 0; i < kLanes; ++i) store(p + i, Real(value[i]));
  } else {
    *reinterpret_cast<volatile VecInMemory*>(p) = value;
  }
}

/// *p ← next(*p), tried until nobody came between: no update is lost. Returns the value written.
template <class F>
Real modify_cas(Real* p, F next) {
  const auto shared = reference(p);
  Real old = shared.load(std::memory_order_relaxed);
  Real wanted = next(old);
  while (!shared.compare_exchange_weak(old, wanted, std::memory_order_relaxed)) wanted = next(old);
  return wanted;
}

inline void add_cas(Real* p, Real delta) {
  modify_cas(p, [delta](Real old) { return old + delta; });
}

/// Puts `value` there and returns what it replaces.
inline Real exchange(Real* p, Real value) {
  return reference(p).exchange(value, std::memory_order_relaxed);
}

/// The store of `load, arithmetic, store` that notes whether somebody wrote since the load, and
/// overwrites it all the same, as the unwatched store would have. (A write of the same bits is not
/// seen.)
inline void store_watched(Real* p, Real loaded, Real value, WriteProbe& probe) {
  ++probe.writes;
  const auto shared = reference(p);
  if (!shared.compare_exchange_strong(loaded, value, std::memory_order_relaxed)) {
    ++probe.lost;
    shared.store(value, std::memory_order_relaxed);
  }
}

/// Copies n Reals out of shared memory. Not inlined: the volatile loads stay one tight loop.
[[gnu::noinline]] inline void copy(const Real* from, Real* to, std::size_t n) {
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) plain::store(to + i, load<Vec>(from + i));
  for (; i < n; ++i) to[i] = load<Real>(from + i);
}

}  // namespace sgdbench::racy

namespace sgdbench {

/// Access::exclusive.
struct ExclusiveMemory {
  static constexpr bool kVectors = true;
  static constexpr bool kPlain = true;
  template <class T>
  T load(const Real* p) const {
    return plain::load<T>(p);
  }
  template <class T, class F>
  T modify(Real* p, F next) const {
    const T value = next(plain::load<T>(p));
    plain::store(p, value);
    return value;
  }
};

/// Access::racy_store.
struct RacyMemory {
  static constexpr bool kVectors = true;
  static constexpr bool kPlain = false;
  template <class T>
  T load(const Real* p) const {
    return racy::load<T>(p);
  }
  template <class T, class F>
  T modify(Real* p, F next) const {
    const T value = next(racy::load<T>(p));
    racy::store(p, value);
    return value;
  }
};

/// Access::racy_cas.
struct CasMemory {
  static constexpr bool kVectors = false;
  static constexpr bool kPlain = false;
  template <class T>
  T load(const Real* p) const {
    return racy::load<T>(p);
  }
  template <class T, class F>
  Real modify(Real* p, F next) const {
    return racy::modify_cas(p, next);
  }
};

/// Access::racy_store under watch: every write is counted, and every one that overwrote another's.
struct WatchedMemory {
  static constexpr bool kVectors = false;
  static constexpr bool kPlain = false;
  WriteProbe* probe;
  template <class T>
  T load(const Real* p) const {
    return racy::load<T>(p);
  }
  template <class T, class F>
  Real modify(Real* p, F next) const {
    const Real old = racy::load<Real>(p);
    const Real value = next(old);
    racy::store_watched(p, old, value, *probe);
    return value;
  }
};

/// Calls body(policy) with the policy that `access` and `probe` ask for: once per call, so that
/// no loop over coordinates asks again.
template <class F>
void with_memory(Access access, WriteProbe* probe, F body) {
  switch (access) {
    case Access::exclusive:
      return body(ExclusiveMemory{});
    case Access::racy_store:
      return probe ? body(WatchedMemory{probe}) : body(RacyMemory{});
    case Access::racy_cas:
      return body(CasMemory{});
  }
}

}  // namespace sgdbench

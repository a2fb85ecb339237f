// One way to say `x ← next(x)` for every kind of access, so that an update kernel is written once.
//
// A memory policy has load<T>(p) and modify<T>(p, next), T being Real or, where kVectors, Vec too.
// modify returns what it wrote.
#pragma once

#include "workloads/kernels/racy.h"

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

/// Access::racy_store under watch: every write is counted, and every write that was overwritten.
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

/// Calls body(policy) with the policy that `access` and `probe` ask for: once per block, so that
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

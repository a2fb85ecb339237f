// The number type of parameters and data, and storage aligned to a cache line.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace sgdbench {

/// Parameters, gradients and features are single precision; losses are accumulated in double.
using Real = float;

/// One cache line, and one AVX-512 register: vectors start on such a boundary.
inline constexpr std::size_t kAlignment = 64;

/// How many Reals fill one cache line; rows of a dense matrix are padded to a multiple of it.
inline constexpr std::size_t kLine = kAlignment / sizeof(Real);

/// The standard allocator with every block starting on a cache line.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{kAlignment}));
  }
  void deallocate(T* p, std::size_t) noexcept {
    ::operator delete (p, std::align_val_t{kAlignment});
  }
  template <class U>
  bool operator==(const AlignedAllocator<U>&) const noexcept {
    return true;
  }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

constexpr std::size_t padded_to_line(std::size_t n) {
  return (n + kLine - 1) / kLine * kLine;
}

}  // namespace sgdbench

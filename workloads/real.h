// The number type of parameters and data, and storage aligned to a cache line.
#pragma once

#include <sys/mman.h>

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

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

inline std::align_val_t alignment_of(std::size_t bytes) {
  return std::align_val_t{bytes >= 2 * kHugePage ? kHugePage : kAlignment};
}

/// Memory that starts on a cache line; a large block also starts on a huge page, and huge pages are
/// asked for: a row picked at random then costs no walk through the page table. Only a hint.
/// Throws std::bad_alloc.
inline void* allocate_aligned(std::size_t bytes) {
  void* const block = ::operator new(bytes, alignment_of(bytes));
  if (bytes >= 2 * kHugePage) madvise(block, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  return block;
}
inline void free_aligned(void* block, std::size_t bytes) noexcept {
  ::operator delete(block, alignment_of(bytes));
}

/// The standard allocator on such memory.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) { return static_cast<T*>(allocate_aligned(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) noexcept { free_aligned(p, n * sizeof(T)); }
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

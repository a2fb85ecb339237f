#include "workloads/real.h"

#include <sys/mman.h>

namespace sgdbench {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::align_val_t alignment_of(std::size_t bytes) {
  return std::align_val_t{bytes >= 2 * kHugePage ? kHugePage : kAlignment};
}

}  // namespace

void* allocate_aligned(std::size_t bytes) {
  void* const block = ::operator new(bytes, alignment_of(bytes));
  if (bytes >= 2 * kHugePage) madvise(block, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  return block;
}

void free_aligned(void* block, std::size_t bytes) noexcept {
  ::operator delete(block, alignment_of(bytes));
}

}  // namespace sgdbench

#include "workloads/data/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <new>
#include <utility>

namespace sgdbench {
namespace {

/// 0 where there are no such many.
std::size_t whole_pages(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes > SIZE_MAX - page ? 0 : (bytes + page - 1) / page * page;
}

}  // namespace

Pages::Pages(Pages&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Pages& Pages::operator=(Pages&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
  return *this;
}

Pages::~Pages() {
  if (base_ != nullptr) munmap(base_, size_);
}

bool Pages::try_allocate(std::size_t bytes) {
  const std::size_t size = whole_pages(bytes);
  // Without a reserve, since most of what is asked for may stay untouched.
  void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return false;
  if (base_ != nullptr) munmap(base_, size_);
  base_ = base;
  size_ = size;
  return true;
}

void Pages::allocate(std::size_t bytes) {
  if (!try_allocate(bytes)) throw std::bad_alloc();
}

void Pages::allocate_at_most(std::size_t bytes) {
  for (; !try_allocate(bytes); bytes /= 2)
    if (bytes < 2 * kPadding) throw std::bad_alloc();
}

bool Pages::map_file(int descriptor, std::size_t bytes) {
  return mmap(base_, bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED, descriptor, 0) != MAP_FAILED;
}

void Pages::resize(std::size_t bytes) {
  void* base = mremap(base_, size_, whole_pages(bytes), MREMAP_MAYMOVE);
  if (base == MAP_FAILED) throw std::bad_alloc();
  base_ = base;
  size_ = whole_pages(bytes);
}

}  // namespace sgdbench

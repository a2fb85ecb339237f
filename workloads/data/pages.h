// Memory straight from the system, for content whose size is known late.
#pragma once

#include <cstddef>

namespace sgdbench {

/// Untouched pages cost nothing but addresses, and growing never copies.
class Pages {
 public:
  /// Zero bytes that follow all content, so that parsers may load a few bytes at once and need not
  /// look for the end inside a number.
  static constexpr std::size_t kPadding = 64;

  Pages() = default;
  Pages(Pages&& other) noexcept;
  Pages& operator=(Pages&& other) noexcept;
  ~Pages();

  /// At least `bytes` zero bytes in place of what was there. Throws std::bad_alloc.
  void allocate(std::size_t bytes);
  /// allocate(), or as much of it as the addresses left to the process allow.
  void allocate_at_most(std::size_t bytes);
  /// Maps the first `bytes` bytes of the file over the start; false if the system can't.
  bool map_file(int descriptor, std::size_t bytes);
  /// At least `bytes` in all, the old content kept as far as it fits. Throws std::bad_alloc.
  void resize(std::size_t bytes);

  char* data() const { return static_cast<char*>(base_); }
  std::size_t size() const { return size_; }
  /// For content, the padding left out.
  std::size_t room() const { return size_ - kPadding; }

 private:
  bool try_allocate(std::size_t bytes);

  void* base_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sgdbench

// A whole input file in memory, as plain bytes.
//
// Plain files are mapped, so their pages are the page cache's and cost no copy. Compressed ones
// (gz, bz2, xz, zst: recognised by their first bytes, never by their name) and pipes are read
// through libarchive into a buffer that grows with what really arrives: no size in a header is
// believed. A mapped file must not be cut short by somebody else while it is read.
//
// Invariant: kPadding zero bytes follow the content, so that parsers may load a few bytes at once
// and need not look for the end inside a number.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sgdbench {

/// Memory straight from the system: untouched pages cost nothing, growing never copies.
class Pages {
 public:
  Pages() = default;
  Pages(Pages&& other) noexcept;
  Pages& operator=(Pages&& other) noexcept;
  ~Pages();

  /// At least `bytes` zero bytes in place of what was there. Throws std::bad_alloc.
  void allocate(std::size_t bytes);
  /// Maps the first `bytes` bytes of the file over the start; false if the system can't.
  bool map_file(int descriptor, std::size_t bytes);
  /// At least `bytes` in all, the old content kept. Throws std::bad_alloc.
  void grow(std::size_t bytes);

  char* data() const { return static_cast<char*>(base_); }
  std::size_t size() const { return size_; }

 private:
  void* base_ = nullptr;
  std::size_t size_ = 0;
};

/// Thread safety: immutable once made.
class InputFile {
 public:
  static constexpr std::size_t kPadding = 64;
  /// Longer content of a compressed file is refused: it is more likely a bomb than data.
  static constexpr std::size_t kMaxDecompressed = std::size_t{256} << 30;

  /// Throws MissingData (not there, may not be read) or BadData (damaged compression).
  explicit InputFile(std::string path);

  const std::string& path() const { return path_; }
  /// The content, without the byte-order mark that some editors put before UTF-8 text.
  std::string_view bytes() const { return {pages_.data() + start_, size_ - start_}; }

 private:
  /// A pipe, or a regular file that begins as a compressed one.
  void read_stream(int descriptor, bool is_compressed);

  std::string path_;
  Pages pages_;
  std::size_t size_ = 0;
  std::size_t start_ = 0;
};

/// Whether `path` names something that an InputFile could be made from.
bool is_readable_file(const std::string& path);

}  // namespace sgdbench

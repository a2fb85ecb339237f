// A whole input file in memory, as plain bytes.
//
// Plain files are mapped, so their pages are the page cache's and cost no copy. Pipes are read into
// a buffer that grows with what really arrives. Compressed content of either (gz, bz2, xz, zst:
// recognised by its first bytes, never by its name) is unpacked, within a limit: no size in a
// header is believed. A mapped file must not be cut short by somebody else while it is read.
//
// Invariant: kPadding zero bytes follow the content.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sgdbench {

/// Memory straight from the system, for content whose size is known late. Untouched pages cost
/// nothing but addresses, and growing never copies.
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

/// The name of standard input as data.
inline constexpr std::string_view kStandardInput = "-";

/// What reading may take, and when it is to end early.
struct ReadLimits {
  /// Bytes of content of a compressed file or a pipe; unset: what kUnpackRatio and half of the free
  /// memory allow.
  std::optional<std::uint64_t> max_unpacked = std::nullopt;
  std::uint64_t free_memory = 0;            ///< bytes; 0: not known, and no limit
  const std::atomic<bool>* stop = nullptr;  ///< raised: a pipe is waited for no longer
  std::size_t images = 0;                   ///< of IDX files, the first so many; 0: all
};

/// Thread safety: immutable once made.
class InputFile {
 public:
  static constexpr std::size_t kPadding = Pages::kPadding;
  /// A compressed file is taken for a bomb, or for damaged, where its content is more than so many
  /// times as large and larger than kHarmless bytes.
  static constexpr std::uint64_t kUnpackRatio = 100, kHarmless = 256'000'000;

  /// `path` may be kStandardInput. Throws MissingData (not there, may not be read), BadData
  /// (damaged or too much) or Interrupted.
  explicit InputFile(std::string path, const ReadLimits& limits = {});

  /// For messages, and to find what stands beside it.
  const std::string& path() const { return path_; }
  /// The content, without the byte-order mark that some editors put before UTF-8 text.
  std::string_view bytes() const { return {pages_.data() + start_, size_ - start_}; }

 private:
  void map(int descriptor, std::size_t bytes);
  void read_stream(int descriptor, const ReadLimits& limits);
  void unpack_content(const ReadLimits& limits);

  std::string path_;
  Pages pages_;
  std::size_t size_ = 0;
  std::size_t start_ = 0;
};

/// Throws MissingData with the reason if no InputFile can be made from `path`.
void check_readable(const std::string& path);
/// Whether check_readable() has no objection.
bool is_readable_file(const std::string& path);

/// What identifies a pipe, which gives its content once, whatever it is called; "" for a file.
std::string pipe_identity(const std::string& path);

}  // namespace sgdbench

// The bytes of a pipe or of a compressed file (gz, bz2, xz, zst), unpacked by libarchive, which is
// opened when the first of them is read.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

struct archive;

namespace sgdbench {

class Decompressor {
 public:
  /// `is_compressed`: it begins as one of the four does, so that what can't be unpacked is damaged;
  /// otherwise bytes are taken as they are. `path` is for messages; the descriptor is not closed.
  /// Throws BadData, and UsageError where libarchive can't be opened.
  Decompressor(int descriptor, std::string path, bool is_compressed);

  /// Up to `room` bytes; 0 at the end. Throws BadData.
  std::size_t read(char* to, std::size_t room);

 private:
  [[noreturn]] void damaged() const;
  void refuse_trailing_garbage() const;
  void open();

  int descriptor_;
  std::string path_;
  bool is_compressed_;
  std::unique_ptr<archive, int (*)(archive*)> reader_;
  bool at_end_ = false;
  std::size_t done_ = 0;
};

}  // namespace sgdbench

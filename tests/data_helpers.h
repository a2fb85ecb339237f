// Small files and loops for the tests of data.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "workloads/data/catalog.h"
#include "workloads/names.h"

namespace sgdbench::testing {

/// A folder that is gone at the end of the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sgdbench-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string write(const std::string& name, std::string_view content) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    return path;
  }

 private:
  std::string path_;
};

/// The content as a compressed file; `filter` is one of libarchive's names: gzip, bzip2, xz, zstd.
inline std::string compressed(std::string_view content, const char* filter) {
  std::string out(content.size() + 65536, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_raw(writer);
  REQUIRE(archive_write_add_filter_by_name(writer, filter) == ARCHIVE_OK);
  archive_write_set_bytes_in_last_block(writer, 1);
  REQUIRE(archive_write_open_memory(writer, out.data(), out.size(), &used) == ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_pathname(entry, "data");
  archive_write_header(writer, entry);
  archive_write_data(writer, content.data(), content.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

/// Last item first.
inline void backwards_for(std::size_t n, const std::function<void(std::size_t)>& body) {
  for (std::size_t i = n; i > 0; --i) body(i - 1);
}

/// Odd and even items at the same time. Bodies must not throw.
inline void threaded_for(std::size_t n, const std::function<void(std::size_t)>& body) {
  std::thread odd([&] {
    for (std::size_t i = 1; i < n; i += 2) body(i);
  });
  for (std::size_t i = 0; i < n; i += 2) body(i);
  odd.join();
}

/// One source with default settings.
inline Dataset load(const std::string& source, const DataRequest& request = {}) {
  return load_source(source, request, serial_for);
}

/// What the exception of type Error says; fails if there is none.
template <class Error, class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& other) {
    FAIL("another exception: " << other.what());
  }
  FAIL("no exception");
  return {};
}

/// How a file with this content is refused, without the folder's name.
inline std::string refusal(const std::string& name, std::string_view content,
                           const DataRequest& request = {}) {
  const Folder folder;
  const std::string path = folder.write(name, content);
  std::string text = message_of<BadData>([&] { load(path, request); });
  const std::string prefix = folder.path() + "/";
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

inline const SparseMatrix& sparse(const Dataset& data) {
  return std::get<SparseMatrix>(data.features);
}
inline const DenseMatrix& dense(const Dataset& data) {
  return std::get<DenseMatrix>(data.features);
}

/// The value at a row and column, whatever the storage.
inline float value_at(const Dataset& data, std::size_t row, std::size_t column) {
  if (!data.sparse()) return dense(data).row(row)[column];
  for (const Entry& entry : sparse(data).row(row))
    if (entry.column == column) return entry.value;
  return 0;
}

}  // namespace sgdbench::testing

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

#include "workloads/data/decompressor.h"
#include "workloads/data/input_file.h"
#include "workloads/data/readers.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr unsigned kUnsignedByte = 0x08;

struct Header {
  std::vector<std::size_t> sizes;
  const unsigned char* content;
};

[[noreturn]] void refuse(const InputFile& file, std::size_t byte, const std::string& what) {
  throw BadData(fmt::format("{}:byte {}: {}", file.path(), byte, what));
}

/// Reads and checks a header of `dimensions` sizes whose product is the number of bytes behind it.
Header read_header(const InputFile& file, std::size_t dimensions) {
  const std::string_view bytes = file.bytes();
  const auto* raw = reinterpret_cast<const unsigned char*>(bytes.data());
  if (!looks_like_idx(bytes)) refuse(file, 0, "not an IDX file: it must start with 00 00 08");
  if (raw[2] != kUnsignedByte) refuse(file, 2, "only IDX files of unsigned bytes (08) can be read");
  if (raw[3] != dimensions)
    refuse(file, 3,
           std::to_string(raw[3]) + " dimensions where " + std::to_string(dimensions) +
               (dimensions == 3 ? " belong: name the images file, not the labels"
                                : " belongs: this is no labels file"));
  const std::size_t start = 4 + 4 * dimensions;
  if (bytes.size() < start) refuse(file, bytes.size(), "the header is cut off");
  Header header{{}, raw + start};
  const std::size_t content = bytes.size() - start;
  std::size_t product = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    const unsigned char* p = raw + 4 + 4 * d;
    const std::size_t size = std::size_t{p[0]} << 24 | std::size_t{p[1]} << 16 |
                             std::size_t{p[2]} << 8 | std::size_t{p[3]};
    if (size == 0) refuse(file, 4 + 4 * d, "a size of 0");
    // Each factor is below 2^32 and the product so far at most `content`: no overflow.
    product *= size;
    if (product > content)
      refuse(file, bytes.size(), "the file is cut off: its header asks for more bytes");
    header.sizes.push_back(size);
  }
  if (product != content)
    refuse(file, start + product,
           fmt::format("the file goes on for {} bytes after what its header announces",
                       content - product));
  return header;
}

float scaled(unsigned char byte) {
  return static_cast<float>(byte) / 255.0f;
}

std::size_t dense_row_bytes(std::size_t columns) {
  return padded_to_line(columns) * sizeof(Real);
}
/// At most.
std::size_t sparse_row_bytes(std::size_t columns) {
  return columns * sizeof(Entry) + sizeof(std::uint64_t);
}

DenseMatrix dense_pixels(const unsigned char* bytes, std::size_t rows, std::size_t columns,
                         const ParallelFor& parallel) {
  std::array<float, 256> values{};
  for (std::size_t byte = 0; byte < values.size(); ++byte)
    values[byte] = scaled(static_cast<unsigned char>(byte));
  DenseMatrix matrix(rows, columns);
  for_row_blocks(rows, parallel, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = matrix.row(i);
      const unsigned char* from = bytes + i * columns;
      for (std::size_t j = 0; j < columns; ++j) row[j] = values[from[j]];
    }
  });
  return matrix;
}

SparseMatrix sparse_pixels(const unsigned char* bytes, std::size_t rows, std::size_t columns,
                           const ParallelFor& parallel) {
  SparseMatrix matrix;
  matrix.columns = columns;
  matrix.offsets.reserve(rows + 1);
  std::uint64_t filled = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) filled += bytes[i * columns + j] != 0;
    matrix.offsets.push_back(filled);
  }
  matrix.entries.resize(filled);
  for_row_blocks(rows, parallel, [&](std::size_t begin, std::size_t end) {
    Entry* out = matrix.entries.data() + matrix.offsets[begin];
    for (std::size_t i = begin; i < end; ++i)
      for (std::size_t j = 0; j < columns; ++j)
        if (const unsigned char byte = bytes[i * columns + j]; byte != 0)
          *out++ = {static_cast<std::uint32_t>(j), scaled(byte)};
  });
  return matrix;
}

/// `path` with the last `from` in its file name replaced; empty if there is none.
std::string with_replaced(const std::string& path, std::string_view from, std::string_view to) {
  const std::size_t folder = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  const std::size_t at = path.rfind(from);
  if (at == std::string::npos || at < folder) return {};
  return std::string(path).replace(at, from.size(), to);
}

/// The file itself, or its gzipped or plain twin; empty if none is there.
std::string existing_twin(const std::string& path) {
  if (path.empty()) return {};
  if (is_readable_file(path)) return path;
  const std::string twin = path.ends_with(".gz") ? path.substr(0, path.size() - 3) : path + ".gz";
  return is_readable_file(twin) ? twin : std::string();
}

/// What it should be called; "" if `images` is not called as of a pair.
std::string expected_labels(const std::string& images) {
  const std::string dashes = with_replaced(images, "images-idx3", "labels-idx1");
  return dashes.empty() ? with_replaced(images, "images.idx3", "labels.idx1") : dashes;
}

std::string labels_beside(const std::string& images) {
  const std::string expected = expected_labels(images);
  if (expected.empty())
    throw MissingData(images + ": no labels file can be named after it; an IDX pair is called " +
                      "NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte");
  const std::string found = existing_twin(expected);
  if (found.empty())
    throw MissingData(expected + ": not found; the labels belong beside the images");
  return found;
}

}  // namespace

bool looks_like_idx(std::string_view content) {
  return content.size() >= 4 && content[0] == 0 && content[1] == 0 && content[2] >= 8 &&
         content[2] <= 14 && content[3] >= 1 && content[3] <= 8;
}

Examples read_idx_pair(const InputFile& images, std::uint64_t& bytes_read,
                       const ParallelFor& parallel, const ReadLimits& limits) {
  const Header pixels = read_header(images, 3);
  const InputFile labels_file(labels_beside(images.path()), limits);
  const Header labels = read_header(labels_file, 1);
  const std::size_t rows = limits.images > 0 ? limits.images : pixels.sizes[0];
  const std::size_t columns = pixels.sizes[1] * pixels.sizes[2];
  if (labels.sizes[0] != pixels.sizes[0])
    refuse(labels_file, 4,
           fmt::format("{} labels for {} images", labels.sizes[0], pixels.sizes[0]));
  if (rows > pixels.sizes[0])
    throw UsageError(
        fmt::format("{} images are asked for: {} has {}", rows, images.path(), pixels.sizes[0]));

  const bool narrow = dense_row_bytes(columns) > sparse_row_bytes(columns);
  const std::size_t row_bytes = narrow ? sparse_row_bytes(columns) : dense_row_bytes(columns);
  // Neither factor is beyond the file's size times 64.
  const std::uint64_t needed = std::uint64_t{rows} * row_bytes;
  if (limits.free_memory > 0 && needed > limits.free_memory)
    refuse(images, 4,
           fmt::format("{} images take {} of memory; {} are free", rows, bytes_text(needed),
                       bytes_text(limits.free_memory)));
  bytes_read += images.bytes().size() + labels_file.bytes().size();
  Features features;
  if (narrow)
    features = sparse_pixels(pixels.content, rows, columns, parallel);
  else
    features = dense_pixels(pixels.content, rows, columns, parallel);
  return {std::move(features), {labels.content, labels.content + rows}};
}

std::optional<std::string> labels_of(const std::string& images) {
  const std::string found = existing_twin(expected_labels(images));
  return found.empty() ? std::nullopt : std::optional(found);
}

std::optional<std::string> test_images_beside(const std::string& images) {
  const std::string found = existing_twin(with_replaced(images, "train-images", "t10k-images"));
  return found.empty() ? std::nullopt : std::optional(found);
}

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::vector<std::string> folders() {
  std::vector<std::string> roots;
  if (const std::string data = environment("SGDBENCH_DATA"); !data.empty()) roots.push_back(data);
  const std::string home = environment("HOME");
  std::string xdg = environment("XDG_DATA_HOME");
  if (xdg.empty() && !home.empty()) xdg = home + "/.local/share";
  if (!xdg.empty()) roots.push_back(xdg + "/sgdbench");
  std::vector<std::string> found;
  for (const std::string& root : roots) {
    found.push_back(root + "/fashion-mnist");
    found.push_back(root);
  }
  found.emplace_back("/usr/share/datasets/fashion-mnist");
  found.emplace_back("/usr/share/dataset-fashion-mnist");
  return found;
}

}  // namespace

std::string find_fashion_mnist() {
  for (const std::string& folder : folders())
    for (const char* file : {"/train-images-idx3-ubyte", "/train-images-idx3-ubyte.gz"})
      if (is_readable_file(folder + file)) return folder + file;
  throw MissingData(
      "fashion-mnist is not installed; get it with: apt-get install dataset-fashion-mnist "
      "(or put its four files into the folder that SGDBENCH_DATA names)");
}

}  // namespace sgdbench

#include "data_helpers.h"
#include "workloads/data/readers.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

// Two images of 1 × 3 pixels.
const std::string kImages =
    bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 51, 255, 1, 2, 3});
const std::string kLabels = bytes({0, 0, 8, 1, 0, 0, 0, 2, 7, 4});

std::string refused(const std::string& images, const std::string& labels) {
  const Folder folder;
  const std::string path = folder.write("train-images-idx3-ubyte", images);
  folder.write("train-labels-idx1-ubyte", labels);
  const std::string text = message_of<BadData>([&] { load(path); });
  return text.substr(folder.path().size() + 1);
}

}  // namespace

TEST_CASE("An IDX pair is read from the images' name, pixels scaled to [0, 1]") {
  const Folder folder;
  const std::string path = folder.write("train-images-idx3-ubyte", kImages);
  folder.write("train-labels-idx1-ubyte", kLabels);
  const Dataset data = load(path);
  CHECK(data.rows() == 2);
  CHECK(data.columns() == 3);
  CHECK(data.targets == std::vector<float>{7, 4});
  CHECK(value_at(data, 0, 1) == 0.2f);
  CHECK(value_at(data, 0, 2) == 1);
  CHECK(data.bytes_read == kImages.size() + kLabels.size());
}

TEST_CASE("Either file of a pair may be compressed, and the name with a point works too") {
  const Folder folder;
  const std::string path = folder.write("a-images-idx3-ubyte.gz", compressed(kImages, "gzip"));
  folder.write("a-labels-idx1-ubyte", kLabels);
  const std::uint64_t mixed = load(path).checksum;
  const std::string point = folder.write("b-images.idx3-ubyte", kImages);
  folder.write("b-labels.idx1-ubyte.gz", compressed(kLabels, "gzip"));
  CHECK(load(point).checksum == mixed);
}

TEST_CASE("The t10k pair beside a train pair is the test part, unless another is asked for") {
  const Folder folder;
  DataRequest request;
  request.source = folder.write("train-images-idx3-ubyte", kImages);
  folder.write("train-labels-idx1-ubyte", kLabels);
  CHECK(!load_data(request, serial_for).test);
  folder.write("t10k-images-idx3-ubyte.gz", compressed(kImages, "gzip"));
  folder.write("t10k-labels-idx1-ubyte", kLabels);
  CHECK(load_data(request, serial_for).test.value().rows() == 2);
  request.holdout = 0.5;
  CHECK(load_data(request, serial_for).test.value().rows() == 1);
}

TEST_CASE("IDX files that are cut off, or longer than announced, are refused") {
  for (std::size_t size = 4; size < 16; ++size)
    CHECK(refused(kImages.substr(0, size), kLabels) ==
          "train-images-idx3-ubyte:byte " + std::to_string(size) + ": the header is cut off");
  for (std::size_t size = 16; size < kImages.size(); ++size)
    CHECK(refused(kImages.substr(0, size), kLabels) ==
          "train-images-idx3-ubyte:byte " + std::to_string(size) +
              ": the file is cut off: its header asks for more bytes");
  CHECK(refused(kImages + "x", kLabels) ==
        "train-images-idx3-ubyte:byte 22: the file goes on for 1 bytes after what its header "
        "announces");
  CHECK(refused(kImages, kLabels.substr(0, 9)) ==
        "train-labels-idx1-ubyte:byte 9: the file is cut off: its header asks for more bytes");
}

TEST_CASE("A header that announces 2^96 pixels is refused before anything is allocated") {
  const std::string huge =
      bytes({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2});
  CHECK(refused(huge, kLabels) ==
        "train-images-idx3-ubyte:byte 18: the file is cut off: its header asks for more bytes");
}

TEST_CASE("Wrong kinds of IDX files are refused") {
  std::string floats = kImages;
  floats[2] = 0x0d;
  CHECK(refused(floats, kLabels) ==
        "train-images-idx3-ubyte:byte 2: only IDX files of unsigned bytes (08) can be read");
  CHECK(refused(kLabels, kLabels) ==
        "train-images-idx3-ubyte:byte 3: 1 dimensions where 3 belong: name the images file, not "
        "the labels");
  CHECK(refused(kImages, "hello") ==
        "train-labels-idx1-ubyte:byte 0: not an IDX file: it must start with 00 00 08");
  CHECK(refused(kImages, bytes({0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3})) ==
        "train-labels-idx1-ubyte:byte 4: 3 labels for 2 images");
}

TEST_CASE("Images without labels beside them are missing data") {
  const Folder folder;
  const std::string path = folder.write("x-images-idx3-ubyte", kImages);
  CHECK(message_of<MissingData>([&] { load(path); }) ==
        folder.path() + "/x-labels-idx1-ubyte: not found; the labels belong beside the images");
  CHECK_THROWS_AS(load(folder.write("pictures", kImages)), MissingData);
}

TEST_CASE("Images so narrow that padding would be most of them are sparse, with the same pixels") {
  const Folder folder;
  const std::string path =
      folder.write("a-images-idx3-ubyte",
                   bytes({0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 51, 0, 0, 0, 0, 255}));
  folder.write("a-labels-idx1-ubyte", bytes({0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 1}));
  const Dataset data = load(path);
  REQUIRE(data.sparse());
  CHECK(data.rows() == 3);
  CHECK(data.columns() == 2);
  CHECK(sparse(data).entries.size() == 2);
  CHECK(value_at(data, 0, 0) == 0.2f);
  CHECK(sparse(data).row(1).empty());
  CHECK(value_at(data, 2, 1) == 1);
}

TEST_CASE("Images that take more memory than is free are refused, with both numbers") {
  const Folder folder;
  const std::string path = folder.write("a-images-idx3-ubyte", kImages);
  folder.write("a-labels-idx1-ubyte", kLabels);
  const InputFile images(path);
  std::uint64_t read = 0;
  CHECK(message_of<BadData>([&] {
          read_idx_pair(images, read, serial_for, {.free_memory = 63});
        }) == path + ":byte 4: 2 images take 64 B of memory; 63 B are free");
  read_idx_pair(images, read, serial_for, {.free_memory = 64});
}

TEST_CASE("Images of seven pixels and more are dense") {
  const Folder folder;
  const std::string path =
      folder.write("a-images-idx3-ubyte",
                   bytes({0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0, 51, 0, 0, 0, 0, 255}));
  folder.write("a-labels-idx1-ubyte", bytes({0, 0, 8, 1, 0, 0, 0, 1, 5}));
  const Dataset data = load(path);
  REQUIRE(!data.sparse());
  CHECK(dense(data).row(0)[1] == 0.2f);
  CHECK(dense(data).row(0)[6] == 1);
}

// Files of data, in a folder of the memory where there is one.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/fuzz/harness.h"
#include "workloads/data/catalog.h"
#include "workloads/data/statistics.h"

namespace sgdbench::fuzz {
namespace {

namespace fs = std::filesystem;

/// Removed when the program ends.
class Folder {
 public:
  Folder() {
    std::error_code ignored;
    const fs::path memory = "/dev/shm";
    path_ = (fs::is_directory(memory, ignored) ? memory : fs::temp_directory_path()) /
            ("sgdbench-fuzz-" + std::to_string(getpid()));
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(std::string_view name, std::string_view content) const {
    const auto path = path_ / name;
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
    return path.string();
  }

 private:
  fs::path path_;
};

std::string data_file(std::string_view name, std::string_view content) {
  static const Folder folder;
  return folder.write(name, content);
}

void load(const DataRequest& request) {
  const auto data = load_data(request, serial_for);
  data_statistics(data.train, 10'000);
}

DataRequest request_of(std::string source) {
  DataRequest request;
  request.source = std::move(source);
  request.max_unpacked = 32'000'000;
  return request;
}

/// Loading it otherwise, after it was refused or not.
void load_again(std::string_view source, void (*change)(DataRequest&)) {
  static void (*how)(DataRequest&);
  how = change;
  with_refusals(
      [](std::string_view path) {
        auto request = request_of(std::string(path));
        how(request);
        load(request);
      },
      source);
}

}  // namespace

void fuzz_libsvm(std::string_view input) {
  const auto path = data_file("x.svm", input);
  load_again(path, [](DataRequest&) {});
  load_again(path, [](DataRequest& request) {
    request.index_base = 0;
    request.holdout = 0.5;
    request.popular_features_first = false;
  });
  load_again(path, [](DataRequest& request) { request.test_source = request.source; });
}

void fuzz_table(std::string_view input) {
  for (const auto* name : {"x.csv", "x.tsv"}) {
    const auto path = data_file(name, input);
    load_again(path, [](DataRequest& request) { request.standardize = true; });
    load_again(path, [](DataRequest& request) {
      request.label_column = "2";
      request.test_source = request.source;
    });
  }
}

void fuzz_idx(std::string_view input) {
  if (input.size() < 2) return;
  const auto byte = [&](std::size_t i) {
    return std::size_t{static_cast<unsigned char>(input[i])};
  };
  const std::size_t images = std::min(byte(0) << 8 | byte(1), input.size() - 2);
  data_file("x-labels-idx1-ubyte", input.substr(2 + images));
  load(request_of(data_file("x-images-idx3-ubyte", input.substr(2, images))));
}

void fuzz_compressed(std::string_view input) {
  load(request_of(data_file("packed.svm", input)));
}

}  // namespace sgdbench::fuzz

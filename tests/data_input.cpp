#include "data_helpers.h"
#include "workloads/data/catalog.h"
#include "workloads/data/input_file.h"
#include "workloads/data/readers.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

std::string written(const Dataset& data, void (*write)(const Dataset&, const TextSink&)) {
  std::string text;
  write(data, [&](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace

TEST_CASE("A compressed file, the plain one and the same numbers as CSV are the same data") {
  const Folder folder;
  for (const std::string source : {"rcv1-like:rows=300,features=500", "covtype-like:rows=300",
                                   "quadratic:rows=64,features=7", "w8a-like:rows=200"}) {
    const Dataset made = load(source);
    const std::string text = written(made, write_libsvm);
    const Dataset plain = load(folder.write("plain", text));
    CHECK(plain.checksum == made.checksum);
    for (const char* filter : {"gzip", "bzip2", "xz", "zstd"}) {
      const Dataset other = load(folder.write("misnamed.txt", compressed(text, filter)));
      CHECK(other.checksum == plain.checksum);
      CHECK(other.bytes_read == text.size());
    }
    const Dataset table = load(folder.write("table", written(made, write_csv)));
    CHECK(table.checksum == plain.checksum);
    // The same storage and width, so the same kernels and the same losses.
    CHECK(table.sparse() == plain.sparse());
    CHECK(table.columns() == plain.columns());
    CHECK(table.targets == plain.targets);
  }
}

TEST_CASE("Changing, swapping or moving any number changes the checksum") {
  const Folder folder;
  const auto checksum = [&](std::string_view text) {
    return load(folder.write("a.svm", text)).checksum;
  };
  const std::uint64_t original = checksum("1 1:2 5:3\n2 2:4\n");
  for (const char* other :
       {"1 1:2 5:4\n2 2:4\n", "1 1:3 5:2\n2 2:4\n", "2 2:4\n1 1:2 5:3\n", "1 1:2\n2 2:4 5:3\n",
        "2 1:2 5:3\n1 2:4\n", "1 1:2 6:3\n2 2:4\n", "1 1:2 5:3\n2 2:4\n2\n"})
    CHECK(checksum(other) != original);
}

TEST_CASE("A byte-order mark before text is skipped, packed or not") {
  const Folder folder;
  const std::string mark = "\xef\xbb\xbf";
  for (const std::string text : {"1 1:1\n2 9:1\n", "label,a,b\n1,0,0\n2,0,3\n", "1,0\n2,3\n"}) {
    const std::uint64_t checksum = load(folder.write("a", text)).checksum;
    CHECK(load(folder.write("a", mark + text)).checksum == checksum);
    CHECK(load(folder.write("a", compressed(mark + text, "gzip"))).checksum == checksum);
  }
  CHECK(refusal("a.svm", mark + "1 x\n").starts_with("a.svm:1:3: "));
  CHECK(refusal("a.svm", mark) == "a.svm:1:1: the file is empty");
}

TEST_CASE("Zero bytes follow the content, also where it fills its last page") {
  const Folder folder;
  for (const std::size_t size : {std::size_t{1}, std::size_t{4096}, std::size_t{8192 - 1}}) {
    const std::string content(size, 'x');
    for (const std::string& path :
         {folder.write("plain", content), folder.write("packed", compressed(content, "gzip"))}) {
      const InputFile file(path);
      CHECK(file.bytes() == content);
      for (std::size_t i = 0; i < InputFile::kPadding; ++i) CHECK(file.bytes().end()[i] == 0);
    }
  }
  // Where more follows in the file, unpacking copies more than is needed of what repeats.
  const std::string text = "0.125 7:1.5\n";
  for (std::size_t size = text.size() + 3; size < 100; ++size) {
    std::string content = "1 2:0.25 " + text + "-1 " + text + text + text + text + text + text;
    content.resize(size);
    const InputFile file(
        folder.write("packed", compressed(content, "gzip") + std::string(1000, '\0')));
    CHECK(file.bytes() == content);
    CHECK(std::string_view(file.bytes().end(), InputFile::kPadding).find_first_not_of('\0') ==
          std::string_view::npos);
  }
}

TEST_CASE("Files that aren't there, folders and unknown names are told apart") {
  const Folder folder;
  const std::string path = folder.path() + "/nothing.svm";
  CHECK(message_of<MissingData>([&] { load(path); }) == path + ": No such file or directory");
  CHECK_THROWS_AS(load(folder.path()), MissingData);
  CHECK(
      message_of<UsageError>([&] { load("rcv1-lik:rows=3"); })
          .starts_with("unknown data set (and no such file) 'rcv1-lik'; did you mean 'rcv1-like'? "
                       "valid: fashion-mnist, rcv1-like, "));
}

TEST_CASE("fashion-mnist is found in $SGDBENCH_DATA first") {
  const Folder folder;
  using namespace std::string_view_literals;
  folder.write("train-images-idx3-ubyte", "\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0\x01\x05"sv);
  folder.write("train-labels-idx1-ubyte", "\0\0\x08\x01\0\0\0\x01\x03"sv);
  setenv("SGDBENCH_DATA", folder.path().c_str(), 1);
  const Dataset data = load("fashion-mnist");
  unsetenv("SGDBENCH_DATA");
  CHECK(data.name == "fashion-mnist");
  CHECK(data.targets == std::vector<float>{3});
  CHECK_THROWS_AS(load("fashion-mnist:lines=3"), UsageError);
}

TEST_CASE(
    "Of fashion-mnist the first images of either part can be asked for, and no more than are "
    "there") {
  const Folder folder;
  using namespace std::string_view_literals;
  for (const std::string part : {"train", "t10k"}) {
    folder.write(part + "-images-idx3-ubyte",
                 "\0\0\x08\x03\0\0\0\x03\0\0\0\x01\0\0\0\x01\x05\x06\x07"sv);
    folder.write(part + "-labels-idx1-ubyte", "\0\0\x08\x01\0\0\0\x03\x03\x04\x05"sv);
  }
  setenv("SGDBENCH_DATA", folder.path().c_str(), 1);
  const auto loaded = [](const std::string& source, double holdout = 0) {
    DataRequest request;
    request.source = source, request.holdout = holdout, request.permute = false;
    return load_data(request, serial_for);
  };
  const auto some = loaded("fashion-mnist:rows=2,test=1");
  const auto all = loaded("fashion-mnist");
  const auto most = message_of<UsageError>([&] { loaded("fashion-mnist:test=4"); });
  CHECK_THROWS_AS(loaded("fashion-mnist:test=2", 0.5), UsageError);
  unsetenv("SGDBENCH_DATA");
  CHECK(some.train.targets == std::vector<float>{3, 4});
  CHECK(some.test->targets == std::vector<float>{3});
  CHECK(all.train.targets == std::vector<float>{3, 4, 5});
  CHECK(all.test->targets == std::vector<float>{3, 4, 5});
  CHECK(most.starts_with("4 images are asked for"));
}

TEST_CASE("The format follows from the content, and from the name only where that says nothing") {
  CHECK(detect_format("a.csv", "1 1:2\n") == FileFormat::libsvm);
  CHECK(detect_format("a", "# x,y\n\n1 qid:3 1:2\n") == FileFormat::libsvm);
  CHECK(detect_format("a.svm", "1,2\n") == FileFormat::table);
  CHECK(detect_format("a", "1\t2,5\n") == FileFormat::table);
  CHECK(detect_format("a.tsv.gz", "1\t2,5\n") == FileFormat::table);
  CHECK(detect_format("a", "1\t2\n") == FileFormat::table);
  CHECK(detect_format("a", "1\t3:2\n") == FileFormat::libsvm);
  CHECK(detect_format("a", "1\n") == FileFormat::libsvm);
  CHECK(detect_format("a.csv.xz", "1\n") == FileFormat::table);
  CHECK(detect_format("a", std::string_view("\0\0\x08\x03", 4)) == FileFormat::idx);
}

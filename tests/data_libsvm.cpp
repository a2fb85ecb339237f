#include "data_helpers.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

Dataset parse(std::string_view text, const DataRequest& request = {}) {
  const Folder folder;
  return load(folder.write("data.svm", text), request);
}

const std::string kWide = " 9:1\n";  // keeps small examples below the density of dense storage

}  // namespace

TEST_CASE("Every convention for two classes is read as it stands") {
  for (const auto& [text, classes] :
       std::vector<std::pair<std::string, std::vector<float>>>{{"-1 1:2\n+1 9:1\n", {-1, 1}},
                                                               {"0 1:2\n1 9:1\n", {0, 1}},
                                                               {"1 1:2\n2 9:1\n", {1, 2}},
                                                               {"1.0 1:2\n2e0 9:1\n", {1, 2}}}) {
    const Dataset data = parse(text);
    CHECK(data.classes == classes);
    CHECK(data.targets == classes);
  }
}

TEST_CASE("Several integer labels are classes in ascending order, real numbers are regression") {
  CHECK(parse("3 1:1\n-2 9:1\n7 2:1\n3 1:1\n").classes == std::vector<float>{-2, 3, 7});
  const Dataset regression = parse("0.5 1:1\n-2 9:1\n");
  CHECK(regression.classes.empty());
  CHECK(regression.targets == std::vector<float>{0.5f, -2});
}

TEST_CASE("More than 1,000 different integers are regression targets, not classes") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i) + " 1:1\n";
  CHECK(parse(text).classes.size() == 1000);
  CHECK(parse(text + "1000 1:1\n").classes.empty());
}

TEST_CASE("Line ends, blank lines, comments, tabs and a missing last line end say nothing") {
  const Dataset plain = parse("1 1:0.5 3:2\n-1 9:1\n");
  for (const char* text :
       {"1 1:0.5 3:2\r\n-1 9:1\r\n", "1 1:0.5 3:2\n-1 9:1", "\n1 1:0.5 3:2\n\n  \n-1 9:1\n\n",
        "# a: b\n1 1:0.5 3:2 # c:d 4:5\n-1 9:1#x\n", "1\t1:0.5\t3:2\n-1  9:1 \n",
        "  1 1:0.5 3:2\n-1 9:1 # no line end"}) {
    const Dataset data = parse(text);
    CHECK(data.checksum == plain.checksum);
    CHECK(data.rows() == 2);
  }
}

TEST_CASE("Indices in any order give the same row") {
  const Dataset sorted = parse("1 1:1 2:2 7:3\n2" + kWide);
  const Dataset mixed = parse("1 7:3 1:1 2:2\n2" + kWide);
  CHECK(mixed.checksum == sorted.checksum);
  REQUIRE(mixed.sparse());
  CHECK(sparse(mixed).row(0)[2].column == 6);
}

TEST_CASE("Explicit zeros are dropped, and rows without features are rows") {
  const Dataset data = parse("1 1:0 2:5 8:-0\n2\n3" + kWide);
  REQUIRE(data.sparse());
  CHECK(data.rows() == 3);
  CHECK(sparse(data).entries.size() == 2);
  CHECK(sparse(data).row(1).empty());
  CHECK(value_at(data, 0, 1) == 5);
}

TEST_CASE("Columns are counted up to the last non-zero one") {
  CHECK(parse("1 1:1 20:0\n2 12:4\n").columns() == 12);
}

TEST_CASE("With --index-base 0 the first column is 0, otherwise 1") {
  DataRequest request;
  request.index_base = 0;
  CHECK(parse("1 0:1 3:1\n2 12:4\n", request).checksum == parse("1 1:1 4:1\n2 13:4\n").checksum);
  request.index_base = 2;
  CHECK_THROWS_AS(parse("1 1:1\n", request), UsageError);
}

TEST_CASE("The largest index is 2^31") {
  CHECK(parse("1 2147483648:1\n2 1:1\n").columns() == 2147483648u);
}

TEST_CASE("More than half non-zero is stored dense, half is stored sparse") {
  CHECK(parse("1 1:1 2:1\n2 1:1\n").sparse() == false);
  CHECK(parse("1 1:1\n2 2:1\n").sparse());
  const Dataset data = parse("1 1:1 2:3\n2 2:5\n");
  CHECK(dense(data).row(0)[1] == 3);
  CHECK(dense(data).row(1)[0] == 0);
}

TEST_CASE("A file of many chunks is read the same on any number of threads") {
  const Folder folder;
  std::string text;
  std::string clean;
  for (int i = 0; text.size() < 7'000'000; ++i) {
    const std::string row = std::to_string(i % 2) + " " + std::to_string(1 + i % 50) + ":" +
                            std::to_string(i % 1000) + ".125 " + std::to_string(100 + i % 99) +
                            ":1e-3\n";
    text += row;
    clean += row;
    if (i % 1000 == 0) text += "# gap: 1:1\n\n";
  }
  const std::string path = folder.write("big.svm", text);
  const Dataset serial = load(path);
  const Dataset without_gaps = load(folder.write("clean.svm", clean));
  CHECK(without_gaps.checksum == serial.checksum);
  CHECK(sparse(without_gaps).offsets == sparse(serial).offsets);
  for (const ParallelFor& parallel : {ParallelFor(backwards_for), ParallelFor(threaded_for)}) {
    const Dataset other = load_source(path, {}, parallel);
    CHECK(other.checksum == serial.checksum);
    CHECK(other.targets == serial.targets);
    CHECK(sparse(other).offsets == sparse(serial).offsets);
  }
  CHECK(sparse(serial).entries.size() == 2 * serial.rows());
}

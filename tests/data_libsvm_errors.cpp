#include "data_helpers.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {
std::string refused(std::string_view content) {
  return refusal("a.svm", content);
}
}  // namespace

TEST_CASE("A repeated index is refused with its line and column, sorted or not") {
  CHECK(refused("1 1:1 2:1\n2 3:1 3:2\n") == "a.svm:2:7: index '3' appears twice in its row");
  CHECK(refused("1 5:1 1:1 5:2 9:1 1:7\n") == "a.svm:1:11: index '5' appears twice in its row");
  CHECK(refused("1 5:0 5:2\n") == "a.svm:1:7: index '5' appears twice in its row");
}

TEST_CASE("Index 0 is refused with the option that allows it") {
  CHECK(refused("1 1:1\n-1 0:1 4:1\n") ==
        "a.svm:2:4: index 0, but indices count from 1; for a file that counts from 0 use "
        "`index base` 0");
}

TEST_CASE("Indices above 2^31 are refused, however long they are") {
  CHECK(refused("1 2147483649:1\n") ==
        "a.svm:1:3: index '2147483649' is too large; at most 2147483648");
  CHECK(refused("1 99999999999999999999999999:1\n") ==
        "a.svm:1:3: index '999999999999999999999999…' is too large; at most 2147483648");
}

TEST_CASE("Infinite, undefined and too large values are refused") {
  CHECK(refused("1 1:nan\n") == "a.svm:1:5: value 'nan' is not a finite number");
  CHECK(refused("1 1:-Inf 2:1\n") == "a.svm:1:5: value '-Inf' is not a finite number");
  CHECK(refused("1 1:1 2:1e39\n") ==
        "a.svm:1:9: value '1e39' is beyond the range of single precision");
  CHECK(refused("NaN 1:1\n") == "a.svm:1:1: label 'NaN' is not a finite number");
}

TEST_CASE("What is no number is refused where it starts") {
  CHECK(refused("1 1:abc\n") == "a.svm:1:5: value 'abc' is not a number");
  CHECK(refused("1 1:1.2.3\n") ==
        "a.svm:1:5: value '1.2.3' is not a number: it goes on after its digits");
  CHECK(refused("1 1:0.5x 2:1\n") ==
        "a.svm:1:5: value '0.5x' is not a number: it goes on after its digits");
  CHECK(refused("1 1:\n") == "a.svm:1:5: a value is missing after the colon");
  CHECK(refused("1 1: 2\n") == "a.svm:1:5: a value is missing after the colon");
  CHECK(refused("1 1:-\n") == "a.svm:1:5: value '-' is not a number");
  CHECK(refused("1 1:0x10\n") ==
        "a.svm:1:5: value '0x10' is not a number: it goes on after its digits");
  CHECK(refused("cat 1:1\n") == "a.svm:1:1: label 'cat' is not a number");
}

TEST_CASE("A missing colon, a negative index and qid are refused") {
  CHECK(refused("1 1:1 7 8:1\n") == "a.svm:1:7: '7' is not index:value: the colon is missing");
  CHECK(refused("1 1:1 -3:1\n") == "a.svm:1:7: '-3:1' is not index:value");
  CHECK(refused("1 1:1 :1\n") == "a.svm:1:7: ':1' is not index:value");
  CHECK(refused("1 qid:4 1:1\n") ==
        "a.svm:1:3: 'qid:' marks ranking data, which no workload trains on; remove it");
}

TEST_CASE("A row without a label is refused") {
  CHECK(refused("1 1:1\n1:1 2:1\n") ==
        "a.svm:2:1: the row starts with '1:1'; its label is missing");
}

TEST_CASE("Files without rows are refused") {
  CHECK(refused("") == "a.svm:1:1: the file is empty");
  CHECK(refused("\n# only a comment\n  \n") == "a.svm:1:1: the file has no rows");
}

TEST_CASE("Binary junk is refused at its place and shown safely") {
  using namespace std::string_view_literals;
  CHECK(refused("1 1:1\n\0\x01\xff\n"sv) == "a.svm:2:1: label '\\x00\\x01\\xff' is not a number");
  CHECK(refused("1 1:1\0\n"sv) ==
        "a.svm:1:5: value '1\\x00' is not a number: it goes on after its digits");
  CHECK(refused("1 1:1 2:1 3:1 4:0.25\x80 5:1\n"sv) ==
        "a.svm:1:17: value '0.25\\x80' is not a number: it goes on after its digits");
  CHECK(refused("1 1:1 \x1b[31m\n"sv) == "a.svm:1:7: '\\x1b[31m' is not index:value");
}

TEST_CASE("The error that comes first in the file is reported, whatever ran first") {
  const Folder folder;
  std::string text;
  while (text.size() < 9'000'000) text += "1 1:0.25 7:1\n";
  const std::size_t lines = text.size() / 13;
  text += "1 2:x\n";
  while (text.size() < 14'000'000) text += "1 1:0.25 7:1\n";
  text += "1 3:y\n";
  const std::string path = folder.write("a.svm", text);
  for (const ParallelFor& parallel : {ParallelFor(serial_for), ParallelFor(backwards_for)}) {
    const std::string message = message_of<BadData>([&] { load_source(path, {}, parallel); });
    CHECK(message == path + ":" + std::to_string(lines + 1) + ":5: value 'x' is not a number");
  }
}

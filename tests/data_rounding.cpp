// What single precision makes of values that differ in the file.
#include <cmath>

#include "data_helpers.h"
#include "workloads/data/column_values.h"
#include "workloads/random.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

/// "y,day" with one of two days in each row.
std::string days(int rows) {
  std::string text = "y,day\n";
  for (int i = 0; i < rows; ++i)
    text += std::to_string(i % 2) + ",2018012" + std::to_string(8 + i % 2) + "\n";
  return text;
}

std::vector<std::string> notes_of(std::string_view text, bool standardize = false,
                                  const std::string& name = "t.csv") {
  const Folder folder;
  DataRequest request;
  request.source = folder.write(name, text);
  request.standardize = standardize;
  auto notes = load_data(request, serial_for).train.notes;
  for (auto& note : notes) note.erase(0, folder.path().size() + 1);
  return notes;
}

std::vector<double> column(const DenseMatrix& matrix, std::size_t j) {
  std::vector<double> values;
  for (std::size_t i = 0; i < matrix.rows(); ++i) values.push_back(double{matrix.row(i)[j]});
  return values;
}

}  // namespace

TEST_CASE("Values are standardised before they are rounded, on all threads to the same bits") {
  const Folder folder;
  DataRequest request;
  request.standardize = true;
  request.permute = false;
  request.source = folder.write("t.csv", days(200'000));
  const TrainTest data = load_data(request, serial_for);
  for (std::size_t i = 0; i < 4; ++i) CHECK(value_at(data.train, i, 0) == (i % 2 == 0 ? -1 : 1));
  CHECK(data.train.notes.empty());
  CHECK(load_data(request, threaded_for).train.checksum == data.train.checksum);
  CHECK(load_data(request, backwards_for).train.checksum == data.train.checksum);
}

TEST_CASE("The test data are scaled as the training data are, before they are rounded") {
  const Folder folder;
  DataRequest request;
  request.standardize = true;
  request.permute = false;
  request.source = folder.write("train.csv", days(10));
  request.test_source = folder.write("test.csv", "day,y\n20180131,0\n20180129,1\n");
  CHECK(column(dense(*load_data(request, serial_for).test), 0) == std::vector<double>{5, 1});
}

TEST_CASE("Columns whose values single precision makes one are named, and no others") {
  const auto notes = notes_of(days(10));
  REQUIRE(notes.size() == 1);
  CHECK(notes[0] ==
        "t.csv: column 'day': 20180128 and 20180129, and others like them, are one value in single "
        "precision; `standardize` keeps them apart where that can be");
  CHECK(notes_of("y,a\n1,20180128\n0,20180130\n").empty());
  CHECK(notes_of("y,a\n1,0.1\n0,0.2\n1,0.100001\n").empty());
  CHECK(notes_of("0,1e-50,1\n1,0,1\n0,1e-50,1\n").size() == 1);
  CHECK(notes_of("0,0.50000001\n1,0.5\n").size() == 1);
  CHECK(notes_of("y,a\n1,1e30\n0,1\n1,2\n", true).size() == 1);
  const auto targets = notes_of("y,a\n0.123456789,1\n0.123456788,2\n");
  REQUIRE(targets.size() == 1);
  CHECK(targets[0] ==
        "t.csv: column 'y': 0.123456788 and 0.123456789, and others like them, are "
        "one value in single precision; subtract a constant from the labels");
}

TEST_CASE("Numbers with many digits that merge by chance are not worth a note") {
  Random random(4);
  std::string text;
  for (int i = 0; i < 300'000; ++i)
    text += std::to_string(i % 2) + ",8." + std::to_string(random.bits()) + "\n";
  CHECK(notes_of(text).empty());
}

TEST_CASE("Large values of LIBSVM text that become one are said with their feature") {
  const auto notes = notes_of("1 3:20180128 9:1\n0 3:20180129 # 4:1\n", false, "t.svm");
  REQUIRE(notes.size() == 1);
  CHECK(notes[0] ==
        "t.svm: feature 3: 20180128 and 20180129, and others like them, are one value in single "
        "precision; subtract a constant from the feature");
  CHECK(notes_of("1 3:20180128\n0 3:20180130 4:20180129\n", false, "t.svm").empty());
}

TEST_CASE("Classes that single precision makes one are refused where the second appears") {
  const std::string why =
      "labels 20180128 and 20180129 are one class in single precision; number "
      "the classes from 0, or subtract a constant";
  CHECK(refusal("t.csv", "y,a\n20180128,0\n20180128,3\n20180129,1\n") == "t.csv:4:1: " + why);
  CHECK(refusal("t.csv", "a,y\n1,20180129\n2,20180128\n") == "t.csv:3:3: " + why);
  CHECK(refusal("t.svm", "20180128 1:1\n20180129 1:2\n") == "t.svm:2:1: " + why);
  CHECK(refusal("t.svm", "1 1:1\n1.00000001 1:2\n").starts_with("t.svm:2:1: labels 1 and "));
}

TEST_CASE("A class of the test data is not taken for the training class that it rounds to") {
  const Folder folder;
  DataRequest request;
  request.source = folder.write("train.csv", "y,a\n20180128,1\n20180132,2\n");
  request.test_source = folder.write("test.csv", "y,a\n20180129,1\n");
  CHECK(message_of<BadData>([&] { load_data(request, serial_for); })
            .ends_with("test.csv: labels 20180128 and 20180129 of the training and the test data "
                       "are one class in single precision; number the classes from 0, or subtract "
                       "a constant"));
  request.test_source = folder.write("same.csv", "y,a\n20180128,1\n");
  CHECK(load_data(request, serial_for).test->rows() == 1);
}

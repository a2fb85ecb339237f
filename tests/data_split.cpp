#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "data_helpers.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

/// Row i has the target i and, in column i, the value i + 1.
std::string numbered_rows(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += std::to_string(i) + ".5 " + std::to_string(i + 1) + ":" + std::to_string(i + 1) + "\n";
  return text;
}

void check_rows_match_targets(const Dataset& data) {
  for (std::size_t i = 0; i < data.rows(); ++i) {
    const auto row = sparse(data).row(i);
    REQUIRE(row.size() == 1);
    CHECK(row[0].value == data.targets[i] + 0.5f);
    CHECK(row[0].column == static_cast<std::uint32_t>(data.targets[i]));
  }
}

DataRequest request_for(const std::string& source) {
  DataRequest request;
  request.source = source;
  request.popular_features_first = false;
  return request;
}

}  // namespace

TEST_CASE("The permutation moves rows and targets together and is a function of the seed") {
  const Folder folder;
  DataRequest request = request_for(folder.write("a.svm", numbered_rows(5000)));
  const Dataset first = load_data(request, serial_for).train;
  check_rows_match_targets(first);
  CHECK(!std::is_sorted(first.targets.begin(), first.targets.end()));
  CHECK(std::set<float>(first.targets.begin(), first.targets.end()).size() == 5000);
  CHECK(load_data(request, threaded_for).train.targets == first.targets);
  request.seed = 2;
  CHECK(load_data(request, serial_for).train.targets != first.targets);
  request.permute = false;
  const Dataset unmoved = load_data(request, serial_for).train;
  CHECK(std::is_sorted(unmoved.targets.begin(), unmoved.targets.end()));
  CHECK(unmoved.checksum == first.checksum);
}

TEST_CASE("A hold-out is a seeded share of the rows, and no row is in both parts") {
  const Folder folder;
  DataRequest request = request_for(folder.write("a.svm", numbered_rows(1000)));
  request.holdout = 0.1;
  const TrainTest data = load_data(request, serial_for);
  CHECK(data.train.rows() == 900);
  CHECK(data.test->rows() == 100);
  check_rows_match_targets(data.train);
  check_rows_match_targets(*data.test);
  std::set<float> all(data.train.targets.begin(), data.train.targets.end());
  all.insert(data.test->targets.begin(), data.test->targets.end());
  CHECK(all.size() == 1000);
  CHECK(data.train.checksum != data.test->checksum);
  CHECK(load_data(request, threaded_for).test->targets == data.test->targets);
  request.seed = 9;
  CHECK(load_data(request, serial_for).test->targets != data.test->targets);
}

TEST_CASE("A hold-out that leaves a part empty is a usage error") {
  const Folder folder;
  DataRequest request = request_for(folder.write("a.svm", numbered_rows(4)));
  for (const double fraction : {0.01, 0.99, 1.0, -0.1, std::nan("")}) {
    request.holdout = fraction;
    CHECK_THROWS_AS(load_data(request, serial_for), UsageError);
  }
  request.holdout = 0.5;
  request.test_source = request.source;
  CHECK_THROWS_AS(load_data(request, serial_for), UsageError);
}

TEST_CASE("Standardised training columns have mean 0 and deviation 1, constant ones are 0") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 50; ++i)
    text += std::to_string(i % 2) + "," + std::to_string(i) + ",7," + std::to_string(i * i) + "\n";
  DataRequest request = request_for(folder.write("a.csv", text));
  request.holdout = 0.2;
  request.standardize = true;
  const TrainTest data = load_data(request, serial_for);
  for (std::size_t j = 0; j < 3; ++j) {
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < 40; ++i) {
      sum += double{dense(data.train).row(i)[j]};
      square += double{dense(data.train).row(i)[j]} * double{dense(data.train).row(i)[j]};
    }
    CHECK(std::abs(sum / 40) < 1e-6);
    CHECK(square / 40 == doctest::Approx(j == 1 ? 0 : 1));
  }
  // The test part is scaled by the training part's numbers: (x − mean)/deviation is one line.
  const auto train = dense(data.train).row(0);
  const auto test = dense(*data.test).row(0);
  CHECK(std::isfinite(test[0]));
  CHECK(test[1] == 0);
  CHECK(train.size() == test.size());
}

TEST_CASE("Sparse data can't be standardised") {
  DataRequest request = request_for("rcv1-like:rows=10");
  request.standardize = true;
  CHECK(message_of<UsageError>([&] {
          load_data(request, serial_for);
        }).starts_with("`standardize` is for dense data; rcv1-like:rows=10 is sparse"));
}

TEST_CASE("Both parts get the wider one's columns and the training part's storage") {
  const Folder folder;
  DataRequest request = request_for(folder.write("a.svm", "1 1:1\n2 4:1\n"));
  request.test_source = folder.write("b.svm", "1 1:1 2:1 3:1 4:1 5:1 6:1\n");
  const TrainTest sparse_train = load_data(request, serial_for);
  CHECK(sparse_train.train.columns() == 6);
  CHECK(sparse_train.test->columns() == 6);
  CHECK(sparse_train.test->sparse());
  CHECK(sparse_train.test->classes == std::vector<float>{1, 2});

  request.source = folder.write("c.svm", "1 1:1 2:2\n2 1:3 2:4\n");
  request.test_source = folder.write("d.svm", "2 9:5\n");
  request.permute = false;
  const TrainTest dense_train = load_data(request, serial_for);
  CHECK(dense_train.train.columns() == 9);
  CHECK(dense(dense_train.train).row(1)[1] == 4);
  CHECK(dense(dense_train.train).row(1)[8] == 0);
  CHECK(dense(*dense_train.test).row(0)[8] == 5);
}

TEST_CASE("A test label that training never showed is for the workload to judge") {
  const Folder folder;
  DataRequest request = request_for(folder.write("a.svm", "1 1:1\n2 4:1\n"));
  request.test_source = folder.write("b.svm", "1 1:1\n3 1:1\n");
  const TrainTest data = load_data(request, serial_for);
  CHECK(data.test->targets == std::vector<float>{1, 3});
  CHECK(data.test->classes == data.train.classes);
}

TEST_CASE("Training data without any feature are bad data") {
  const Folder folder;
  const DataRequest request = request_for(folder.write("a.svm", "1\n2\n"));
  CHECK_THROWS_AS(load_data(request, serial_for), BadData);
}

TEST_CASE("fashion-mnist with counts is no test data: its images are those to train on") {
  DataRequest request;
  request.source = "rcv1-like:rows=10";
  request.test_source = "fashion-mnist:test=5";
  CHECK_THROWS_AS(load_data(request, serial_for), UsageError);
}

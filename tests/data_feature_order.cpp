#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "data_helpers.h"
#include "workloads/data/storage.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

using Numbers = std::vector<std::uint32_t>;

SparseMatrix matrix_of(std::size_t columns, const std::vector<Numbers>& rows) {
  SparseMatrix matrix;
  matrix.columns = columns;
  for (const Numbers& row : rows) {
    for (const auto j : row) matrix.entries.push_back({j, static_cast<float>(j)});
    matrix.offsets.push_back(matrix.entries.size());
  }
  return matrix;
}

DataRequest request_for(const std::string& source, bool popular_first) {
  DataRequest request;
  request.source = source;
  request.popular_features_first = popular_first;
  return request;
}

/// In how many rows each feature is.
std::vector<std::size_t> popularity(const SparseMatrix& matrix) {
  std::vector<std::size_t> rows(matrix.columns);
  for (const Entry& entry : matrix.entries) ++rows[entry.column];
  return rows;
}

/// The number that each feature of `from` has in `to`, which must hold the same values in the same
/// places.
std::map<std::uint32_t, std::uint32_t> renumbering(const Dataset& from, const Dataset& to) {
  constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
  REQUIRE(sparse(from).offsets == sparse(to).offsets);
  const auto &olds = sparse(from).entries, &news = sparse(to).entries;
  Numbers number(from.columns(), kNone);
  std::size_t wrong = 0;
  for (std::size_t k = 0; k < olds.size(); ++k) {
    auto& expected = number[olds[k].column];
    if (expected == kNone) expected = news[k].column;
    wrong += olds[k].value != news[k].value || expected != news[k].column;
  }
  REQUIRE(wrong == 0);
  std::map<std::uint32_t, std::uint32_t> numbers;
  for (std::uint32_t j = 0; j < number.size(); ++j)
    if (number[j] != kNone) numbers[j] = number[j];
  return numbers;
}

constexpr char kSource[] = "rcv1-like:rows=9000,features=700";

}  // namespace

TEST_CASE("The feature in most rows gets number 0, ties keep their order, unused ones come last") {
  // Rows with feature 0 … 6: 1, 0, 3, 1, 3, 0, 2.
  const auto matrix = matrix_of(7, {{2, 4, 6}, {2, 3, 4}, {0, 2, 4, 6}});
  const Numbers expected{3, 5, 0, 4, 1, 6, 2};
  CHECK(popularity_numbers(matrix, serial_for) == expected);
  CHECK(popularity_numbers(matrix_of(3, {{}, {}}), serial_for) == Numbers{0, 1, 2});
  CHECK(popularity_numbers(matrix_of(0, {}), serial_for).empty());
}

TEST_CASE("Loaded sparse data have their features in descending popularity") {
  const Dataset data = load_data(request_for(kSource, true), serial_for).train;
  const auto rows = popularity(sparse(data));
  CHECK(std::is_sorted(rows.rbegin(), rows.rend()));
  const Dataset as_made = load_data(request_for(kSource, false), serial_for).train;
  const auto unsorted = popularity(sparse(as_made));
  CHECK(!std::is_sorted(unsorted.rbegin(), unsorted.rend()));
}

TEST_CASE("Renumbering moves no entry and no row, and no checksum knows of it") {
  const Dataset before = load_data(request_for(kSource, false), serial_for).train;
  const Dataset after = load_data(request_for(kSource, true), serial_for).train;
  std::set<std::uint32_t> numbers;
  for (const auto& [from, to] : renumbering(before, after)) CHECK(numbers.insert(to).second);
  CHECK(before.targets == after.targets);
  CHECK(before.checksum == after.checksum);
  CHECK(before.columns() == after.columns());
}

TEST_CASE("The test part has the training part's numbers, also of features that only it has") {
  const Folder folder;
  auto request = request_for(folder.write("a.svm", "1 3:1 5:2\n2 3:3\n2 3:4\n2\n"), false);
  request.test_source = folder.write("b.svm", "1 1:5 3:6 5:7\n2 7:8\n2\n2\n2\n2\n");
  const TrainTest before = load_data(request, serial_for);
  request.popular_features_first = true;
  const TrainTest after = load_data(request, serial_for);
  auto numbers = renumbering(*before.test, *after.test);
  CHECK(numbers == std::map<std::uint32_t, std::uint32_t>{{0, 2}, {2, 0}, {4, 1}, {6, 6}});
  for (const auto& [from, to] : renumbering(before.train, after.train)) CHECK(numbers[from] == to);
}

TEST_CASE("The numbers are the same on any number of threads") {
  auto request = request_for(kSource, true);
  request.holdout = 0.2;
  const TrainTest one = load_data(request, serial_for);
  for (const ParallelFor& parallel : {ParallelFor(threaded_for), ParallelFor(backwards_for)}) {
    const TrainTest other = load_data(request, parallel);
    for (const auto& [from, to] : renumbering(one.train, other.train)) CHECK(from == to);
    for (const auto& [from, to] : renumbering(*one.test, *other.test)) CHECK(from == to);
  }
}

TEST_CASE("Dense data and single sources keep their features where they are") {
  const Folder folder;
  const auto path = folder.write("a.svm", "1 2:1 3:1\n2 1:1 2:1 3:1\n");
  const Dataset data = load_data(request_for(path, true), serial_for).train;
  const Dataset as_in_file = load_data(request_for(path, false), serial_for).train;
  CHECK(dense(data).values == dense(as_in_file).values);
  const auto sparse_path = folder.write("b.svm", "1 9:1\n2 9:1\n");
  CHECK(sparse(load(sparse_path, request_for(sparse_path, true))).entries[0].column == 8);
}

TEST_CASE("Of scattered features memory holds those that a training row has, and counts them all") {
  const Folder folder;
  auto request = request_for(folder.write("a.svm", "1 7:2 2147483648:3\n-1 5:4\n-1 7:5\n"), false);
  request.test_source = folder.write("b.svm", "1 5:6 6:7 2000000000:8 2147483648:9\n-1 1:1\n");
  request.permute = false;
  const TrainTest data = load_data(request, serial_for);
  CHECK(data.train.columns() == 3);
  CHECK(data.train.feature_count() == 2147483648u);
  CHECK(data.test->columns() == 3);
  // 5, 7 and 2147483648 are now 0, 1 and 2; the test rows lose 6, 2000000000 and 1.
  const auto row = [](const Dataset& from, std::size_t i) {
    std::map<std::uint32_t, float> values;
    for (const Entry& entry : sparse(from).row(i)) values[entry.column] = entry.value;
    return values;
  };
  using Row = std::map<std::uint32_t, float>;
  CHECK(row(data.train, 0) == Row{{1, 2}, {2, 3}});
  CHECK(row(data.train, 1) == Row{{0, 4}});
  CHECK(row(data.train, 2) == Row{{1, 5}});
  CHECK(row(*data.test, 0) == Row{{0, 6}, {2, 9}});
  CHECK(row(*data.test, 1).empty());
  CHECK(data.train.checksum == load(request.source, request_for(request.source, false)).checksum);

  request.popular_features_first = true;
  CHECK(row(load_data(request, serial_for).train, 0) == Row{{0, 2}, {2, 3}});
}

TEST_CASE("Features that only a far test row has scatter no training data, sparse or dense") {
  const Folder folder;
  for (const char* train : {"1 2:1\n-1 9:1\n", "1 1:1 2:1\n-1 1:1 2:2\n"}) {
    auto request = request_for(folder.write("a.svm", train), true);
    const std::size_t columns = load_data(request, serial_for).train.columns();
    request.test_source = folder.write("b.svm", "1 2:5 2000000000:8\n");
    const TrainTest data = load_data(request, serial_for);
    CHECK(data.train.columns() == columns);
    CHECK(data.test->columns() == columns);
    if (data.test->sparse())
      CHECK(sparse(*data.test).entries.size() == 1);
    else
      CHECK(dense(*data.test).row(0)[1] == 5);
  }
}

TEST_CASE("As many columns as a million, or as there are entries, are held as they are") {
  CHECK(!is_scattered(1 << 20, 0));
  CHECK(is_scattered((1 << 20) + 1, 0));
  CHECK(!is_scattered(3'000'000, 3'000'000));
  CHECK(is_scattered(3'000'001, 3'000'000));
  const Folder folder;
  const auto path = folder.write("a.svm", "1 1048576:1\n-1 5:1\n");
  CHECK(load_data(request_for(path, true), serial_for).train.columns() == 1048576);
}

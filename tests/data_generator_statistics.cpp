// The documented statistics of the generators, on samples big enough that the tolerances stated
// here are at least five standard errors.
#include <algorithm>
#include <cmath>

#include "data_helpers.h"
#include "workloads/data/generators/generators.h"
#include "workloads/data/statistics.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

double share(const Dataset& data, float label) {
  double count = 0;
  for (const float target : data.targets) count += target == label ? 1 : 0;
  return count / static_cast<double>(data.rows());
}

/// Mean over rows of the best classifier's probability of error.
double bayes_error(const TextFamily& family, std::size_t features, std::size_t rows) {
  const TextModel model(family, features, 1);
  double sum = 0;
  std::vector<Entry> row;
  for (std::size_t i = 0; i < rows; ++i, row.clear()) {
    model.make_row(i, row);
    sum += 1 / (1 + std::exp(std::abs(model.margin(row))));
  }
  return sum / static_cast<double>(rows);
}

void check_unit_rows(const Dataset& data) {
  for (std::size_t i = 0; i < 20; ++i) {
    double square = 0;
    for (std::size_t j = 0; j < data.columns(); ++j)
      square += double{value_at(data, i, j)} * double{value_at(data, i, j)};
    CHECK(square == doctest::Approx(1).epsilon(1e-5));
  }
}

}  // namespace

TEST_SUITE_BEGIN("long");  // data_generators.cpp runs every generator, on less

TEST_CASE(
    "rcv1-like has rows of 74 ± 1.5, the top word in 69 ± 2 %, unit rows, two equal classes") {
  const Dataset data = load("rcv1-like:rows=20000");
  const DataStatistics statistics = data_statistics(data, 0);
  CHECK(data.columns() == 47236);
  CHECK(statistics.mean_row_length == doctest::Approx(74).epsilon(0.02));
  CHECK(std::abs(statistics.delta - 0.69) < 0.02);
  CHECK(std::abs(share(data, 1) - 0.5) < 0.03);
  check_unit_rows(load("rcv1-like:rows=20,features=1000"));
}

TEST_CASE("Row lengths of rcv1-like are log-normal: the log's deviation is 0.55 ± 0.02") {
  const Dataset data = load("rcv1-like:rows=10000");
  double sum = 0, square = 0;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    const double x = std::log(static_cast<double>(sparse(data).row(i).size()));
    sum += x;
    square += x * x;
  }
  const double mean = sum / 10000;
  CHECK(std::sqrt(square / 10000 - mean * mean) == doctest::Approx(0.55).epsilon(0.036));
}

TEST_CASE("Text-like data have a Bayes error of 5 ± 1 %, w8a-like one of 1 ± 0.5 %") {
  CHECK(std::abs(bayes_error(kRcv1Family, 47236, 10000) - 0.05) < 0.01);
  CHECK(std::abs(bayes_error(kRealSimFamily, 20958, 10000) - 0.05) < 0.01);
  CHECK(std::abs(bayes_error(kNews20Family, 1355191, 2000) - 0.05) < 0.01);
  CHECK(std::abs(bayes_error(kW8aFamily, 300, 20000) - 0.01) < 0.005);
}

TEST_CASE("real-sim-like has rows of 51.5 ± 2 and 31 ± 3 % positives") {
  const Dataset data = load("real-sim-like:rows=20000");
  CHECK(data_statistics(data, 0).mean_row_length == doctest::Approx(51.5).epsilon(0.04));
  CHECK(std::abs(share(data, 1) - 0.31) < 0.03);
}

TEST_CASE("w8a-like is binary with rows of 11.7 ± 0.3 and 3 ± 1 % positives") {
  const Dataset data = load("w8a-like:rows=20000");
  CHECK(data.columns() == 300);
  CHECK(data_statistics(data, 0).mean_row_length == doctest::Approx(11.7).epsilon(0.026));
  CHECK(std::abs(share(data, 1) - 0.03) < 0.01);
  for (const Entry& entry : sparse(data).entries) REQUIRE(entry.value == 1);
}

TEST_CASE("covtype-like has ten numbers in [0, 1] and two one-hot groups, half of it each class") {
  const Dataset data = load("covtype-like:rows=20000");
  REQUIRE(!data.sparse());
  CHECK(data.columns() == 54);
  CHECK(data.classes == std::vector<float>{1, 2});
  CHECK(std::abs(share(data, 2) - 0.5) < 0.05);
  for (std::size_t i = 0; i < 100; ++i) {
    const auto row = dense(data).row(i);
    for (const float value : row) CHECK((value >= 0 && value <= 1));
    CHECK(std::count(row.begin() + 10, row.begin() + 14, 1.0f) == 1);
    CHECK(std::count(row.begin() + 14, row.end(), 1.0f) == 1);
  }
}

TEST_CASE("epsilon-like has unit rows whose variance is spread over all columns") {
  const Dataset data = load("epsilon-like:rows=2000,features=300");
  check_unit_rows(data);
  for (std::size_t j = 0; j < 300; ++j) {
    double square = 0;
    for (std::size_t i = 0; i < 2000; ++i)
      square += double{dense(data).row(i)[j]} * double{dense(data).row(i)[j]};
    CHECK(square * 300 / 2000 > 0.2);
    CHECK(square * 300 / 2000 < 5);
  }
}

TEST_CASE("mnist-like has grey values in [0, 1], 19 ± 2 % of them not 0, and ten equal classes") {
  const Dataset data = load("mnist-like:rows=5000");
  CHECK(data.classes.size() == 10);
  CHECK(std::abs(data_statistics(data).density - 0.19) < 0.02);
  for (int label = 0; label < 10; ++label)
    CHECK(std::abs(share(data, static_cast<float>(label)) - 0.1) < 0.022);
  for (const float value : dense(data).values) REQUIRE((value >= 0 && value <= 1));
}

TEST_SUITE_END();

#include "data_helpers.h"
#include "workloads/data/statistics.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

/// ρ by its definition: every pair of rows.
double rho_of_all_pairs(const Dataset& data) {
  std::size_t best = 0;
  for (std::size_t a = 0; a < data.rows(); ++a) {
    std::size_t met = 0;
    for (std::size_t b = 0; b < data.rows(); ++b) {
      bool shared = false;
      for (const Entry& x : sparse(data).row(a))
        for (const Entry& y : sparse(data).row(b)) shared |= x.column == y.column;
      met += shared ? 1 : 0;
    }
    best = std::max(best, met);
  }
  return static_cast<double>(best) / static_cast<double>(data.rows());
}

}  // namespace

TEST_CASE("A small data set's statistics are those counted by hand") {
  const Folder folder;
  const Dataset data = load(folder.write("a.svm", "1 1:1 2:1\n-1 2:1 3:1 10:1\n1 4:1\n1 5:1\n"));
  const DataStatistics s = data_statistics(data);
  CHECK(s.rows == 4);
  CHECK(s.features == 10);
  CHECK(s.non_zeros == 7);
  CHECK(s.density == doctest::Approx(7.0 / 40));
  CHECK(s.mean_row_length == doctest::Approx(7.0 / 4));
  CHECK(s.omega == 3);
  CHECK(s.delta == doctest::Approx(0.5));
  CHECK(s.rho == doctest::Approx(0.5));
  CHECK(s.rho_exact);
  REQUIRE(s.classes.size() == 2);
  CHECK(s.classes[0].label == -1);
  CHECK(s.classes[0].rows == 1);
  CHECK(s.classes[1].rows == 3);
}

TEST_CASE("ρ is that of comparing all pairs of rows") {
  for (const std::string source :
       {"rcv1-like:rows=60,features=30000", "disjoint:rows=200,features=400,groups=16",
        "w8a-like:rows=80", "news20-like:rows=25,seed=4"}) {
    const Dataset data = load(source);
    const DataStatistics s = data_statistics(data);
    CHECK(s.rho_exact);
    CHECK(s.rho == doctest::Approx(rho_of_all_pairs(data)));
  }
}

TEST_CASE("Without the budget to be exact, ρ is a lower bound and says so") {
  const Dataset data = load("disjoint:rows=2000,features=4000,groups=16");
  const DataStatistics exact = data_statistics(data);
  const DataStatistics bound = data_statistics(data, 1);
  CHECK(!bound.rho_exact);
  CHECK(bound.rho > 0);
  CHECK(bound.rho <= exact.rho);
}

TEST_CASE("Dense data are counted by their non-zeros") {
  const Folder folder;
  const DataStatistics s = data_statistics(load(folder.write("a.csv", "1,2,3\n0,0,4\n")));
  CHECK(s.non_zeros == 3);
  CHECK(s.delta == 1);
  CHECK(s.rho == 1);
  CHECK(s.omega == 2);
}

TEST_CASE("Scattered features are all counted, and cost no memory") {
  const Folder folder;
  const auto statistics_of = [&](const std::string& far) {
    return data_statistics(
        load_source(folder.write("a.svm", "1 3:1 " + far + ":1\n2 3:1\n1 4:1\n"), {}, serial_for));
  };
  const auto far = statistics_of("2147483648"), near = statistics_of("60");
  CHECK(far.features == 2147483648u);
  CHECK(far.density == doctest::Approx(4.0 / 3 / 2147483648.0));
  CHECK(far.non_zeros == near.non_zeros);
  CHECK(far.omega == 2);
  CHECK(far.delta == near.delta);
  CHECK(far.rho == near.rho);
}

#include <doctest/doctest.h>

#include <atomic>

#include "tests/workloads_fixture.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/mlp.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

/// kRows rows of three classes; each has `entries` of so many features.
TrainTest partly_filled(std::size_t features, std::size_t entries, bool stored_sparse) {
  Random random(3);
  DenseMatrix dense(kRows, features);
  SparseMatrix sparse;
  sparse.columns = features;
  for (std::size_t i = 0; i < kRows; ++i) {
    for (const auto v : random_rows(entries, features, i))
      dense.row(i)[v] = static_cast<Real>(random.normal());
    for (std::uint32_t v = 0; v < features; ++v)
      if (dense.row(i)[v] != 0) sparse.entries.push_back({v, dense.row(i)[v]});
    sparse.offsets.push_back(sparse.entries.size());
  }
  TrainTest data{dataset(false, 3), {}};
  if (stored_sparse)
    data.train.features = std::move(sparse);
  else
    data.train.features = std::move(dense);
  return data;
}

}  // namespace

TEST_CASE("Skipping zeros gives the entries of each row, block by block, however it is stored") {
  constexpr std::size_t kColumns = 150;  // blocks of 64, 64 and 22
  Dataset dense;
  dense.features = DenseMatrix(2, kColumns);
  const auto row = std::get<DenseMatrix>(dense.features).row(1);
  for (const std::size_t v : {0u, 15u, 16u, 63u, 64u, 149u}) row[v] = static_cast<Real>(v + 1);
  row[70] = NAN;
  Dataset sparse;
  SparseMatrix stored;
  stored.columns = kColumns;
  stored.offsets.push_back(0);
  for (std::uint32_t v = 0; v < kColumns; ++v)
    if (row[v] != 0) stored.entries.push_back({v, row[v]});
  stored.offsets.push_back(stored.entries.size());
  sparse.features = stored;

  for (const Dataset* data : {&dense, &sparse}) {
    // The last column is left out, as one of the test data that training has not seen.
    InputGatherer gatherer(*data, kColumns - 1, 2, 0.2);
    const std::vector<std::uint32_t> rows{0, 1};
    const Input input = gatherer.begin(rows);
    gatherer.fill({0, 2});
    REQUIRE(input.sparse != nullptr);
    REQUIRE(input.sparse->blocks() == 3);
    std::vector<std::uint32_t> columns[3];
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(input.sparse->entries(0, k).empty());
      for (const Entry& e : input.sparse->entries(1, k)) {
        columns[k].push_back(e.column);
        CHECK((e.value == row[e.column] || std::isnan(row[e.column])));
      }
    }
    CHECK(columns[0] == std::vector<std::uint32_t>{0, 15, 16, 63});
    CHECK(columns[1] == std::vector<std::uint32_t>{64, 70});
    CHECK(columns[2].empty());
  }
}

TEST_CASE("Data with few and with many zeros give the reference gradient, stored either way") {
  for (const std::size_t entries : {3u, 40u}) {  // of 150 features: a fiftieth, and more than 1/4
    for (const bool stored_sparse : {false, true}) {
      CAPTURE(entries);
      CAPTURE(stored_sparse);
      const TrainTest data = partly_filled(150, entries, stored_sparse);
      for (const std::size_t width : {5u, 16u, 150u}) {
        const auto problem = make_problem({"mlp", 0.05, {width}, "relu"}, data);
        const auto worker = problem->make_worker({{}, kRows, nullptr});
        const auto w = random_point(problem->parameters(), 5);
        const auto rows = random_rows(13, kRows, 2);
        std::vector<double> expected(w.size());
        problem->reference_gradient(std::vector<double>(w.begin(), w.end()), rows, expected);
        for (double& g : expected) g *= 13;
        worker->prepare(rows);
        worker->read(w, Access::exclusive);
        worker->compute();
        CHECK(relative_error(worker->gradient_sum().values, expected) < 2e-5);
      }
    }
  }
}

TEST_CASE("A team of any size makes the updates of one thread, on our own kernels bit for bit") {
  for (const auto& entry : kernel_catalog()) {
    if (!entry.kernels) continue;
    CAPTURE(entry.name);
    for (const std::size_t entries : {20u, 150u}) {
      const TrainTest data = partly_filled(300, entries, false);
      // Smooth: a kink would make much of a score that is 0 but for rounding.
      const auto problem = make_problem({"mlp", 0.05, {130, 70}, "tanh"}, data);
      AlignedVector<Real> alone;
      for (const std::size_t threads : {1u, 2u, 3u, 7u}) {
        CAPTURE(threads);
        const Team team{threads, serial_for};
        const auto rule = problem->make_rule({});
        const auto worker = problem->make_worker({rule.get(), 32, entry.kernels, team});
        auto w = random_point(problem->parameters(), 5);
        std::atomic<std::uint64_t> applied{0};
        const StepSize step{0.05, Schedule::constant, 1, 0, StalenessPolicy::none};
        worker->run_in_place(w, {random_rows(kRows, kRows, 3), 32, 0, step.during(0),
                                 Access::exclusive, &applied, nullptr});
        if (threads == 1) alone = w;
        CHECK(relative_error(w, alone) < 2e-6);
        if (entry.kernels == &kNativeKernels) CHECK(w == alone);
      }
    }
  }
}

#include <doctest/doctest.h>

#include <atomic>

#include "tests/workloads_fixture.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/mlp_pass.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

struct Moments {
  double mean = 0, variance = 0;
};

Moments moments(std::span<const Real> x) {
  Moments m;
  for (const Real v : x) m.mean += static_cast<double>(v) / static_cast<double>(x.size());
  for (const Real v : x) m.variance += (v - m.mean) * (v - m.mean) / static_cast<double>(x.size());
  return m;
}

std::vector<Real> values_of(const SparseMatrix& matrix, std::size_t row) {
  std::vector<Real> values(matrix.columns);
  for (const Entry& e : matrix.row(row)) values[e.column] = e.value;
  return values;
}

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

TEST_CASE("Initial weights have He's variance for ReLU and Glorot's for tanh; biases are zero") {
  TrainTest data{dataset(false, 5), {}};
  for (const char* activation : {"relu", "tanh"}) {
    const auto problem = make_problem({"mlp", -1, {400, 300}, activation}, data);
    AlignedVector<Real> w(problem->parameters());
    problem->initialise(w, 1);
    const bool relu = activation == std::string("relu");
    const Network network({{400, 300}, relu ? Activation::relu : Activation::tanh, true}, kFeatures,
                          5);
    CHECK(network.parameters == w.size());
    for (const Layer& layer : network.layers) {
      const auto weights = std::span<const Real>(w).subspan(layer.weights, layer.in * layer.out);
      const double n = static_cast<double>(weights.size());
      const double expected = 2.0 / static_cast<double>(relu ? layer.in : layer.in + layer.out);
      const auto [mean, variance] = moments(weights);
      // Five standard errors of the mean and of the variance of n normal numbers.
      CHECK(std::abs(mean) < 5 * std::sqrt(expected / n));
      CHECK(std::abs(variance / expected - 1) < 5 * std::sqrt(2 / n));
      for (std::size_t j = 0; j < layer.out; ++j) CHECK(w[layer.biases + j] == 0);
    }
    AlignedVector<Real> again(w.size()), other(w.size());
    problem->initialise(again, 1);
    problem->initialise(other, 2);
    CHECK(again == w);
    CHECK(other != w);
  }
}

TEST_CASE("Models without hidden layers start from zero") {
  for (const char* workload : {"logreg", "softmax"}) {
    const Example e = example({workload, -1, {}, "relu"}, false);
    auto w = random_point(e.problem->parameters(), 1);
    e.problem->initialise(w, 1);
    CHECK(w == AlignedVector<Real>(w.size()));
  }
}

TEST_CASE("Dense rows that follow each other are used where they lie, all others are gathered") {
  const Dataset dense = dataset(false, 2), sparse = dataset(true, 2);
  const auto& matrix = std::get<DenseMatrix>(dense.features);
  InputGatherer gatherer(dense, kFeatures, 4, 1);
  const std::vector<std::uint32_t> run{5, 6, 7}, scattered{5, 7, 6};
  CHECK(gatherer.begin(run).x == matrix.row(5).data());
  const Input input = gatherer.begin(scattered);
  gatherer.fill({0, 3});
  for (std::size_t r = 0; r < 3; ++r)
    CHECK(std::equal(matrix.row(scattered[r]).begin(), matrix.row(scattered[r]).end(),
                     input.x + r * input.stride));

  InputGatherer expander(sparse, kFeatures, 4, 1);
  const Input expanded = expander.begin(run);
  expander.fill({0, 3});
  for (std::size_t r = 0; r < 3; ++r)
    CHECK(std::equal(expanded.x + r * expanded.stride, expanded.x + r * expanded.stride + kFeatures,
                     values_of(std::get<SparseMatrix>(sparse.features), run[r]).begin()));
}

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
        CHECK(relative_error(worker->direction().values, expected) < 2e-5);
      }
    }
  }
}

TEST_CASE("A team of any size makes the updates of one thread, bit for bit") {
  for (const auto& entry : kernel_catalog()) {
    if (!entry.kernels) continue;
    CAPTURE(entry.name);
    for (const std::size_t entries : {20u, 150u}) {
      const TrainTest data = partly_filled(300, entries, false);
      const auto problem = make_problem({"mlp", 0.05, {130, 70}, "relu"}, data);
      AlignedVector<Real> alone;
      for (const std::size_t threads : {1u, 2u, 3u, 7u}) {
        CAPTURE(threads);
        const Team team{threads, serial_for};
        const auto worker = problem->make_worker({{}, 32, entry.kernels, team});
        auto w = random_point(problem->parameters(), 5);
        std::atomic<std::uint64_t> applied{0};
        const StepSize step{0.05, Schedule::constant, 1, 0, StalenessPolicy::none};
        worker->run_in_place(w, {random_rows(kRows, kRows, 3), 32, 0, step.during(0),
                                 Access::exclusive, &applied, nullptr});
        if (threads == 1) alone = w;
        CHECK(w == alone);
      }
    }
  }
}

TEST_CASE("A batch of neighbours and the same rows scattered give the same direction") {
  const Example e = example({"mlp", 0.1, {9}, "relu"}, false);
  const auto worker = e.problem->make_worker({{}, 8, nullptr});
  const auto w = random_point(e.problem->parameters(), 5);
  const std::vector<std::uint32_t> in_order{10, 11, 12, 13}, scattered{12, 10, 13, 11};
  worker->prepare(in_order);
  worker->compute_from(w);
  const std::vector<Real> first(worker->direction().values.begin(),
                                worker->direction().values.end());
  worker->prepare(scattered);
  worker->compute_from(w);
  CHECK(relative_error(worker->direction().values, first) < 1e-5);
}

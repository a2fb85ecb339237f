#include <doctest/doctest.h>

#include <atomic>

#include "tests/workloads_fixture.h"
#include "workloads/mlp.h"

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

}  // namespace

TEST_CASE("Initial weights have He's variance for ReLU and Glorot's for tanh; biases are zero") {
  TrainTest data{dataset(false, 5), {}};
  for (const char* activation : {"relu", "tanh"}) {
    const auto problem = make_problem({"mlp", -1, {400, 300}, activation}, data);
    AlignedVector<Real> w(problem->parameters());
    problem->initialise(w, 1);
    const bool relu = activation == std::string("relu");
    const Network network(
        {{400, 300}, relu ? Activation::relu : Activation::tanh, Biases::regularised}, kFeatures,
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

TEST_CASE("A batch of neighbours and the same rows scattered give the same gradient sum") {
  const Example e = example({"mlp", 0.1, {9}, "relu"}, false);
  const auto worker = e.problem->make_worker({{}, 8, nullptr});
  const auto w = random_point(e.problem->parameters(), 5);
  const std::vector<std::uint32_t> in_order{10, 11, 12, 13}, scattered{12, 10, 13, 11};
  worker->prepare(in_order);
  worker->compute_from(w);
  const std::vector<Real> first(worker->gradient_sum().values.begin(),
                                worker->gradient_sum().values.end());
  worker->prepare(scattered);
  worker->compute_from(w);
  CHECK(relative_error(worker->gradient_sum().values, first) < 1e-5);
}

TEST_CASE("Over many small steps the regulariser shrinks weights as exact arithmetic would") {
  // γλ = 1e-6 is 16.8 units in the last place of 1 − γλ: rounded, it would be off by 1.3 %.
  constexpr std::size_t kUpdates = 4000, kWidth = 1000;
  TrainTest data{dataset(false, 3), {}};
  auto& matrix = std::get<DenseMatrix>(data.train.features);
  for (std::size_t i = 0; i < kRows; ++i) matrix.row(i)[0] = 0;  // its weights have no other slope
  const auto problem = make_problem({"mlp", 1e-3, {kWidth}, "relu"}, data);
  const auto rule = problem->make_rule({});
  const auto worker = problem->make_worker({rule.get(), 1, nullptr});
  AlignedVector<Real> w(problem->parameters());
  problem->initialise(w, 1);
  const std::vector<Real> before(w.begin(), w.begin() + kWidth);
  std::vector<std::uint32_t> rows(kUpdates);
  for (std::size_t i = 0; i < kUpdates; ++i) rows[i] = static_cast<std::uint32_t>(i % kRows);
  std::atomic<std::uint64_t> applied{0};
  const StepSize step{1e-3, Schedule::constant, 1, 0, StalenessPolicy::none};
  worker->run_in_place(w, {rows, 1, 0, step.during(0), Access::exclusive, &applied, nullptr});
  double ratio = 0;
  for (std::size_t j = 0; j < kWidth; ++j)
    ratio += static_cast<double>(w[j]) / static_cast<double>(before[j]) / kWidth;
  CHECK(std::abs(ratio - std::pow(1 - 1e-6, kUpdates)) < 2e-5);
}

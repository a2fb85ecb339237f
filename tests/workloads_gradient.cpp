#include <doctest/doctest.h>

#include "tests/workloads_fixture.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/kernels/row.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

// Single precision, sums of at most 40 rows of 23 features.
constexpr double kTolerance = 2e-5;

std::vector<double> in_double(std::span<const Real> w) {
  return {w.begin(), w.end()};
}

std::vector<double> reference(const Problem& problem, std::span<const Real> w,
                              std::span<const std::uint32_t> rows) {
  std::vector<double> gradient(w.size());
  problem.reference_gradient(in_double(w), rows, gradient);
  return gradient;
}

/// The gradient sum's mean gradient, after checking that it is zero outside of its support.
std::vector<double> mean(const GradientSum& gradient_sum, std::size_t parameters) {
  std::vector<double> gradient(parameters);
  const auto value = [&](std::size_t k) {
    return static_cast<double>(gradient_sum.values[k]) / static_cast<double>(gradient_sum.examples);
  };
  if (gradient_sum.dense) {
    for (std::size_t k = 0; k < gradient.size(); ++k) gradient[k] = value(k);
    return gradient;
  }
  std::vector<int> times(gradient.size());
  for (std::size_t k = 0; k < gradient_sum.support.size(); ++k) {
    const auto v = gradient_sum.support[k];
    gradient[v] = value(gradient_sum.packed ? k : v);
    CHECK(++times[v] == 1);
  }
  for (std::size_t v = 0; v < gradient.size() && !gradient_sum.packed; ++v)
    if (times[v] == 0) CHECK(gradient_sum.values[v] == 0);
  return gradient;
}

}  // namespace

TEST_CASE("Every reference gradient is the derivative of its reference loss") {
  for (const Example& e : all_examples(0.05)) {
    CAPTURE(e.name);
    auto w = in_double(random_point(e.problem->parameters(), 3));
    const auto rows = random_rows(9, kRows, 4);
    std::vector<double> gradient(w.size()), differences(w.size());
    e.problem->reference_gradient(w, rows, gradient);
    const double h = 1e-6;
    for (std::size_t k = 0; k < w.size(); ++k) {
      const double at = w[k];
      w[k] = at + h;
      const double above = e.problem->reference_loss(w, rows);
      w[k] = at - h;
      differences[k] = (above - e.problem->reference_loss(w, rows)) / (2 * h);
      w[k] = at;
    }
    CHECK(relative_error(differences, gradient) < 1e-6);
  }
}

TEST_CASE(
    "Every worker's gradient sum is the reference gradient, whatever the batch and the access") {
  for (const Example& e : all_examples(0.05)) {
    CAPTURE(e.name);
    const auto worker = e.problem->make_worker({{}, kRows, nullptr});
    const auto w = random_point(e.problem->parameters(), 5);
    for (const std::size_t batch : {1u, 2u, 7u, 8u, 19u, 40u}) {
      CAPTURE(batch);
      const auto rows = random_rows(batch, kRows, batch);
      const auto expected = reference(*e.problem, w, rows);
      for (const Access access : {Access::exclusive, Access::racy_store, Access::racy_cas}) {
        worker->prepare(rows);
        worker->read(w, access);
        worker->compute();
        CHECK(worker->gradient_sum().examples == batch);
        CHECK(relative_error(mean(worker->gradient_sum(), w.size()), expected) < kTolerance);
      }
      worker->prepare(rows);
      worker->compute_from(w);
      CHECK(relative_error(mean(worker->gradient_sum(), w.size()), expected) < kTolerance);
    }
  }
}

TEST_CASE("Preparing the next block leaves the current gradient sum as it is") {
  for (const Example& e : all_examples(0.05)) {
    CAPTURE(e.name);
    const auto worker = e.problem->make_worker({{}, 8, nullptr});
    const auto w = random_point(e.problem->parameters(), 5);
    const auto first = random_rows(8, kRows, 1), second = random_rows(5, kRows, 2);
    const auto earlier = random_rows(8, kRows, 3);
    worker->prepare(earlier);
    worker->compute_from(w);
    worker->prepare(first);
    worker->read(w, Access::exclusive);
    worker->prepare(second);  // overwrites the earlier block, whose values are still there
    worker->compute();
    CHECK(relative_error(mean(worker->gradient_sum(), w.size()), reference(*e.problem, w, first)) <
          kTolerance);
    worker->prepare(second);
    CHECK(relative_error(mean(worker->gradient_sum(), w.size()), reference(*e.problem, w, first)) <
          kTolerance);
    worker->read(w, Access::exclusive);
    worker->compute();
    CHECK(relative_error(mean(worker->gradient_sum(), w.size()), reference(*e.problem, w, second)) <
          kTolerance);
  }
}

TEST_CASE(
    "A commit is the rule's step along the current gradient sum, whatever became of w meanwhile") {
  for (const Example& e : all_examples(0.05))
    for (const auto& row : rule_catalog())
      for (const std::size_t batch : {1u, 8u})
        for (const bool asked : {false, true}) {
          CAPTURE(e.name);
          if (row.estimate != Estimate::plain) continue;
          CAPTURE(row.name);
          CAPTURE(batch);
          const auto rule = e.problem->make_rule(parse_rule(row.name, 0.5));
          const auto worker = e.problem->make_worker({rule.get(), batch, nullptr});
          const auto first = random_rows(batch, kRows, 1), second = random_rows(batch, kRows, 2);
          const std::size_t parameters = e.problem->parameters();
          auto state = random_state(*rule, 5);
          worker->prepare(first);
          worker->read(std::span(state).first(parameters), Access::exclusive);
          worker->prepare(second);
          worker->compute();
          if (asked) CHECK(worker->gradient_sum().examples == batch);
          state = random_state(*rule, 6);
          auto expected = state;
          worker->commit(state, Real(0.3));
          const GradientSum gradient_sum[] = {worker->gradient_sum()};
          GradientTotal sum;
          rule->apply(expected, gradient_sum, 0, parameters, Real(0.3), Access::exclusive, nullptr,
                      &sum);
          CHECK(relative_error(state, std::vector<double>(expected.begin(), expected.end())) <
                1e-6);
          CHECK(state != random_state(*rule, 6));
        }
}

TEST_CASE("A frozen copy keeps the parameters of the moment it was read") {
  for (const Example& e : all_examples(0.05)) {
    CAPTURE(e.name);
    const auto worker = e.problem->make_worker({{}, 8, nullptr});
    auto w = random_point(e.problem->parameters(), 5);
    const auto rows = random_rows(8, kRows, 1);
    const auto expected = reference(*e.problem, w, rows);
    worker->prepare(rows);
    worker->read(w, Access::exclusive);
    std::fill(w.begin(), w.end(), Real(1));
    worker->compute();
    CHECK(relative_error(mean(worker->gradient_sum(), w.size()), expected) < kTolerance);
    CHECK(worker->read_bytes() <= w.size() * sizeof(Real));
    if (!worker->gradient_sum().dense)
      CHECK(worker->read_bytes() == worker->gradient_sum().support.size() * sizeof(Real));
  }
}

TEST_CASE("Every kernel set that was built gives the network's gradient") {
  for (const auto& entry : kernel_catalog()) {
    if (!entry.kernels) continue;
    CAPTURE(entry.name);
    const Example e = example({"mlp", 0.05, {19, 6}, "relu"}, false);
    const auto worker = e.problem->make_worker({{}, 16, entry.kernels});
    const auto w = random_point(e.problem->parameters(), 5);
    const auto rows = random_rows(16, kRows, 6);
    worker->prepare(rows);
    worker->compute_from(w);
    CHECK(relative_error(mean(worker->gradient_sum(), w.size()), reference(*e.problem, w, rows)) <
          kTolerance);
  }
}

TEST_CASE("A gradient of values that were pulled one by one is that of parameters that were read") {
  for (const Example& e : all_examples(0.05))
    for (const std::size_t batch : {1u, 8u}) {
      CAPTURE(e.name);
      CAPTURE(batch);
      const auto w = random_point(e.problem->parameters(), 3);
      const auto worker = e.problem->make_worker({nullptr, batch, nullptr});
      const auto rows = random_rows(batch, kRows, 4), others = random_rows(batch, kRows, 5);
      worker->prepare(rows);
      worker->read(w, Access::exclusive);
      worker->compute();
      const auto expected = mean(worker->gradient_sum(), w.size());
      worker->prepare(others);
      worker->compute_from(w);
      worker->prepare(rows);
      std::vector<Real> pulled(w.begin(), w.end());
      if (const auto wanted = worker->wanted()) {
        pulled.clear();
        for (const auto v : *wanted) pulled.push_back(w[v]);
      }
      worker->accept(pulled);
      worker->compute();
      CHECK(relative_error(mean(worker->gradient_sum(), w.size()), expected) < 1e-6);
    }
}

TEST_CASE("A gradient sum names its rows, and a linear model's is made of slopes times rows") {
  for (const Example& e : all_examples(0)) {
    for (const std::size_t batch : {1u, 8u}) {
      CAPTURE(e.name);
      CAPTURE(batch);
      const auto w = random_point(e.problem->parameters(), 3);
      const auto worker = e.problem->make_worker({nullptr, batch, nullptr});
      auto rows = random_rows(batch, kRows, 4);
      const auto named = rows;
      worker->prepare(rows);
      worker->compute_from(w);
      std::fill(rows.begin(), rows.end(), 0u);  // the caller's memory goes on to other rows
      const GradientSum sum = worker->gradient_sum();
      CHECK(std::vector(sum.rows.begin(), sum.rows.end()) == named);
      if (sum.slopes.empty()) continue;
      const std::size_t scores = sum.slopes.size() / batch;
      std::vector<double> expected(w.size());
      for (std::size_t k = 0; k < batch; ++k) {
        const auto add = [&](std::size_t v, Real x) {
          for (std::size_t c = 0; c < scores; ++c)
            expected[v * scores + c] += double{sum.slopes[k * scores + c]} * double{x};
        };
        std::size_t columns = 0;
        std::visit(
            [&](const auto& matrix) {
              columns = matrix.columns;
              for_each_value(matrix, named[k], columns, add);
            },
            e.data->train.features);
        if (columns * scores < w.size()) add(columns, 1);
      }
      for (double& x : expected) x /= static_cast<double>(batch);
      CHECK(relative_error(mean(sum, w.size()), expected) < 1e-5);
    }
  }
}

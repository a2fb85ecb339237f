// Optima with an intercept, found by other ways that share nothing with the solvers.
#include <doctest/doctest.h>

#include "tests/optimum_fixture.h"
#include "workloads/data/catalog.h"
#include "workloads/data_problem.h"
#include "workloads/optimum/design.h"
#include "workloads/optimum/row_loss.h"
#include "workloads/reference.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

/// A row with a 1 behind its features.
Vector with_one(const Dataset& data, std::size_t row) {
  Vector x(data.columns() + 1);
  for (const auto& [v, value] : reference::values_of(data, row)) x[v] = value;
  x.back() = 1;
  return x;
}

double inner(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Logistic regression by Newton's method with the whole Hessian, λ = l2, its last parameter b.
Vector newton(const Dataset& data, double l2) {
  const auto y = signs(data, data.classes);
  const double n = static_cast<double>(data.rows());
  Vector w(data.columns() + 1);
  for (int step = 0; step < 25; ++step) {
    Vector g(w.size());
    std::vector<Vector> h(w.size(), Vector(w.size()));
    for (std::size_t v = 0; v + 1 < w.size(); ++v) {
      g[v] = l2 * w[v];
      h[v][v] = l2;
    }
    for (std::size_t i = 0; i < data.rows(); ++i) {
      const auto x = with_one(data, i);
      const double p = 1 / (1 + std::exp(y[i] * inner(w, x)));
      for (std::size_t v = 0; v < w.size(); ++v) {
        g[v] -= y[i] * p * x[v] / n;
        for (std::size_t u = 0; u < w.size(); ++u) h[v][u] += p * (1 - p) * x[v] * x[u] / n;
      }
    }
    const auto move = eliminate(h, g);
    for (std::size_t v = 0; v < w.size(); ++v) w[v] -= move[v];
  }
  return w;
}

/// The dual of the support vector machine, which has ∑ yᵢaᵢ = 0, in pairs that keep it (Platt 1998;
/// Keerthi et al. 2001): always the two that violate optimality most. Returns D(a).
double pairwise_dual(const Dataset& data, double l2) {
  const auto y = signs(data, data.classes);
  const std::size_t n = data.rows();
  const double scale = l2 * static_cast<double>(n);
  std::vector<Vector> x(n);
  Vector a(n), v(data.columns() + 1);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = with_one(data, i);
    x[i].back() = 0;
  }
  for (int step = 0; step < 100'000; ++step) {
    // up: yᵢaᵢ can grow; down: it can fall. At the optimum no y − ⟨v, x⟩ of the first is larger.
    std::size_t up = n, down = n;
    double most = -1e300, least = 1e300;
    for (std::size_t i = 0; i < n; ++i) {
      const double off = y[i] - inner(v, x[i]);
      if ((y[i] > 0 ? a[i] < 1 : a[i] > 0) && off > most) most = off, up = i;
      if ((y[i] > 0 ? a[i] > 0 : a[i] < 1) && off < least) least = off, down = i;
    }
    if (most - least < 1e-11) break;
    const double curvature =
        (inner(x[up], x[up]) + inner(x[down], x[down]) - 2 * inner(x[up], x[down])) / scale;
    const double room_up = y[up] > 0 ? 1 - a[up] : a[up];
    const double room_down = y[down] > 0 ? a[down] : 1 - a[down];
    const double t = std::min({(most - least) / curvature, room_up, room_down});
    a[up] += y[up] * t;
    a[down] -= y[down] * t;
    for (std::size_t k = 0; k < v.size(); ++k) v[k] += t * (x[up][k] - x[down][k]) / scale;
  }
  return std::accumulate(a.begin(), a.end(), 0.0) / static_cast<double>(n) - l2 / 2 * inner(v, v);
}

/// Labels of which a share of one in five is the last class's, the rest shared by the others.
Dataset unbalanced(bool sparse, std::size_t classes, std::size_t rows = 100) {
  auto data = dataset(sparse, classes, rows);
  for (std::size_t i = 0; i < rows; ++i)
    data.targets[i] = data.classes[i % 5 == 0 ? classes - 1 : i % 7 % (classes - 1)];
  return data;
}

/// The same rows, but nothing in them.
Dataset emptied(Dataset data) {
  if (auto* sparse = std::get_if<SparseMatrix>(&data.features)) {
    sparse->entries.clear();
    std::fill(sparse->offsets.begin(), sparse->offsets.end(), 0u);
  } else {
    auto& values = std::get<DenseMatrix>(data.features).values;
    std::fill(values.begin(), values.end(), Real(0));
  }
  return data;
}

/// With `count` columns more, of which row i has a 1 in the one numbered i mod count.
Dataset one_hot(Dataset data, std::size_t count) {
  const std::size_t d = data.columns();
  if (data.sparse()) {
    const auto from = std::get<SparseMatrix>(data.features);
    SparseMatrix more;
    more.columns = d + count;
    for (std::size_t i = 0; i < data.rows(); ++i) {
      for (const Entry& e : from.row(i)) more.entries.push_back(e);
      more.entries.push_back({static_cast<std::uint32_t>(d + i % count), 1});
      more.offsets.push_back(more.entries.size());
    }
    data.features = more;
  } else {
    const auto from = std::get<DenseMatrix>(data.features);
    DenseMatrix more(data.rows(), d + count);
    for (std::size_t i = 0; i < data.rows(); ++i) {
      std::copy(from.row(i).begin(), from.row(i).end(), more.row(i).begin());
      more.row(i)[d + i % count] = 1;
    }
    data.features = more;
  }
  return data;
}

double entropy_of(const Dataset& data) {
  double sum = 0;
  for (const float label : data.classes) {
    const double p =
        static_cast<double>(std::count(data.targets.begin(), data.targets.end(), label)) /
        static_cast<double>(data.rows());
    sum -= p * std::log(p);
  }
  return sum;
}

}  // namespace

TEST_CASE("Least squares with an intercept are the normal equations of centred columns") {
  for (const bool sparse : {true, false})
    for (const double l2 : {1.0, 1e-4, 0.0}) {
      auto data = dataset(sparse, 0, 200);
      for (auto& y : data.targets) y += 3;
      if (sparse) std::get<SparseMatrix>(data.features).columns -= 1;  // the last is in no row
      const auto solved = solve(linear("least-squares", l2, true), data);
      const std::size_t d = data.columns();
      Vector mean(d + 1), b(d);
      double mean_y = 0;
      for (std::size_t i = 0; i < 200; ++i) {
        const auto x = with_one(data, i);
        for (std::size_t v = 0; v <= d; ++v) mean[v] += x[v] / 200;
        mean_y += data.targets[i] / 200.0;
      }
      std::vector<Vector> a(d, Vector(d));
      for (std::size_t v = 0; v < d; ++v) a[v][v] = l2;
      for (std::size_t i = 0; i < 200; ++i) {
        const auto x = with_one(data, i);
        for (std::size_t v = 0; v < d; ++v) {
          b[v] += (x[v] - mean[v]) * (data.targets[i] - mean_y) / 200;
          for (std::size_t u = 0; u < d; ++u) a[v][u] += (x[v] - mean[v]) * (x[u] - mean[u]) / 200;
        }
      }
      auto w = eliminate(a, b);
      w.push_back(mean_y - std::inner_product(w.begin(), w.end(), mean.begin(), 0.0));
      CAPTURE(solved.name);
      CHECK(solved.optimum.value == doctest::Approx(solved.loss(w)).epsilon(1e-12));
      CHECK(solved.w.back() == doctest::Approx(w.back()).epsilon(1e-7));
    }
}

TEST_CASE("Logistic regression with an intercept ends where Newton's method does") {
  for (const bool sparse : {true, false})
    for (const double l2 : {1.0, 1e-3}) {
      const auto solved = solve(linear("logreg", l2, true), unbalanced(sparse, 2));
      const auto w = newton(solved.data->train, l2);
      CAPTURE(solved.name);
      CHECK(solved.optimum.value == doctest::Approx(solved.loss(w)).epsilon(1e-13));
      CHECK(solved.w.back() == doctest::Approx(w.back()).epsilon(1e-6));
    }
}

TEST_CASE("The support vector machine with an intercept ends where its dual does") {
  for (const bool sparse : {true, false})
    for (const double l2 : {1.0, 0.02}) {
      const auto solved = solve(linear("svm", l2, true), unbalanced(sparse, 2, 40));
      CAPTURE(solved.name);
      CHECK(solved.optimum.value ==
            doctest::Approx(pairwise_dual(solved.data->train, l2)).epsilon(2e-9));
    }
}

TEST_CASE("Softmax of two classes with intercepts is logistic regression with half of λ and one") {
  for (const bool sparse : {true, false}) {
    const auto train = unbalanced(sparse, 2);
    CHECK(solve(linear("softmax", 0.02, true), train).optimum.value ==
          doctest::Approx(solve(linear("logreg", 0.01, true), train).optimum.value).epsilon(1e-13));
  }
}

TEST_CASE("Where features say nothing, the intercepts are the log odds, and f* the entropy") {
  for (const bool sparse : {true, false}) {
    const auto two = emptied(unbalanced(sparse, 2)), five = emptied(unbalanced(sparse, 5));
    const auto logreg = solve(linear("logreg", 0.1, true), two);
    CHECK(logreg.optimum.value == doctest::Approx(entropy_of(two)).epsilon(1e-13));
    CHECK(logreg.w.back() == doctest::Approx(std::log(0.2 / 0.8)).epsilon(1e-7));
    const auto softmax = solve(linear("softmax", 0.1, true), five);
    CHECK(softmax.optimum.value == doctest::Approx(entropy_of(five)).epsilon(1e-13));
    // All of the smaller class lies on the wrong side of the margin, by 2.
    CHECK(solve(linear("svm", 0.1, true), two).optimum.value == doctest::Approx(0.4).epsilon(1e-9));
    CHECK(solve(linear("logreg", 0.1, false), two).optimum.value ==
          doctest::Approx(std::log(2.0)).epsilon(1e-13));
  }
}

TEST_CASE("Where all classes are as many and features say nothing, the start is the optimum") {
  for (const bool sparse : {true, false}) {
    auto data = emptied(dataset(sparse, 5, 100));
    for (std::size_t i = 0; i < 100; ++i) data.targets[i] = data.classes[i % 5];
    const auto solved = solve(linear("softmax", 0.1, true), data);  // its gradient is rounding
    CHECK(solved.optimum.value == doctest::Approx(std::log(5.0)).epsilon(1e-14));
    CHECK(solved.optimum.passes < 100);
  }
}

TEST_CASE("A design with intercepts is one with a column of ones") {
  for (const bool sparse : {true, false})
    for (const std::size_t width : {1u, 3u}) {
      const auto data = dataset(sparse, 0, 90), wide = one_hot(data, 1);
      const ParallelFor parallel = serial_for;
      optimum::Budget budget({});
      optimum::Design with(data, width, parallel, budget, true);
      optimum::Design plain(wide, width, parallel, budget);
      REQUIRE(with.parameters() == plain.parameters());
      const auto point = random_point(with.parameters(), 3);
      const Vector w(point.begin(), point.end());
      Vector a(w.size()), b(w.size());
      const auto term = [&](std::size_t i, const double* z, double* s) {
        for (std::size_t c = 0; c < width; ++c)
          s[c] = static_cast<double>(i + c) + (z ? z[c] * z[c] : 0);
        return s[0];
      };
      CHECK(with.pass(w, term, a) == doctest::Approx(plain.pass(w, term, b)).epsilon(1e-13));
      CHECK(relative_error(a, b) < 1e-13);
      with.pass_squares(term, a);
      plain.pass_squares(term, b);
      CHECK(relative_error(a, b) < 1e-13);
      CHECK(with.model_order(w) == plain.model_order(w));
      for (std::size_t k = 0; k < width; ++k)
        CHECK(with.is_intercept(sparse ? w.size() - 1 - k : (k + 1) * with.features() - 1));
      for (std::size_t j = 0; j < w.size(); ++j) CHECK_FALSE(plain.is_intercept(j));
    }
}

TEST_CASE("Balanced dual points add up to 0 over the rows and stay feasible") {
  constexpr std::size_t kPoints = 60, kClasses = 4;
  std::vector<std::uint32_t> labels;
  std::vector<Real> y, numbers;
  for (std::uint32_t i = 0; i < kPoints; ++i) {
    labels.push_back(i % 7 % kClasses);
    y.push_back(i % 3 == 0 ? Real(1) : Real(-1));
    numbers.push_back(static_cast<Real>(i));
  }
  const std::unique_ptr<optimum::RowLoss> losses[] = {optimum::make_logistic(y),
                                                      optimum::make_squared(numbers),
                                                      optimum::make_softmax(labels, kClasses)};
  Random random(8);
  for (const auto& loss : losses) {
    const std::size_t width = loss->width();
    Vector z(width), s(width), sum(width);
    for (std::size_t i = 0; i < kPoints; ++i) {
      for (double& score : z) score = 2 * random.normal();
      loss->evaluate(i, z.data(), s.data());
    }
    loss->balance();
    for (std::size_t i = 0; i < kPoints; ++i) {
      loss->dual_point(i, s.data());
      for (std::size_t c = 0; c < width; ++c) sum[c] += s[c];
      if (&loss == &losses[0]) CHECK((y[i] * s[0] >= 0 && y[i] * s[0] <= 1));
      if (width == 1) continue;
      // p = e_y − α lies in the simplex.
      CHECK(std::abs(std::accumulate(s.begin(), s.end(), 0.0)) < 1e-14);
      for (std::size_t c = 0; c < width; ++c) CHECK((c == labels[i] ? 1 : 0) - s[c] >= 0);
    }
    for (const double x : sum) CHECK(std::abs(x) < 1e-12);
  }
}

TEST_CASE("No λ reaches the intercept: it takes up any shift of the targets") {
  for (const bool sparse : {true, false}) {
    auto data = dataset(sparse, 0, 100);
    const auto before = solve(linear("least-squares", 10, true), data);
    for (auto& y : data.targets) y += 64;
    const auto after = solve(linear("least-squares", 10, true), data);
    CHECK(after.optimum.value == doctest::Approx(before.optimum.value).epsilon(1e-6));
    CHECK(after.w.back() - before.w.back() == doctest::Approx(64).epsilon(1e-6));
  }
}

// One-hot columns, of which every row has one, can stand in for the intercept: only λ tells them
// apart, and next to nothing does where it is small.
TEST_CASE("Columns that add up to a constant don't keep an intercept from its certificate") {
  for (const bool sparse : {true, false}) {
    const auto data = one_hot(unbalanced(sparse, 2), 3);
    for (const char* workload : {"logreg", "svm", "l2-svm", "least-squares", "softmax"}) {
      CAPTURE(workload);
      const auto solved = solve(linear(workload, 1e-6, true), data);
      CHECK(is_certified(solved.optimum));
      CHECK(solved.optimum.passes < 5000);
    }
  }
}

// By scipy 1.10 and numpy (Newton with a direct solver, and L-BFGS for softmax), on the generated
// data written to a file.
TEST_CASE("On generated data f* is what another program found") {
  const auto generated = [](const char* source) {
    DataRequest request;
    request.source = source;
    return load_data(request, serial_for).train;
  };
  const auto optimum = [&](const char* workload, double l2, bool intercept, const char* source) {
    return solve(linear(workload, l2, intercept), generated(source)).optimum.value;
  };
  const auto* const dense = "covtype-like:rows=400";
  const auto* const sparse = "rcv1-like:rows=300,features=200";
  const auto near = [](double value) { return doctest::Approx(value).epsilon(1e-10); };
  CHECK(optimum("logreg", 1e-3, false, dense) == near(0.412076583878684));
  CHECK(optimum("logreg", 1e-3, true, dense) == near(0.411877670001266));
  CHECK(optimum("logreg", 1e-3, false, sparse) == near(0.455593433051171));
  CHECK(optimum("logreg", 1e-3, true, sparse) == near(0.455421193726937));
  CHECK(optimum("least-squares", 1e-3, true, dense) == near(0.0617634174986171));
  CHECK(optimum("least-squares", 1e-3, true, sparse) == near(0.165674100594428));
  CHECK(optimum("softmax", 1e-2, true, "mnist-like:rows=120") == near(0.227665258105932));
}

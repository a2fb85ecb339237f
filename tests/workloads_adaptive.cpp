// What is known of rules that divide a step by the size of the gradients before it.
#include <doctest/doctest.h>

#include "tests/workloads_fixture.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

constexpr std::size_t kCoordinates = 37;
constexpr Real kGamma = Real(0.01);

/// A rule with its state, which takes one gradient after the other.
class Descent {
 public:
  Descent(const char* name, const RuleSpec& values, Real start)
      : rule_(make_rule(parse_rule(name, 0, values), {kCoordinates, 1})),
        state_(rule_->state_size()) {
    std::fill_n(state_.begin(), kCoordinates, start);
  }
  /// Coordinate i takes g(i). In two ranges, as two callers would.
  template <class G>
  void take(G g, Access access = Access::exclusive) {
    AlignedVector<Real> values(kCoordinates);
    for (std::size_t i = 0; i < kCoordinates; ++i) values[i] = g(i);
    const GradientSum sum[] = {{values, {}, true, 1}};
    rule_->apply(state_, sum, 0, kCoordinates / 3, kGamma, access);
    rule_->apply(state_, sum, kCoordinates / 3, kCoordinates, kGamma, access);
  }
  double w(std::size_t i) const { return state_[i]; }
  /// As a store of another worker would leave it.
  void set(std::size_t vector, Real value) {
    std::fill_n(state_.begin() + static_cast<std::ptrdiff_t>(vector * kCoordinates), kCoordinates,
                value);
  }
  double state(std::size_t vector, std::size_t i) const {
    return state_[vector * kCoordinates + i];
  }

 private:
  std::unique_ptr<const Rule> rule_;
  AlignedVector<Real> state_;
};

/// Gradients of either sign, from 1e-3 to 1e3.
Real of_every_size(std::size_t i) {
  const double size = std::pow(10, static_cast<double>(i) * 6 / (kCoordinates - 1) - 3);
  return static_cast<Real>(i % 2 == 0 ? size : -size);
}
double sign(double x) {
  return x < 0 ? -1 : 1;
}

}  // namespace

TEST_CASE("Adam's first step is γ along the sign of the gradient, however large that is") {
  for (const Access access : {Access::exclusive, Access::racy_store, Access::racy_cas})
    for (const char* name : {"adam", "adamw"}) {
      Descent descent(name, {.weight_decay = 0}, 0);
      descent.take(of_every_size, access);
      // ε/|g| is at most 1e-5.
      for (std::size_t i = 0; i < kCoordinates; ++i)
        CHECK(descent.w(i) == doctest::Approx(-kGamma * sign(of_every_size(i))).epsilon(2e-5));
    }
}

TEST_CASE("Adam along one gradient goes γ at every update: both means are unbiased") {
  // Longer than the updates after which β₂ᵗ is nothing beside 1, so that t stands still.
  constexpr int kUpdates = 300;
  Descent descent("adam", {.beta1 = 0.9, .beta2 = 0.9}, 0);
  for (int t = 1; t <= kUpdates; ++t) {
    descent.take(of_every_size);
    if (t > 10 && t < kUpdates) continue;
    for (std::size_t i = 0; i < kCoordinates; ++i)
      CHECK(descent.w(i) ==
            doctest::Approx(-t * double{kGamma} * sign(of_every_size(i))).epsilon(1e-4));
  }
  // 0.9ᵗ is below 2⁻²⁵ from t = 165 on.
  for (std::size_t i = 0; i < kCoordinates; ++i) CHECK(descent.state(3, i) == 165);
}

TEST_CASE("Adam that remembers nothing goes γ along the sign of every gradient") {
  Descent descent("adam", {.beta1 = 0, .beta2 = 0}, 0);
  std::vector<double> expected(kCoordinates);
  for (int t = 0; t < 7; ++t) {
    const auto g = [t](std::size_t i) { return of_every_size((i * 5 + t * 3) % kCoordinates); };
    descent.take(g);
    for (std::size_t i = 0; i < kCoordinates; ++i) {
      expected[i] -= kGamma * sign(g(i));
      CHECK(descent.w(i) == doctest::Approx(expected[i]).epsilon(1e-4));
    }
  }
}

TEST_CASE("Without gradients adamw shrinks w by 1 − γ·λ at every update, and adam leaves it") {
  const RuleSpec values{.weight_decay = 0.5};
  Descent adamw("adamw", values, 3), adam("adam", values, 3);
  for (int t = 1; t <= 20; ++t) {
    adamw.take([](std::size_t) { return Real(0); });
    adam.take([](std::size_t) { return Real(0); });
    CHECK(adamw.w(5) == doctest::Approx(3 * std::pow(1 - kGamma * 0.5, t)).epsilon(1e-5));
    CHECK(adam.w(5) == 3);
  }
}

TEST_CASE("Adam's step is bounded by its betas whatever stores were lost, and soon right again") {
  // m²/v of gradients that both moments have is at most this much.
  const double most = std::sqrt(0.01 / (0.001 * (1 - 0.81 / 0.999)));
  for (const Access access : {Access::racy_store, Access::racy_cas})
    for (const char* name : {"adam", "adamw"}) {
      Descent descent(name, {.weight_decay = 0}, 0);
      descent.set(1, Real(0.3));  // a gradient that v has lost
      descent.set(3, 1000);
      for (int t = 0; t < 3; ++t) {
        const double before = descent.w(0);
        descent.take([](std::size_t i) { return Real(i % 2 == 0 ? 0 : 1e-3); }, access);
        CHECK(std::abs(descent.w(0) - before) < 1.5 * most * double{kGamma});
        CHECK(std::abs(descent.w(0) - before) > 0.5 * double{kGamma});
      }
      // What is left of m from then on is forgotten within tens of updates.
      for (int t = 0; t < 300; ++t) descent.take([](std::size_t) { return Real(0); }, access);
      CHECK(std::abs(descent.w(0)) < 1.5 * most * 10 * double{kGamma});
    }
}

TEST_CASE("Adagrad along one gradient goes γ/√t at update t, whatever its size") {
  Descent descent("adagrad", {}, 0);
  double sum = 0;
  for (int t = 1; t <= 50; ++t) {
    descent.take(of_every_size);
    sum += 1 / std::sqrt(t);
    for (std::size_t i = 0; i < kCoordinates; ++i)
      CHECK(descent.w(i) == doctest::Approx(-sum * kGamma * sign(of_every_size(i))).epsilon(2e-4));
  }
}

TEST_CASE("RMSProp along one gradient begins with γ/√(1 − ρ) and comes to γ at every update") {
  Descent descent("rmsprop", {.decay = 0.9}, 0);
  double before = 0;
  for (int t = 1; t <= 200; ++t) {
    descent.take(of_every_size);
    const double length = std::abs(descent.w(9) - before);
    before = descent.w(9);
    // v = (1 − ρᵗ)·g²
    CHECK(length == doctest::Approx(kGamma / std::sqrt(1 - std::pow(0.9, t))).epsilon(1e-3));
  }
}

TEST_CASE("A large ε makes of adagrad, rmsprop and adam gradient descent by γ/ε") {
  constexpr double kEpsilon = 1e12;
  for (const char* name : {"adagrad", "rmsprop", "adam"}) {
    CAPTURE(name);
    Descent descent(name, {.beta1 = 0, .epsilon = kEpsilon}, 0);
    descent.take(of_every_size);
    for (std::size_t i = 0; i < kCoordinates; ++i)
      CHECK(descent.w(i) * kEpsilon == doctest::Approx(-kGamma * of_every_size(i)).epsilon(1e-5));
  }
}

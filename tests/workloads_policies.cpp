// What a stale gradient does to its step and to itself, against the plain formulas.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/workloads_fixture.h"
#include "workloads/random.h"
#include "workloads/rules/compensation.h"
#include "workloads/step_size.h"

using namespace sgdbench;

namespace {

/// So many τ of memoryless workers, about.
std::vector<std::uint64_t> stale(std::size_t count, double mean) {
  Random random(7);
  std::vector<std::uint64_t> taus(count);
  for (auto& tau : taus) tau = static_cast<std::uint64_t>(-mean * std::log(1 - random.uniform()));
  return taus;
}

/// The share of those below τ, those that are equal counted half.
double distribution_at(std::vector<std::uint64_t> taus, std::uint64_t tau) {
  double sum = 0;
  for (const auto other : taus) sum += other < tau ? 1 : other == tau ? 0.5 : 0;
  return sum / static_cast<double>(taus.size());
}

double percentile(std::vector<std::uint64_t> taus, double share) {
  std::sort(taus.begin(), taus.end());
  const double place = std::ceil(share * static_cast<double>(taus.size()));
  return static_cast<double>(taus[static_cast<std::size_t>(place) - 1]);
}

struct Update {
  std::vector<double> sum, w, read;  ///< where the gradient is not zero
};

/// The mean gradient of two examples, corrected by the formula, coordinate by coordinate.
std::vector<double> corrected(StalenessPolicy policy, const Update& update, double lambda,
                              double first_step, std::vector<double>& m) {
  std::vector<double> result;
  for (std::size_t i = 0; i < update.sum.size(); ++i) {
    const double g = update.sum[i] / 2, moved = update.w[i] - update.read[i];
    if (policy == StalenessPolicy::dc) {
      result.push_back(g + lambda * g * g * moved);
    } else if (policy == StalenessPolicy::dc_adaptive) {
      m[i] = 0.95 * m[i] + 0.05 * g * g;
      result.push_back(g + 2 / std::sqrt(m[i] + 1e-7) * g * g * moved);
    } else {
      const double usual = first_step * std::sqrt(m[i]);
      const double landing = usual > 0 ? g / (1 + std::abs(moved) / usual) : g;
      m[i] = m[i] > 0 ? 0.95 * m[i] + 0.05 * landing * landing : landing * landing;
      result.push_back(landing);
    }
  }
  return result;
}

enum class Layout { dense, full, packed };

constexpr std::uint32_t kSupport[] = {5, 0, 3};  // of 6
constexpr std::size_t kParameters = 6;

/// One value per parameter, or per coordinate of the support.
std::vector<Real> laid_out(const std::vector<double>& on_support, Layout layout, Real elsewhere) {
  std::vector<Real> all(layout == Layout::packed ? std::size(kSupport) : kParameters, elsewhere);
  for (std::size_t k = 0; k < std::size(kSupport); ++k)
    all[layout == Layout::packed ? k : kSupport[k]] = static_cast<Real>(on_support[k]);
  return all;
}

}  // namespace

TEST_CASE("inverse and delay-adaptive damp by their formulas, and all others not without a past") {
  StalenessDamping inverse(StalenessPolicy::inverse, 4),
      adaptive(StalenessPolicy::delay_adaptive, 4);
  for (const std::uint64_t tau : {0, 1, 2, 4, 5, 8, 100}) {
    CHECK(inverse.next(tau) == doctest::Approx(tau < 2 ? 1 : 1 / static_cast<double>(tau)));
    CHECK(adaptive.next(tau) == doctest::Approx(tau <= 4 ? 1 : 4 / static_cast<double>(tau)));
  }
  for (const auto& row : staleness_policy_catalog())
    if (row.needs & kNeedsReadParameters || row.policy == StalenessPolicy::none)
      CHECK(StalenessDamping(row.policy, 4).next(1000) == 1);
}

TEST_CASE("What is not stale is damped by no policy") {
  for (const auto& row : staleness_policy_catalog()) {
    CAPTURE(row.name);
    StalenessDamping damping(row.policy, 8);
    for (int i = 0; i < 100; ++i) REQUIRE(damping.next(0) == 1);
  }
}

TEST_CASE("fleet meets the inverse damping at half of the percentile of all τ so far") {
  for (const double mean : {3.0, 40.0, 900.0}) {
    StalenessDamping fleet(StalenessPolicy::fleet, static_cast<std::size_t>(mean));
    std::vector<std::uint64_t> met;
    for (const auto tau : stale(2000, mean)) {
      met.push_back(tau);
      const double x = percentile(met, 0.997) / 2;
      const double beta = x > 0 ? std::log(1 + x) / x : 1;
      REQUIRE(fleet.next(tau) ==
              doctest::Approx(std::exp(-beta * static_cast<double>(tau))).epsilon(1e-5));
    }
  }
  // Half of 10 is 5, where 1/(1 + τ) is a sixth.
  StalenessDamping fleet(StalenessPolicy::fleet, 4);
  fleet.next(10);
  CHECK(fleet.next(5) == doctest::Approx(1.0 / 6));
}

TEST_CASE("tail gives what is fresher than half of all a longer step, and keeps the mean") {
  StalenessDamping tail(StalenessPolicy::tail, 40);
  std::vector<std::uint64_t> met;
  double sum = 0;
  for (const auto tau : stale(2000, 40)) {
    met.push_back(tau);
    const Real factor = tail.next(tau);
    sum += factor;
    REQUIRE(factor == doctest::Approx(2 - 2 * distribution_at(met, tau)).epsilon(1e-5));
  }
  // The mean of 2,000 numbers spread evenly over (0, 2) is within 5 of its standard deviations.
  CHECK(sum / 2000 == doctest::Approx(1).epsilon(5 / std::sqrt(3.0 * 2000)));
  StalenessDamping constant(StalenessPolicy::tail, 40);
  for (int i = 0; i < 100; ++i) CHECK(constant.next(39) == 1);
}

TEST_CASE("Counts of τ are right up to their last bin, which takes what is beyond") {
  StalenessCounts counts(16);
  for (const std::uint64_t tau : {0, 0, 3, 7, 14, 15, 16, 1000}) counts.add(tau);
  CHECK(counts.count() == 8);
  CHECK(counts.below(0) == 0);
  CHECK(counts.up_to(0) == 2);
  CHECK(counts.below(7) == 3);
  CHECK(counts.up_to(14) == 5);
  CHECK(counts.below(15) == 5);
  CHECK(counts.below(1000) == 5);
  CHECK(counts.up_to(1000) == 8);
  CHECK(counts.quantile(0.25) == 0);
  CHECK(counts.quantile(0.26) == 3);
  CHECK(counts.quantile(0.5) == 7);
  CHECK(counts.quantile(1) == 15);
}

TEST_CASE("A gradient is corrected by its formula, however it is laid out") {
  const Update updates[] = {{{0.5, -3, 2}, {1, 0.25, -1}, {1, 0.75, -1.5}},
                            {{-1, 4, 0.125}, {0.5, 0.5, 0.5}, {0.25, 1, 0.75}},
                            {{2, 2, -2}, {1, 2, 3}, {1, 1.5, 3.5}}};
  for (const auto policy :
       {StalenessPolicy::dc, StalenessPolicy::dc_adaptive, StalenessPolicy::gap_aware})
    for (const auto layout : {Layout::dense, Layout::full, Layout::packed}) {
      CAPTURE(policy_entry(policy).name);
      StepSize step;
      step.initial = 0.25;
      step.policy = policy;
      step.compensation = 0.5;
      Compensation compensation(step, kParameters, 2);
      REQUIRE(compensation.corrects());
      std::vector<double> m(std::size(kSupport));
      std::size_t k = 0;
      for (const auto& update : updates) {
        const auto expected = corrected(policy, update, 0.5, 0.25, m);
        const auto values = laid_out(update.sum, layout, 0);
        // What lies beside the support is anything: nobody read it.
        const auto read = laid_out(update.read, layout, layout == Layout::dense ? 8 : 1000);
        const auto w = laid_out(update.w, Layout::dense, 8);
        GradientSum sum{values, kSupport, layout == Layout::dense, 2, layout == Layout::packed};
        sum.read = read;
        const GradientSum result = compensation.correct(sum, w, k++ % 2);
        CHECK(result.examples == 2);
        CHECK(result.dense == sum.dense);
        for (std::size_t j = 0; j < std::size(kSupport); ++j) {
          if (!result.dense) CHECK(result.support[j] == kSupport[j]);
          const std::size_t at = result.packed ? j : kSupport[j];
          CHECK(result.values[at] / 2 == doctest::Approx(expected[j]).epsilon(1e-5));
        }
        if (result.dense) CHECK(result.values[1] == 0);
      }
    }
}

TEST_CASE(
    "Where w has not moved, no gradient is corrected, and gap-aware survives standing still") {
  for (const auto policy :
       {StalenessPolicy::dc, StalenessPolicy::dc_adaptive, StalenessPolicy::gap_aware}) {
    StepSize step;
    step.policy = policy;
    Compensation compensation(step, 3, 1);
    const Real values[] = {0, Real(1e-30), 3}, w[] = {1, 2, 3};
    GradientSum sum{values, {}, true, 4};
    sum.read = w;
    for (int i = 0; i < 3; ++i) {
      const auto result = compensation.correct(sum, w, 0);
      for (std::size_t k = 0; k < 3; ++k) CHECK(result.values[k] == values[k]);
    }
  }
}

TEST_CASE("Every worker says what its gradient was computed at, where it is asked to") {
  for (const auto& e : testing::all_examples(0.05))
    for (const std::size_t batch : {1, 8})
      for (const bool from_elsewhere : {false, true}) {
        CAPTURE(e.name);
        CAPTURE(batch);
        WorkerOptions options{nullptr, batch};
        options.keeps_read = true;
        const auto worker = e.problem->make_worker(options);
        const auto expected = testing::random_point(e.problem->parameters(), 5);
        auto w = expected;
        const auto rows = testing::random_rows(2 * batch, testing::kRows, 1);
        worker->prepare(std::span(rows).first(batch));
        if (const auto wanted = worker->wanted(); from_elsewhere && wanted) {
          std::vector<Real> values;
          for (const auto i : *wanted) values.push_back(w[i]);
          worker->accept(values);
        } else {
          worker->read(w, Access::exclusive);
        }
        std::fill(w.begin(), w.end(), Real(1));
        worker->compute();
        worker->prepare(std::span(rows).last(batch));  // the next one, while this one waits
        StoredGradient stored;
        stored.assign(worker->gradient_sum(), false, true);
        for (const GradientSum& sum : {worker->gradient_sum(), stored.view()}) {
          REQUIRE(sum.read.size() == sum.values.size());
          const std::size_t size = sum.dense ? w.size() : sum.support.size();
          for (std::size_t k = 0; k < size; ++k) {
            const std::size_t i = sum.dense ? k : sum.support[k];
            REQUIRE(sum.read[sum.packed ? k : i] == expected[i]);
          }
        }
      }
}

// Applying a gradient sum: everywhere (a network's 100,000 parameters) and on a support.
#include "tests/bench/workload.h"
#include "workloads/random.h"
#include "workloads/rules/rule.h"

namespace sgdbench::bench {
namespace {

constexpr std::size_t kParameters = 101770;

void apply_everywhere(benchmark::State& state, const char* name, Access access,
                      const RuleSpec& asked = {}) {
  const auto rule = make_rule(parse_rule(name, 0.9, asked), {kParameters, 1});
  AlignedVector<Real> w(rule->state_size()), values(kParameters, Real(1e-3));
  const GradientSum gradient_sum[] = {{values, {}, true, 64}};
  for (auto _ : state) {
    rule->apply(w, gradient_sum, 0, kParameters, Real(0.1), access);
    benchmark::ClobberMemory();
  }
  const double n = kParameters, vectors = static_cast<double>(rule->vectors());
  declare(state, n * sizeof(Real) * (1 + 2 * vectors), 2 * n * vectors);
}
BENCHMARK_CAPTURE(apply_everywhere, sgd, "sgd", Access::exclusive);
BENCHMARK_CAPTURE(apply_everywhere, sgd_racy_store, "sgd", Access::racy_store);
BENCHMARK_CAPTURE(apply_everywhere, sgd_racy_cas, "sgd", Access::racy_cas);
BENCHMARK_CAPTURE(apply_everywhere, momentum, "momentum", Access::exclusive);
BENCHMARK_CAPTURE(apply_everywhere, nesterov, "nesterov", Access::exclusive);
BENCHMARK_CAPTURE(apply_everywhere, adagrad, "adagrad", Access::exclusive);
BENCHMARK_CAPTURE(apply_everywhere, rmsprop, "rmsprop", Access::exclusive);
// While it counts its updates (about 17,000 of them at its usual β₂), and later.
BENCHMARK_CAPTURE(apply_everywhere, adam_counting, "adam", Access::exclusive,
                  RuleSpec{.beta2 = kLongestMemory});
BENCHMARK_CAPTURE(apply_everywhere, adam, "adam", Access::exclusive,
                  RuleSpec{.beta1 = 0.5, .beta2 = 0.5});

void apply_support(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  AlignedVector<Real> w(kParameters), values(kParameters);
  std::vector<std::uint32_t> support;
  Random random(1);
  while (support.size() < count) {
    const auto k = static_cast<std::uint32_t>(random.below(kParameters));
    if (values[k] != 0) continue;
    values[k] = 1;
    support.push_back(k);
  }
  const auto rule = make_rule({}, {kParameters, 1});
  const GradientSum gradient_sum[] = {{values, support, false, 16}};
  for (auto _ : state) {
    rule->apply(w, gradient_sum, 0, kParameters, Real(0.1), Access::exclusive);
    benchmark::ClobberMemory();
  }
  const double n = static_cast<double>(count);
  declare(state, n * (sizeof(std::uint32_t) + 3 * sizeof(Real)), 2 * n);
}
BENCHMARK(apply_support)->Arg(75)->Arg(1000)->Arg(10000);

}  // namespace
}  // namespace sgdbench::bench

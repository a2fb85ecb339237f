// Averages over iterates, against the mean of the iterates of the same run.
#include "backends/verification.h"
#include "tests/conformance.h"

namespace sgdbench::testing {

namespace {

/// At each point of the curve the mean of the iterates behind the first `from` of them, in double;
/// the point itself where there are none.
std::vector<std::vector<double>> means_of(const RunOutcome& outcome, std::size_t from) {
  std::vector<std::vector<double>> means;
  std::vector<double> sum(outcome.curve[0].parameters.size());
  for (std::size_t t = 0; t < outcome.curve.size(); ++t) {
    const auto& w = outcome.curve[t].parameters;
    if (t > from) std::transform(w.begin(), w.end(), sum.begin(), sum.begin(), std::plus<double>());
    auto& mean = means.emplace_back(w.begin(), w.end());
    if (t > from)
      for (std::size_t i = 0; i < sum.size(); ++i) mean[i] = sum[i] / static_cast<double>(t - from);
  }
  return means;
}

double distance(std::span<const Real> a, std::span<const double> b) {
  double farthest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) farthest = std::max(farthest, std::abs(a[i] - b[i]));
  return farthest;
}

/// A run of which every update is a point of the curve.
RunSpec with_all_points(const BackendEntry& entry, const Case& c, std::size_t workers,
                        std::uint64_t updates) {
  RunSpec spec = spec_for(entry, *c.problem, workers, 4);
  spec.protocol = "bsp";
  spec.updates = updates;
  return spec;
}

}  // namespace

TEST_CASE("Every point of an averaged run is the mean of the iterates up to it" *
          doctest::test_suite("long")) {
  constexpr std::size_t kUpdates = 8;
  std::size_t checked = 0;
  for (const auto& c : cases())
    for (const auto& entry : backend_catalog())
      for (const std::size_t workers : {1, 3})
        for (const char* rule : {"sgd", "nesterov", "adagrad", "adam"}) {
          if (!entry.unavailable().empty()) continue;
          RunSpec spec = with_all_points(entry, c, workers, kUpdates);
          spec.rule = parse_rule(rule, 0.5);
          spec.evaluations = kUpdates;
          if (!entry.why_not(spec, *c.problem).empty() || !entry.deterministic(spec)) continue;
          const auto plain = run(entry, spec, *c.problem);
          if (plain.curve.size() != kUpdates + 1) continue;  // some updates have no point
          for (const double share : {1.0, 0.5}) {
            INFO(c.name << ", " << std::string(entry.name) << ", " << workers << " workers, "
                        << std::string(rule) << ", " << share);
            spec.rule.average = share;
            if (!entry.why_not(spec, *c.problem).empty()) continue;
            const auto averaged = run(entry, spec, *c.problem);
            REQUIRE(averaged.curve.size() == plain.curve.size());
            const std::size_t from = share == 1 ? 0 : kUpdates / 2;
            const auto means = means_of(plain, from);
            const double way = distance(plain.curve[0].parameters, means[kUpdates]);
            for (std::size_t t = 1; t <= kUpdates; ++t)
              CHECK(distance(averaged.curve[t].parameters, means[t]) < 1e-4 * way);
            const auto& end = plain.curve[kUpdates].parameters;
            const std::vector<double> last(end.begin(), end.end());
            CHECK(distance(averaged.curve[kUpdates].parameters, last) > 1e-3 * way);
            ++checked;
          }
        }
  CHECK(checked > 100);
}

TEST_CASE("Averages are verified under every protocol, and replicas have none") {
  const auto& c = cases()[0];
  std::size_t verified = 0, refused = 0;
  for (const auto& entry : backend_catalog())
    for (const auto& protocol : protocol_catalog())
      for (const char* rule : {"sgd", "adam"}) {
        if (!entry.unavailable().empty()) continue;
        RunSpec spec = spec_for(entry, *c.problem, entry.one_worker ? 1 : 2, 3);
        spec.protocol = protocol.example;
        spec.rule = parse_rule(rule, 0);
        if (!entry.why_not(spec, *c.problem).empty()) continue;
        if (!entry.uses_protocol && protocol.name != protocol_catalog()[0].name) continue;
        INFO(std::string(entry.name) << ", " << spec.protocol << ", " << std::string(rule));
        spec.rule.average = 1;
        const bool replicas =
            entry.uses_exchange ||
            (entry.uses_protocol &&
             make_protocol(spec.protocol, spec.workers)->traits().exchange != Exchange::gradient);
        const auto why = entry.why_not(spec, *c.problem);
        CHECK(why.empty() == !replicas);
        if (!why.empty()) {
          ++refused;
          continue;
        }
        const Verification verdict = verify_backend(entry, spec, *c.problem);
        CHECK_MESSAGE(verdict.ok, verdict.reason);
        ++verified;
      }
  CHECK(verified > 20);
  CHECK(refused > 4);
}

TEST_CASE("Near the optimum the average is far closer than the last iterate") {
  const Case c = make_case("least-squares", "quadratic:rows=400,features=10", 0.1);
  RunSpec spec = spec_for(backend("sequential"), *c.problem, 1, 1, 40);
  spec.step.initial = c.problem->suggested_step(1);
  const auto loss_with = [&](double average) {
    spec.rule.average = average;
    return evaluate(*c.problem, final_parameters(run(backend("sequential"), spec, *c.problem)),
                    Part::train, serial_for)
        .loss;
  };
  RunSpec exact = spec;
  exact.batch = 400;
  exact.epochs = 3000;
  exact.step.initial = c.problem->suggested_step(400);
  const double optimum =
      evaluate(*c.problem, final_parameters(run(backend("sequential"), exact, *c.problem)),
               Part::train, serial_for)
          .loss;
  const double last = loss_with(0) - optimum, tail = loss_with(0.5) - optimum;
  CHECK(last > 0);
  CHECK(tail < last / 10);
}

}  // namespace sgdbench::testing

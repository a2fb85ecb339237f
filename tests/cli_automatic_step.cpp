// What `auto` stands for in a step size: that it trains, whatever it is asked to train.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "cli/options.h"
#include "cli/setup.h"
#include "workloads/data/generators/generators.h"

using namespace sgdbench;

namespace {

using Words = std::vector<std::pair<std::string_view, std::string>>;

TrainTest data_of(const std::string& source) {
  DataRequest request;
  request.source = source;
  return load_data(request, serial_for);
}

/// Sized to be quick, and to teach something within a few epochs.
std::string small(const Generator& generator) {
  std::string source = std::string(generator.name) + ":rows=500";
  for (const auto& parameter : generator.parameters)
    if (parameter.name == "features" && parameter.fallback > 400) source += ",features=400";
  return source;
}

WorkloadOptions options_of(std::string_view workload, bool intercept = false) {
  WorkloadOptions options;
  options.workload = workload;
  options.hidden = {16};
  options.intercept = intercept;
  return options;
}

Setup settled_with(const Problem& problem, std::string_view workload, const Words& words) {
  Configuration configuration;
  configuration.workload.workload = workload;
  configuration.spec.backend = "sequential";
  for (const auto& [name, value] : words) apply(find_option(kRun, name), configuration, value);
  return settle(configuration, problem, 1);
}

struct Learnt {
  double before, after, least;
};

Learnt train(const Setup& c, const Problem& problem) {
  const std::atomic<bool> never{false};
  const auto outcome = c.backend->make(c.spec, problem)->run(c.spec, never);
  const auto loss = [&](const Snapshot& snapshot) {
    return evaluate(problem, snapshot.parameters, Part::train, serial_for).loss;
  };
  Learnt learnt{loss(outcome.curve.front()), loss(outcome.curve.back()), 0};
  learnt.least = learnt.after;
  for (std::size_t i = 1; i + 1 < outcome.curve.size(); ++i)
    learnt.least = std::min(learnt.least, loss(outcome.curve[i]));
  return learnt;
}

/// By every rule, an example and 64 at a time; returns how many runs that were. SAG's loss swings
/// before it falls: an example's first gradient counts n times before it is renewed.
std::size_t check_that_it_trains(const WorkloadEntry& workload, bool intercept,
                                 const TrainTest& data) {
  CAPTURE(workload.name);
  CAPTURE(intercept);
  const auto problem = make_problem(options_of(workload.name, intercept), data);
  std::size_t runs = 0;
  for (const auto& rule : rule_catalog())
    for (const std::string batch : {"1", "64"}) {
      if (!problem->why_no_rule(parse_rule(rule.name, 0)).empty()) continue;
      CAPTURE(rule.name);
      CAPTURE(batch);
      const auto c = settled_with(*problem, workload.name,
                                  {{"--rule", std::string(rule.name)},
                                   {"--batch", batch},
                                   {"--epochs", rule.estimate == Estimate::sag ? "12" : "3"},
                                   {"--evaluations", "3"}});
      CAPTURE(c.spec.step.initial);
      const auto learnt = train(c, *problem);
      CHECK(std::isfinite(learnt.after));
      CHECK(learnt.least < learnt.before);
      CHECK(learnt.after < 1.25 * learnt.before);  // the noise of single examples, here and there
      ++runs;
    }
  return runs;
}

}  // namespace

TEST_CASE("The automatic step trains every workload on every generator by every rule") {
  std::size_t runs = 0;
  for (const auto& generator : generator_catalog()) {
    CAPTURE(generator.name);
    const auto data = data_of(small(generator));
    for (const auto& workload : workload_catalog()) {
      if (!workload.trains || !workload.why_not(data.train).empty()) continue;
      runs += check_that_it_trains(workload, false, data);
      if (workload.why_no_intercept.empty()) runs += check_that_it_trains(workload, true, data);
    }
  }
  CHECK(runs > 6 * generator_catalog().size() * 4);
}

TEST_CASE("The automatic step leaves the whole effect of a gradient as the rule finds it") {
  const auto data = data_of("rcv1-like:rows=100,features=50");
  const auto problem = make_problem(options_of("logreg"), data);
  const auto step = [&](const char* rule, const char* momentum) {
    return settled_with(*problem, "logreg", {{"--rule", rule}, {"--momentum", momentum}})
        .spec.step.initial;
  };
  const double sgd = step("sgd", "0.9");
  CHECK(sgd == problem->suggested_step(1));
  for (const char* rule : {"momentum", "nesterov"}) {
    CHECK(step(rule, "0.9") == doctest::Approx(sgd / 10));
    CHECK(step(rule, "0") == doctest::Approx(sgd));
    CHECK(step(rule, "-0.3") == doctest::Approx(sgd * 1.3));
    CHECK(step(rule, "-0.9") == doctest::Approx(sgd / 5));  // half of 2(1 + μ)/L, for 1/(2L)
  }
}

TEST_CASE("The automatic schedule cools networks down, and leaves convex workloads alone") {
  const auto data = data_of("mnist-like:rows=50");
  const auto schedule = [&](const char* workload, const Words& words) {
    const auto step =
        settled_with(*make_problem(options_of(workload), data), workload, words).spec.step;
    return to_string(step.schedule, step.rate);
  };
  CHECK(schedule("mlp", {}) == "cooldown:0.2");
  CHECK(schedule("mlp", {{"--lr", "0.1"}}) == "cooldown:0.2");
  CHECK(schedule("mlp", {{"--lr-schedule", "constant"}}) == "constant");
  CHECK(schedule("softmax", {}) == "constant");
  CHECK(schedule("softmax", {{"--lr-schedule", "cooldown:0.5"}}) == "cooldown:0.5");
}

// The column of ones has the curvature c, in a direction that no centring of the others takes away.
TEST_CASE("An intercept is what a long step of large mini-batches fails by") {
  const auto data = data_of("rcv1-like:rows=500");
  const auto without = make_problem(options_of("logreg"), data);
  const auto with = make_problem(options_of("logreg", true), data);
  const auto learnt = [&](double step) {
    const auto c = settled_with(*with, "logreg",
                                {{"--lr", std::to_string(step)},
                                 {"--batch", "64"},
                                 {"--epochs", "2"},
                                 {"--evaluations", "1"}});
    const auto [before, after, least] = train(c, *with);
    return before - after;
  };
  CHECK(learnt(with->suggested_step(64)) > 0);
  CHECK(learnt(without->suggested_step(64)) < 0);
  CHECK(without->suggested_step(64) > 10 * with->suggested_step(64));
}

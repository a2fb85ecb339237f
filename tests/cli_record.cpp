#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

#include "cli/options.h"
#include "cli/run_record.h"
#include "results/fields.h"
#include "results/labels.h"
#include "results/outcome.h"

using namespace sgdbench;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const DataFacts kFacts{.examples = 100, .features = 7, .l2 = 0.01, .load_s = 0.5, .checksum = 9};

Setup settled_configuration(std::optional<double> loss, std::optional<double> accuracy) {
  Configuration configuration;
  configuration.workload.workload = workload_catalog().front().name;
  configuration.data.source = "quadratic:rows=100";
  configuration.spec.backend = backend_catalog().front().name;
  configuration.target_loss = loss;
  configuration.target_accuracy = accuracy;
  return unsettled(configuration);
}

std::string cell_of(const RunRecord& row, std::string_view column) {
  for (const auto& field : run_fields())
    if (field.name == column) return to_text(field.get(row));
  return "no such column";
}

WorkerReport worker(Nanoseconds compute, Nanoseconds wait, std::uint64_t applied) {
  WorkerReport report;
  report.time.start(0);
  report.time.enter(Phase::wait, compute);
  report.time.enter(Phase::observe, compute + wait);
  report.time.stop(compute + wait + 10);
  report.applied = applied;
  report.computed = applied + 2;
  report.dropped = 2;
  report.staleness.add(1);
  report.staleness.add(3);
  return report;
}

/// Two workers, 200 example gradients, three snapshots.
RunOutcome outcome() {
  RunOutcome o;
  o.wall = 1'000'000'010;
  o.updates = 20;
  o.workers = {worker(600'000'000, 400'000'000, 120), worker(900'000'000, 100'000'000, 80)};
  o.curve = {{0, 0, 0, {}}, {500'000'000, 10, 100, {}}, {1'000'000'010, 20, 200, {}}};
  o.staleness_mode = "exact";
  return o;
}

PointEvaluation point(double loss, std::optional<double> accuracy = std::nullopt) {
  PointEvaluation p{{loss, std::nullopt}, std::nullopt};
  if (accuracy) p.test = Evaluation{loss, accuracy};
  return p;
}

RunRecord record(const Setup& c, const RunOutcome& o,
                 const std::vector<PointEvaluation>& evaluations) {
  auto row = describe(c, kFacts, 2, 5);
  add_outcome(row, o);
  add_curve(row, o, evaluations);
  judge(row, o, c.spec);
  return row;
}

}  // namespace

TEST_CASE("A run that diverged blames the step of whoever chose it") {
  auto given = settled_configuration({}, {});
  given.configuration.lr = given.spec.step.initial = 40;
  CHECK(record(given, outcome(), {point(1), point(2), point(3)}).reason ==
        "the loss rose from 1 to 3: try a smaller --lr");
  auto automatic = given;
  automatic.configuration.lr.reset();
  constexpr auto kAutomatic = "the automatic step of 40 is too large here: give --lr a smaller one";
  const auto row = record(automatic, outcome(), {point(1), point(2), point(3)});
  CHECK(row.status == "diverged");
  CHECK(row.reason == std::string("the loss rose from 1 to 3: ") + kAutomatic);
  CHECK(record(automatic, outcome(), {point(1), point(kNaN), point(3)}).reason ==
        std::string("the loss is not finite after 1 epochs: ") + kAutomatic);
  auto stopped = outcome();
  stopped.stopped = Stopped::not_finite;
  CHECK(record(automatic, stopped, {point(1), point(2), point(3)}).reason ==
        std::string("the parameters are no longer finite: ") + kAutomatic);
  auto tuned = automatic;
  tuned.configuration.tuned = kTuneStep;
  CHECK(record(tuned, outcome(), {point(1), point(2), point(3)}).reason.find("the tuned step") !=
        std::string::npos);
}

TEST_CASE("The mean phases of the workers sum to the wall time") {
  const auto row =
      record(settled_configuration({}, {}), outcome(), {point(1), point(0.5), point(0.4)});
  CHECK(*row.compute_s == doctest::Approx(0.75));
  CHECK(*row.wait_s == doctest::Approx(0.25));
  CHECK(*row.compute_s + *row.wait_s + *row.communicate_s + *row.queue_s + *row.observe_s ==
        doctest::Approx(*row.wall_s).epsilon(1e-12));
}

TEST_CASE(
    "Messages are counted and have mean sizes where they are delayed, and no cells elsewhere") {
  auto delayed = outcome();
  delayed.traffic = Traffic{.pulls = 4, .pushes = 3, .pull_bytes = 400, .push_bytes = 60};
  delayed.link_busy = 250'000'000;
  delayed.workers[0].time.move(Phase::wait, Phase::queue, 300'000'000);
  const auto setup = settled_configuration({}, {});
  const auto row = record(setup, delayed, {point(1), point(0.5), point(0.4)});
  CHECK(*row.messages == 7);
  CHECK(*row.pull_bytes == 100);
  CHECK(*row.push_bytes == 20);
  CHECK(*row.link_busy_share == doctest::Approx(0.25));
  CHECK(*row.queue_s == doctest::Approx(0.15));
  CHECK(row.per_worker[0].queue_s == doctest::Approx(0.3));
  const auto plain = record(setup, outcome(), {point(1), point(0.5), point(0.4)});
  CHECK(*plain.queue_s == 0);
  CHECK_FALSE(plain.messages);
  CHECK_FALSE(plain.pull_bytes);
  CHECK_FALSE(plain.push_bytes);
  CHECK_FALSE(plain.link_busy_share);
}

TEST_CASE("Counts are sums over the workers, and an epoch is n landed gradients") {
  const auto row =
      record(settled_configuration({}, {}), outcome(), {point(1), point(0.5), point(0.4)});
  CHECK(*row.examples_processed == 200);
  CHECK(*row.gradient_evaluations == 204);
  CHECK(*row.dropped_gradients == 4);
  CHECK(*row.epochs == 2);
  CHECK(*row.updates_per_s == doctest::Approx(20));
  CHECK(*row.staleness_mean == 2);
  CHECK(*row.staleness_samples == 4);
  CHECK(row.staleness.size() == 4);
  CHECK(row.status == "ok");
  CHECK(row.seed == 3);
  CHECK(row.order == 5);
  CHECK(row.run_id == row.config_id + "-2");
}

TEST_CASE("The target is reached at the first point that has it, and a miss is an empty cell") {
  const std::vector<PointEvaluation> falling{point(1, 0.5), point(0.5, 0.9), point(0.4, 0.8)};
  const auto hit = record(settled_configuration(0.5, {}), outcome(), falling);
  CHECK(*hit.time_to_target_s == 0.5);
  CHECK(*hit.epochs_to_target == 1);
  CHECK(*hit.updates_to_target == 10);
  const auto accurate = record(settled_configuration({}, 0.9), outcome(), falling);
  CHECK(*accurate.updates_to_target == 10);
  CHECK(*accurate.accuracy_final == 0.8);
  CHECK(*record(settled_configuration(0.4, 0.8), outcome(), falling).updates_to_target == 20);
  for (const auto& missed : {record(settled_configuration(0.39, {}), outcome(), falling),
                             record(settled_configuration({}, 0.91), outcome(), falling),
                             record(settled_configuration(0.4, 0.85), outcome(), falling),
                             record(settled_configuration({}, {}), outcome(), falling)}) {
    CHECK(!missed.time_to_target_s);
    CHECK(!missed.epochs_to_target);
    CHECK(!missed.updates_to_target);
    CHECK(missed.status == "ok");
  }
}

TEST_CASE("A loss that is not finite is an empty cell, diverges and reaches no target") {
  const auto row =
      record(settled_configuration(5, {}), outcome(), {point(9), point(kNaN), point(INFINITY)});
  CHECK(row.status == "diverged");
  CHECK(!row.curve[1].loss);
  CHECK(!row.curve[2].loss);
  CHECK(!row.loss_final);
  CHECK(!row.time_to_target_s);
  auto stopped = outcome();
  stopped.stopped = Stopped::not_finite;
  CHECK(record(settled_configuration({}, {}), stopped, {point(1), point(1), point(1)}).status ==
        "diverged");
}

TEST_CASE("A loss that more than doubled has diverged; one that doubled has not") {
  const auto c = settled_configuration({}, {});
  CHECK(record(c, outcome(), {point(1), point(5), point(2)}).status == "ok");
  const auto row = record(c, outcome(), {point(1), point(1), point(2.1)});
  CHECK(row.status == "diverged");
  CHECK(row.reason.find("from 1 to 2.1") != std::string::npos);
}

TEST_CASE("A run that was ended says by what; divergence comes before the time limit") {
  auto o = outcome();
  o.stopped = Stopped::time_limit;
  const auto c = settled_configuration({}, {});
  CHECK(record(c, o, {point(1), point(1), point(1)}).status == "timeout");
  CHECK(record(c, o, {point(1), point(1), point(9)}).status == "diverged");
  o.stopped = Stopped::interrupted;
  const auto row = record(c, o, {point(1), point(1), point(9)});
  CHECK(row.status == "interrupted");
  CHECK(row.reason.find("after 2 of 10 epochs") != std::string::npos);
}

TEST_CASE("A run without updates, workers or points makes a row with empty cells") {
  RunOutcome o;
  const auto row = record(settled_configuration(1, {}), o, {});
  CHECK(!row.compute_s);
  CHECK(!row.updates_per_s);
  CHECK(!row.loss_final);
  CHECK(!row.staleness_mean);
}

TEST_CASE("A row of something that never ran has no measurement") {
  auto row = describe(settled_configuration({}, {}), kFacts, 0, 0);
  set_status(row, "unsupported", "because");
  CHECK(!row.wall_s);
  CHECK(!row.updates);
  CHECK(row.examples == 100);
  CHECK(row.command.starts_with("sgdbench run --workload"));
}

TEST_CASE(
    "A column that only its option fills has the option's value, where that means something") {
  const auto columns = columns_that_are(kAsText);
  std::set<std::string_view> filled, left_empty;
  for (const auto& backend : backend_catalog())
    for (const auto& workload : workload_catalog())
      for (const auto& rule : rule_catalog()) {
        Configuration configuration;
        configuration.data.source = "quadratic:rows=100";
        configuration.spec.backend = backend.name;
        configuration.workload.workload = workload.name;
        configuration.rule = rule.name;
        const auto row = describe(unsettled(configuration), kFacts, 0, 0);
        // A row says what `auto` stood for.
        configuration.automatic_shuffle = false;
        configuration.spec.shuffle = usual_shuffle(parse_rule(rule.name, 0));
        for (const auto& column : columns) {
          const auto& option = option_of(column.name);
          const bool means_something = applies(option, configuration);
          CAPTURE(option.name);
          CHECK(cell_of(row, column.name) == (means_something ? option.show(configuration) : ""));
          (means_something ? filled : left_empty).insert(column.name);
        }
      }
  CHECK(filled.size() == columns.size());
  CHECK(left_empty.contains("hidden"));
}

TEST_CASE(
    "A row says whether its model has an intercept, which is another goal, if it may have one") {
  Configuration configuration;
  configuration.data.source = "quadratic:rows=100";
  configuration.spec.backend = backend_catalog().front().name;
  const auto row_of = [&](const char* workload, bool intercept) {
    configuration.workload.workload = workload;
    configuration.workload.intercept = intercept;
    return describe(unsettled(configuration), kFacts, 0, 0);
  };
  const auto off = row_of("logreg", false), on = row_of("logreg", true);
  CHECK(cell_of(off, "intercept") == "off");
  CHECK(cell_of(on, "intercept") == "on");
  CHECK(cell_of(row_of("mlp", false), "intercept") == "");
  CHECK(off.config_id != on.config_id);
  CHECK_FALSE(same_goal(off, on));
  const RunRecord* rows[] = {&off, &on};
  CHECK(column_text(on, varying_columns(rows)) == "intercept=on");
}

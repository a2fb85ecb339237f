// Targets, the room for the curve and the end of repeating: what is decided before and between
// runs.
#include <doctest/doctest.h>

#include "backends/protocols/protocol.h"
#include "backends/run.h"
#include "cli/configuration.h"
#include "cli/execute.h"
#include "cli/options.h"
#include "cli/run_record.h"
#include "cli/setup.h"
#include "results/view/summary.h"
#include "workloads/names.h"

using namespace sgdbench;

namespace {

Configuration cell_with(
    std::initializer_list<std::pair<std::string_view, std::string_view>> options) {
  Configuration configuration;
  apply(find_option(kRun, "--workload"), configuration, workload_catalog().front().name);
  for (const auto& [name, value] : options) apply(find_option(kRun, name), configuration, value);
  return configuration;
}

std::string refusal(std::initializer_list<std::pair<std::string_view, std::string_view>> options) {
  try {
    check_targets({cell_with(options)});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

/// 1,000 parameters: a copy takes 4,000 bytes.
struct Small {
  static TrainTest load() {
    DataRequest request;
    request.source = "quadratic:rows=1001,features=1000";
    return load_data(request, serial_for);
  }
  TrainTest data = load();
  std::unique_ptr<Problem> problem =
      make_problem({.workload = "least-squares", .l2 = -1, .hidden = {}, .activation = ""}, data);
};

Setup measuring(const Small& small, std::string_view evaluations, bool stop = false) {
  Configuration configuration = cell_with({{"--evaluations", evaluations}, {"--epochs", "80"}});
  configuration.spec.backend = backend_catalog().front().name;
  configuration.stop_at_target = stop;
  return settle(configuration, *small.problem, 1);
}

std::vector<RunRecord> rows_with(const std::vector<double>& times) {
  std::vector<RunRecord> rows;
  for (const double time : times) {
    auto& row = rows.emplace_back();
    row.config_id = "c";
    row.status = "ok";
    row.wall_s = time;
  }
  return rows;
}

}  // namespace

TEST_CASE("Targets are a list of percentages or shares, each once, the tightest last") {
  const auto& option = find_option(kRun, "--target");
  CHECK(option.show(cell_with({{"--target", "1%"}})) == "1%");
  CHECK(option.show(cell_with({{"--target", "2%,0.1,5%,2%"}})) == "10%,5%,2%");
  CHECK(option.show(cell_with({})) == "");
  CHECK_THROWS_WITH(cell_with({{"--target", "0%"}}), "--target: 0% is too small: above 0%");
  CHECK_THROWS_WITH(cell_with({{"--target", "5"}}), "--target: 5 is no share below 1: write 5%");
  CHECK_THROWS_WITH(cell_with({{"--target", "1"}}), "--target: 1 is no share below 1: write 1%");
  CHECK_THROWS_WITH(cell_with({{"--until-ci", "2"}}),
                    "--until-ci: 2 is no share below 1: write 2%");
  CHECK(option.show(cell_with({{"--target", "100%"}})) == "100%");
  CHECK_THROWS_AS(cell_with({{"--target", "one"}}), UsageError);
}

TEST_CASE("Targets that make no sense are refused before anything is loaded") {
  CHECK(refusal({{"--target", "1%"}, {"--stop-at-target", "1"}}).empty());
  CHECK(refusal({{"--target", "1%"}, {"--target-loss", "0.5"}}).find("choose one") !=
        std::string::npos);
  CHECK(refusal({{"--workload", "mlp"}, {"--target", "1%"}}).find("--target-accuracy") !=
        std::string::npos);
  CHECK(refusal({{"--stop-at-target", "1"}}).find("name a --target") != std::string::npos);
  CHECK(refusal({{"--stop-at-target", "1"}, {"--target-loss", "1"}, {"--recording", "none"}})
            .find("--recording full") != std::string::npos);
}

TEST_CASE("Points that nobody asked for shrink to the room there is; others are refused") {
  const Small small;
  auto usual = measuring(small, "0");
  CHECK(settle_curve(usual, *small.problem, 1 << 30).empty());
  CHECK(usual.spec.evaluations == 0);
  CHECK(settle_curve(usual, *small.problem, 80'000).empty());
  CHECK(usual.spec.evaluations == 9);  // ten copies are half of it

  auto asked = measuring(small, "20");
  CHECK(settle_curve(asked, *small.problem, 1 << 30).empty());
  const auto why = settle_curve(asked, *small.problem, 80'000);
  CHECK(why ==
        "the curve's 21 copies of 1000 parameters take 0.084 MB, more than half of the 0.08 MB "
        "that are free: --evaluations 9 at most, or --stop-at-target, which keeps no copies");
  auto stopping = measuring(small, "20", true);
  CHECK(settle_curve(stopping, *small.problem, 80'000).empty());
}

TEST_CASE(
    "Where a target is set, a curve that nobody asked for is fine enough to tell targets apart") {
  const Small small;
  const auto points = [&](std::string_view epochs, std::string_view target,
                          std::string_view evaluations) {
    Configuration configuration = cell_with({{"--evaluations", evaluations}, {"--epochs", epochs}});
    if (!target.empty()) apply(find_option(kRun, target), configuration, "0.01");
    configuration.spec.backend = backend_catalog().front().name;
    const auto c = settle(configuration, *small.problem, 1);
    const std::uint64_t n = small.problem->examples();
    return curve_points(c.spec, c.spec.epochs * n, n);
  };
  for (const auto* target : {"--target", "--target-loss", "--target-accuracy"}) {
    CHECK(points("1", target, "0") == 10);
    CHECK(points("8", target, "0") == 32);
    CHECK(points("80", target, "0") == 100);
    CHECK(points("1000000000", target, "0") == 100);
    CHECK(points("8", target, "3") == 3);
  }
  CHECK(points("1", "", "0") == 1);
  CHECK(points("8", "", "0") == 8);
  CHECK(points("1000000000", "", "0") == 100);
  // The identity is of what was asked, so that the command repeats it.
  Configuration configuration = cell_with({{"--target-loss", "0.01"}});
  configuration.spec.backend = backend_catalog().front().name;
  CHECK(command_of(configuration).find("--evaluations") == std::string::npos);
  auto tight = settle(configuration, *small.problem, 1);
  CHECK(settle_curve(tight, *small.problem, 80'000).empty());
  CHECK(tight.spec.evaluations == 9);
}

TEST_CASE("Configurations that are the same algorithm have the same automatic step") {
  const Small small;
  const auto settled_for = [&](const char* backend, const char* protocol, const char* workers,
                               const char* batch) {
    return settle(cell_with({{"--backend", backend},
                             {"--protocol", protocol},
                             {"--workers", workers},
                             {"--batch", batch}}),
                  *small.problem, 1);
  };
  struct Case {
    const char *backend, *protocol;
    std::size_t averaged;  // of four workers' mini-batches of 3
  };
  for (const auto& test :
       {Case{"openmp-sync", "async", 12}, Case{"hogwild", "async", 3}, Case{"downpour", "async", 3},
        Case{"locked", "async", 3}, Case{"leashed", "async", 3},
        Case{"parameter-server", "async", 3}, Case{"parameter-server", "bsp", 12},
        Case{"parameter-server", "ssp:2", 3}, Case{"parameter-server", "k-sync:2", 6},
        Case{"parameter-server", "k-batch-sync:5", 15}, Case{"parameter-server", "k-async:3", 9},
        Case{"parameter-server", "k-batch-async:2", 6}, Case{"parameter-server", "local:1", 12},
        Case{"parameter-server", "local:4", 3}, Case{"parameter-server", "elastic:0.1", 3},
        Case{"parameter-server", "ringmaster:8", 3}, Case{"simulator", "bsp", 12},
        Case{"simulator", "k-async:3", 9}, Case{"simulator", "async", 3}}) {
    CAPTURE(test.backend);
    CAPTURE(test.protocol);
    const auto c = settled_for(test.backend, test.protocol, "4", "3");
    CHECK(examples_per_update(*c.backend, c.spec, 1001) == test.averaged);
    const auto one = settled_for("sequential", "async", "1", std::to_string(test.averaged).c_str());
    CHECK(c.spec.step.initial == one.spec.step.initial);
  }
  CHECK(settled_for("openmp-sync", "async", "4", "1").spec.step.initial !=
        settled_for("sequential", "async", "1", "1").spec.step.initial);
  // No more than there are.
  const auto all = settled_for("openmp-sync", "async", "4", "900");
  CHECK(examples_per_update(*all.backend, all.spec, 1001) == 1001);
}

TEST_CASE("A limit on updates has the epochs that it needs, and a record says what was counted") {
  const Small small;
  const std::atomic<bool> never{false};
  for (const auto& entry : backend_catalog())
    for (const auto& protocol : protocol_catalog())
      for (const char* workers : {"1", "2"}) {
        if (!entry.uses_protocol && &protocol != &protocol_catalog().front()) continue;
        const auto c = settle(cell_with({{"--backend", entry.name},
                                         {"--protocol", protocol.example},
                                         {"--workers", workers},
                                         {"--compute-time", "constant:1ms"},
                                         {"--batch", "64"},
                                         {"--updates", "40"}}),
                              *small.problem, 1);
        if (!entry.unavailable().empty() || !entry.why_not(c.spec, *small.problem).empty())
          continue;
        INFO(std::string(entry.name) << ", " << std::string(protocol.example) << ", " << workers);
        const auto outcome = entry.make(c.spec, *small.problem)->run(c.spec, never);
        auto row = describe(c, {}, 0, 0);
        add_outcome(row, outcome);
        CHECK(row.updates == 40);
        CHECK(row.updates_per_s == doctest::Approx(40 / *row.wall_s));
        std::uint64_t updates = 0, steps = 0;
        for (const auto& worker : row.per_worker) {
          updates += worker.updates;
          steps += worker.local_steps.value_or(0);
          CHECK(worker.local_steps.has_value() == row.local_steps.has_value());
        }
        CHECK(updates == 40);
        CHECK(steps == row.local_steps.value_or(0));
        if (row.local_steps) CHECK(row.local_steps == row.staleness_samples);
      }
}

TEST_CASE("A mini-batch that nobody chose is worth the meeting, where workers meet") {
  TrainTest data;
  DataRequest request;
  request.source = "rcv1-like:rows=2000,features=300";
  data = load_data(request, serial_for);
  const auto problem = make_problem(
      {.workload = "logreg", .l2 = -1, .hidden = {}, .activation = "", .parameters = 0}, data);
  const auto batch_of = [&](const char* backend, const char* protocol, const char* workers) {
    return settle(cell_with(
                      {{"--backend", backend}, {"--protocol", protocol}, {"--workers", workers}}),
                  *problem, 1)
        .spec.batch;
  };
  CHECK(batch_of("sequential", "async", "1") == 1);
  CHECK(batch_of("hogwild", "async", "2") == 1);
  CHECK(batch_of("parameter-server", "async", "2") == 1);
  CHECK(batch_of("parameter-server", "bsp", "2") == 31);
  CHECK(batch_of("openmp-sync", "async", "2") == 31);  // 2000 / (32 · 2): of 18,000 rows 64
  CHECK(batch_of("openmp-sync", "async", "1") == 62);
  CHECK(batch_of("simulator", "bsp", "2") == 1);
}

TEST_CASE("Evaluation points are even or geometric, and shown as they are typed") {
  const auto& option = find_option(kRun, "--evaluations");
  for (const auto* text : {"0", "12", "geometric:30"})
    CHECK(option.show(cell_with({{"--evaluations", text}})) == text);
  CHECK(option.show(cell_with({{"--evaluations", "even:5"}})) == "5");
  CHECK_THROWS_AS(cell_with({{"--evaluations", "geometric:1"}}), UsageError);
  CHECK_THROWS_AS(cell_with({{"--evaluations", "cubic:3"}}), UsageError);
}

TEST_CASE("Repeating ends when the interval of the median is narrow, or when it never will be") {
  CHECK(!precision_of(rows_with({1, 1, 1}), "c").half_width);
  const auto wide = precision_of(rows_with({1, 1.1, 1.2, 0.9, 0.8, 1, 1, 1.3}), "c");
  REQUIRE(wide.half_width);
  CHECK(wide.repeats == 8);
  CHECK_FALSE(settled(wide, 0.02));
  const auto narrow = precision_of(rows_with({1, 1.001, 1.002, 0.999, 1, 1, 1, 1}), "c");
  CHECK(settled(narrow, 0.02));
  auto missed = rows_with(std::vector<double>(kHopeless, 1.0));
  for (auto& row : missed) row.target_loss = 0.1;
  CHECK(settled(precision_of(missed, "c"), 0.02));
  missed.pop_back();
  CHECK_FALSE(settled(precision_of(missed, "c"), 0.02));
  CHECK(precision_notes(rows_with({1, 1, 1, 1, 1, 1}), {{"c", 0.02}}).empty());
  CHECK(precision_notes(rows_with({0, 0, 0, 0, 0, 0}), {{"c", 0.02}}).empty());
  CHECK(precision_notes(rows_with({1, 2, 1, 1, 2, 3}), {{"c", 0.02}}).size() == 1);
}

TEST_CASE("Repeating does not go on for what the points of a curve leave open") {
  auto rows = rows_with(std::vector<double>(8, 1.0));
  for (auto& row : rows) {
    row.target_loss = 0.1;
    row.time_to_target_s = 1;
    row.time_to_target_low_s = 0.9;
    row.time_to_target_high_s = 1.1;
  }
  const auto coarse = precision_of(rows, "c");
  CHECK(*coarse.half_width == doctest::Approx(0.1));
  CHECK(coarse.between_points == doctest::Approx(0.1));
  CHECK(settled(coarse, 0.2));
  CHECK(settled(coarse, 0.05));  // more repeats would not help
  const auto notes = precision_notes(rows, {{"c", 0.05}});
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("known to ±10 % after 8 repeats, not to ±5 %; the points of its curve alone "
                      "leave ±10 %: more of `evaluations` tell more") != std::string::npos);
  // That of a median does not narrow what a few wide ones leave open.
  for (auto* row : {&rows[0], &rows[1], &rows[2]}) row->time_to_target_low_s = 0.5;
  CHECK_FALSE(settled(precision_of(rows, "c"), 0.101));
}

#include <doctest/doctest.h>

#include "results/reports.h"
#include "tests/results_samples.h"

using namespace sgdbench;

namespace {

/// Four repeats of a configuration, whose time to the target and loss are about these.
struct Made {
  std::string id, backend;
  double lr = 0.1;
  std::uint64_t workers = 1;
  double to_target = 1;
  double loss = 0.3;
};

std::vector<RunRecord> runs_of(const std::vector<Made>& all, bool timed = true) {
  std::vector<RunRecord> runs;
  for (std::uint64_t repeat = 0; repeat < 4; ++repeat)
    for (const auto& made : all) {
      auto& run = runs.emplace_back(sample_run(repeat));
      run.config_id = made.id;
      run.run_id = made.id + "-" + std::to_string(repeat);
      run.backend = made.backend;
      run.lr = made.lr;
      run.workers = made.workers;
      run.loss_final = made.loss;
      run.accuracy_final = 1 - made.loss;
      run.wall_s = 10 * made.to_target;
      if (!timed) continue;
      run.target_loss = 0.5;
      run.time_to_target_s = made.to_target * (1 + 0.01 * static_cast<double>(repeat));
      run.epochs_to_target = 2;
    }
  return runs;
}

const std::vector<Made> kFour{{"b", "beta", 0.1, 1, 2, 0.1},
                              {"a", "alpha", 0.1, 1, 3, 0.2},
                              {"d", "delta", 0.1, 1, 1, 0.4},
                              {"c", "gamma", 0.1, 1, 4, 0.3}};

using Ids = std::vector<std::string>;

Layout sorted_by(std::string_view name) {
  Layout layout;
  for (const auto& column : sort_columns())
    if (column.name == name) layout.sort = &column;
  REQUIRE(layout.sort);
  return layout;
}

Layout best_per(std::initializer_list<std::string_view> names) {
  Layout layout;
  for (const auto name : names)
    for (const auto& column : columns_that_are(kSetting))
      if (column.name == name) layout.best_per.push_back(column);
  REQUIRE(layout.best_per.size() == names.size());
  return layout;
}

void fail(std::vector<RunRecord>& runs, std::string_view id, std::uint64_t repeat) {
  for (auto& run : runs)
    if (run.config_id == id && run.repeat == repeat) run.status = "diverged";
}

}  // namespace

TEST_CASE("A table stands in the order asked, or sorted by what came out, the best first") {
  const auto runs = runs_of(kFour);
  CHECK(arrange(runs, {}, {}).config_ids == Ids{"b", "a", "d", "c"});
  CHECK(arrange(runs, Ids{"d", "b"}, {}).config_ids == Ids{"d", "b", "a", "c"});
  CHECK(arrange(runs, {}, sorted_by("target")).config_ids == Ids{"d", "b", "a", "c"});
  CHECK(arrange(runs, {}, sorted_by("epoch")).config_ids == Ids{"d", "b", "a", "c"});
  CHECK(arrange(runs, {}, sorted_by("loss")).config_ids == Ids{"b", "a", "c", "d"});
  CHECK(arrange(runs, {}, sorted_by("accuracy")).config_ids == Ids{"b", "a", "c", "d"});
  CHECK(arrange(runs, {}, sorted_by("backend")).config_ids == Ids{"a", "b", "d", "c"});
}

TEST_CASE("Whoever missed the target or diverged stands last, however fast the others were") {
  auto runs = runs_of(kFour);
  fail(runs, "d", 1);  // one repeat: no winner, but it has a time
  for (auto& run : runs)
    if (run.config_id == "b" && run.repeat > 0) run.time_to_target_s.reset();
  CHECK(arrange(runs, {}, sorted_by("target")).config_ids == Ids{"a", "c", "d", "b"});
  for (std::uint64_t repeat = 0; repeat < 4; ++repeat) fail(runs, "b", repeat);
  for (const auto& column : sort_columns())
    if (column.result && column.name != "updates" && column.name != "staleness" &&
        column.name != "waits") {
      CAPTURE(column.name);
      const auto ids = arrange(runs, {}, sorted_by(column.name)).config_ids;
      CHECK(ids[2] == "d");
      CHECK(ids[3] == "b");
    }
}

TEST_CASE("Rows of one problem stay together, whatever they are sorted by") {
  auto runs = runs_of(kFour);
  for (auto& run : runs)
    if (run.config_id == "a" || run.config_id == "d") run.l2 = 7;
  CHECK(arrange(runs, {}, sorted_by("target")).config_ids == Ids{"b", "c", "d", "a"});
}

TEST_CASE(
    "The best of each backend is the first at the target, and an edge of its sweep is named") {
  const std::vector<Made> sweep{{"a1", "alpha", 0.1, 1, 3},   {"a2", "alpha", 0.2, 1, 2},
                                {"a3", "alpha", 0.4, 1, 2.5}, {"b1", "beta", 0.1, 1, 3},
                                {"b2", "beta", 0.2, 1, 2},    {"b3", "beta", 0.4, 1, 1},
                                {"c1", "gamma", 0.1, 1, 1},   {"c2", "gamma", 0.2, 1, 2}};
  const auto layout = best_per({"backend"});
  const auto found = arrange(runs_of(sweep), {}, layout);
  CHECK(found.config_ids == Ids{"a2", "b3", "c1"});
  CHECK(found.left_out == 5);
  CHECK(left_out_text(found.left_out, layout) ==
        "5 configurations are not shown: only the best of each backend");
  CHECK(left_out_text(0, layout).empty());
  CHECK_FALSE(found.remarks.contains("a2"));
  CHECK(found.remarks.at("b3") == "best at the largest lr asked: look further");
  CHECK(found.remarks.at("c1") == "best at the least lr asked: look further");
}

TEST_CASE("What diverged is no best, but it shows that the sweep went further") {
  auto runs =
      runs_of({{"a1", "alpha", 0.1, 1, 3}, {"a2", "alpha", 0.2, 1, 2}, {"a3", "alpha", 0.4, 1, 1}});
  fail(runs, "a3", 2);
  const auto found = arrange(runs, {}, best_per({"backend"}));
  CHECK(found.config_ids == Ids{"a2"});
  CHECK(found.remarks.empty());
  // Where nobody came through one stands there all the same, and nothing is said of its settings.
  fail(runs, "a1", 0);
  fail(runs, "a2", 0);
  CHECK(arrange(runs, {}, best_per({"backend"})).config_ids.size() == 1);
  CHECK(arrange(runs, {}, best_per({"backend"})).remarks.empty());
}

TEST_CASE("Without a target the least loss after the budget is the best, not the fastest run") {
  const auto runs = runs_of({{"a1", "alpha", 0.1, 1, 1, 0.5},
                             {"a2", "alpha", 0.2, 1, 3, 0.2},
                             {"a3", "alpha", 0.4, 1, 2, 0.3}},
                            false);
  CHECK(arrange(runs, {}, best_per({"backend"})).config_ids == Ids{"a2"});
}

TEST_CASE("A value has an edge only among those that differ in it alone and were asked for") {
  // Two workers were asked at one step alone; with one, the best lies within its sweep.
  const std::vector<Made> made{{"a1", "alpha", 0.1, 1, 3},
                               {"a2", "alpha", 0.2, 1, 2},
                               {"a3", "alpha", 0.4, 1, 3},
                               {"w2", "alpha", 0.4, 2, 1}};
  CHECK(arrange(runs_of(made), {}, best_per({"backend"})).remarks.empty());
  CHECK(arrange(runs_of(made), {}, best_per({"backend", "workers"})).config_ids == Ids{"a2", "w2"});
  auto runs = runs_of({{"a1", "alpha", 0.1, 1, 3}, {"a2", "alpha", 0.2, 1, 2}});
  CHECK(arrange(runs, {}, best_per({"backend"})).remarks.size() == 1);
  for (auto& run : runs) run.automatic = "lr";
  CHECK(arrange(runs, {}, best_per({"backend"})).remarks.empty());
}

TEST_CASE("The Markdown table is arranged as the other one, and CSV has every row") {
  const auto runs = runs_of({{"a1", "alpha", 0.1, 1, 3}, {"a2", "alpha", 0.2, 1, 2}});
  ReportContext context;
  context.layout = best_per({"backend"});
  const auto text = report_markdown(runs, context);
  CHECK(text.find("| 0.1 |") == std::string::npos);
  CHECK(text.find("| 4 ok; best at the largest lr asked: look further |") != std::string::npos);
  CHECK(text.ends_with("\n\n1 configuration is not shown: only the best of each backend\n"));
  CHECK(report_markdown(runs).find("not shown") == std::string::npos);
  context.layout = sorted_by("target");
  const auto sorted = report_markdown(runs, context);
  CHECK(sorted.find("| 0.2 |") < sorted.find("| 0.1 |"));
}

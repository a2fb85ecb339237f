// One meaning of "how long it took": the same rows, asked by all who say anything of them.
#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "results/comparison/comparison.h"
#include "results/outcome.h"
#include "results/reports.h"
#include "results/view/summary.h"

using namespace sgdbench;

namespace {

using Names = std::set<std::string>;

constexpr std::uint64_t kRepeats = 8;
// Who comes to the target in every repeat; `late` was cut short afterwards.
const Names kThrough{"good", "late", "slow"};
// And those of whom a repeat does not, each in its own way. A repeat that misses is one among
// eight; the others would be the fastest.
const Names kNotThrough{"diverged", "failed", "overdue", "missed"};

std::vector<RunRecord> rows_of_all() {
  std::vector<RunRecord> rows;
  const auto add = [&](const std::string& id, std::uint64_t workers, double time) {
    for (std::uint64_t repeat = 0; repeat < kRepeats; ++repeat) {
      auto& row = rows.emplace_back();
      row.config_id = row.backend = id;
      row.run_id = id + "-" + std::to_string(repeat);
      row.repeat = repeat;
      row.workers = workers;
      row.workload = "work";
      row.data = "data";
      row.status = "ok";
      row.clock = "real";
      row.batch = 1;
      row.epochs = 10;
      row.wall_s = 20;
      row.loss_initial = 1;
      row.loss_final = 0.3;
      row.target_loss = 0.5;
      row.reached = true;
      row.time_to_target_s = time * (1 + 0.001 * static_cast<double>(repeat));
      row.epochs_to_target = 2;
      row.updates_to_target = 200;
    }
  };
  add("one", 1, 9);
  add("good", 2, 1);
  add("late", 2, 2);
  add("slow", 2, 3);
  for (const auto& name : kNotThrough) add(name, 2, name == "missed" ? 2.5 : 0.1);
  for (auto& row : rows) {
    if (row.config_id == "late") row.status = "timeout", row.reason = "--max-seconds ended it";
    if (row.repeat != 3) continue;
    // Times that were reached before the trouble are none.
    if (row.config_id == "diverged") row.status = "diverged", row.reason = "the loss rose";
    if (row.config_id == "failed") row.status = "failed", row.reason = "no memory";
    if (row.config_id == "overdue") row.status = "timeout", row.reason = "--max-seconds ended it";
    if (row.config_id == "overdue" || row.config_id == "missed") {
      row.time_to_target_s.reset();
      row.epochs_to_target.reset();
      row.updates_to_target.reset();
      row.reached = false;
    }
  }
  return rows;
}

std::vector<RunRecord> rows_of_one(const std::vector<RunRecord>& rows, const std::string& id) {
  std::vector<RunRecord> found;
  for (const auto& row : rows)
    if (row.config_id == id) found.push_back(row);
  return found;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Who did not come to the target took for ever, whoever asks") {
  auto rows = rows_of_all();
  add_speedups(rows);
  for (const auto& row : rows) {
    CAPTURE(row.run_id);
    const bool through = row.workers == 1 || kThrough.contains(row.config_id) || row.repeat != 3;
    CHECK(std::isfinite(time_of(row)) == through);
    CHECK(row.speedup_to_target.has_value() == (through && row.workers > 1));
    CHECK(row.speedup_over_best_single.has_value() == (through && row.workers > 1));
    for (const auto& metric : metric_table())
      if (metric.absence == Metric::Absence::missed)
        CHECK(std::isfinite(*value_of(metric, row)) == through);
  }
}

TEST_CASE("Sentence, tables, exports and repeats agree on who came through") {
  const auto rows = rows_of_all();
  const auto group = aggregate(rows, {}).front();
  const auto sentence = conclude(group);
  CHECK(holds(sentence, "good with 2 workers at batch 1 and step 0 was first to a loss of 0.5"));
  for (const auto& member : group.members) {
    CAPTURE(member.name);
    // A miss is no trouble: it is an infinite time among others.
    const auto& id = member.first->config_id;
    const bool troubled = kNotThrough.contains(id) && id != "missed";
    CHECK(member.standing.may_win() == !troubled);
    CHECK(holds(sentence, id + " with 2 workers at batch 1 and step 0 (1 of 8") == troubled);
    // Among the shown repeats the median may be finite; its whole range is not.
    CHECK(std::isinf(member.time_to_target_s->high) == kNotThrough.contains(id));
  }
  const auto table = summary(rows, {});
  CHECK(holds(table, "(7/8)"));
  Names refused;
  for (const auto& kind : export_kinds()) {
    if (kind.name != "bencher") continue;
    const auto found = nlohmann::json::parse(kind.render(rows, {}));
    CHECK(found.size() == 1 + kThrough.size() + 1);  // with `one`, and `missed` without an interval
  }
  for (const auto& text : left_out(rows))
    for (const auto& name : kNotThrough)
      if (holds(text, name)) refused.insert(name);
  CHECK(refused == Names{"diverged", "failed", "overdue"});
}

TEST_CASE("A comparison takes a miss for infinite, as all others do") {
  const auto rows = rows_of_all();
  for (const auto& name : kNotThrough) {
    CAPTURE(name);
    const auto base = rows_of_one(rows, name);
    auto all_well = base;
    for (auto& row : all_well) {
      row.status = "ok";
      row.time_to_target_s = 0.1;
    }
    ComparisonOptions options;
    options.metrics = {metric_called("time_to_target_s")};
    options.criteria.alpha = 0.15;
    const auto comparison = compare(all_well, base, options);
    const auto& finding = comparison.findings.at(0);
    CHECK(std::isinf(finding.after.values[3]));
    CHECK(std::isinf(finding.after.interval->high) == false);  // 90 %: one of eight is left out
  }
}

TEST_CASE("What was not started is said apart from what diverged, and counts nowhere") {
  auto rows = rows_of_one(rows_of_all(), "diverged");
  for (auto& row : rows)
    if (row.repeat > 4) row.status = "interrupted", row.reason = "not started";
  std::vector<const RunRecord*> repeats;
  for (const auto& row : rows) repeats.push_back(&row);
  const auto standing = standing_of(repeats);
  CHECK(standing.times.values.size() == 5);
  CHECK(standing.troubled == 1);
  CHECK(standing.trouble ==
        "1 of 8 repeats diverged: the loss rose; 3 of 8 repeats interrupted: not started");
  const auto cut =
      std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row.repeat == 5; });
  cut->reason = "after 4 of 10 epochs";  // is not that of all three
  CHECK(standing_of(repeats).trouble ==
        "1 of 8 repeats diverged: the loss rose; 3 of 8 repeats interrupted");
}

TEST_CASE("Configurations that could not run for one reason say it once, behind the table") {
  auto rows = rows_of_all();
  for (const auto* id : {"bad1", "bad2"}) {
    rows.push_back(rows.front());
    rows.back().config_id = rows.back().backend = id;
    rows.back().status = "unsupported";
    rows.back().reason = "no such thing";
  }
  const auto text = summary(rows, {});
  const auto why = text.find("unsupported: no such thing");
  REQUIRE(why != std::string::npos);
  CHECK(text.find("unsupported", why + 1) == std::string::npos);
  const auto first = text.find("bad1 with"), second = text.find("bad2 with");
  CHECK(text.find("\ngood ") < first);
  CHECK(first < second);
  CHECK(second < why);
  // Alone, they have no table.
  rows.erase(rows.begin(), rows.end() - 2);
  const auto alone = summary(rows, {});
  CHECK(alone.find("unsupported: no such thing") != std::string::npos);
  CHECK(alone.find("backend  workers") == std::string::npos);
}

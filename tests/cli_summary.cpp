#include <doctest/doctest.h>

#include "cli/terminal.h"
#include "results/view/summary.h"

using namespace sgdbench;

namespace {

/// What a hand-made row is about; times in seconds.
struct Made {
  std::string backend;
  std::uint64_t workers = 1;
  double wall = 1;
  std::optional<double> to_target;
  double staleness = 0;
  double wait = 0;
  double loss = 0.3;
};

RunRecord row(const Made& made, std::uint64_t repeat) {
  RunRecord r;
  r.config_id = made.backend + std::to_string(made.workers);
  r.repeat = repeat;
  r.status = "ok";
  r.workload = "work";
  r.data = "data";
  r.backend = made.backend;
  r.workers = made.workers;
  r.epochs = 10;
  r.wall_s = made.wall * (1 + 0.01 * static_cast<double>(repeat));
  r.wait_s = made.wait * *r.wall_s;
  r.updates_per_s = 1000;
  r.loss_final = made.loss;
  r.target_loss = 0.5;
  if (made.to_target) {
    r.time_to_target_s = *made.to_target * (1 + 0.01 * static_cast<double>(repeat));
    r.epochs_to_target = *made.to_target / made.wall * 10;
  }
  r.deterministic = made.workers == 1 || made.staleness == 0;
  if (made.workers > 1) {
    r.staleness_mean = made.staleness;
    r.staleness_max = made.staleness > 0 ? 2 : 0;
    r.parallel_capacity = 1.9;
  }
  return r;
}

std::vector<RunRecord> rows_of(const std::vector<Made>& all) {
  std::vector<RunRecord> rows;
  for (std::uint64_t repeat = 0; repeat < 5; ++repeat)
    for (const auto& made : all) rows.push_back(row(made, repeat));
  return rows;
}

std::string sentence(const std::vector<RunRecord>& rows) {
  return conclude(aggregate(rows, {}).front());
}

const std::vector<Made> kThree{
    {"one", 1, 2, 1.0}, {"free", 2, 1, 0.4, 0.9, 0.02}, {"step", 2, 1.2, 0.72, 0, 0.25}};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("The sentence names the first to the target, its rival of the other kind, and why") {
  const auto text = sentence(rows_of(kThree));
  CHECK(has(text, "work on data: free with 2 workers was first to a loss of 0.5, after 408 ms"));
  CHECK(has(text, "1.80× (1.7"));
  CHECK(has(text, "×) ahead of step with 2 workers, the best whose workers wait for each other"));
  CHECK(has(text, "1.20× from time per epoch, 1.50× from epochs to target"));
  CHECK(has(text,
            "the workers of free with 2 workers waited 2 % of the time, those of step with 2 "
            "workers 25 %"));
  CHECK(has(text, "the machine delivered 1.90 of 2 cores"));
  CHECK(text.find('\n') == std::string::npos);
}

TEST_CASE("The lead is the product of its factors where the rest of the run had another pace") {
  auto rows = rows_of(kThree);
  for (auto& r : rows)
    if (r.backend == "step") r.wall_s = 5 * *r.wall_s;
  const auto text = sentence(rows);
  CHECK(has(text, "1.80× (1.7"));
  CHECK(has(text, "1.20× from time per epoch, 1.50× from epochs to target"));
}

TEST_CASE(
    "A synchronous winner is held against the best asynchronous one, and the other way round") {
  auto made = kThree;
  made[2].to_target = 0.1;
  CHECK(has(sentence(rows_of(made)), "free with 2 workers, the best whose workers do not wait"));
  made[0].to_target = 0.01;
  const auto alone = sentence(rows_of(made));
  CHECK(has(alone, "one with 1 worker was first"));
  CHECK(has(alone, "ahead of step with 2 workers, the best whose workers wait for each other"));
  CHECK(has(alone, ", and 40× (38×–42×) ahead of free with 2 workers, the best whose workers do"));
}

TEST_CASE("Workers that happened not to be late are not said to wait for each other") {
  auto rows = rows_of(kThree);
  for (auto& r : rows)
    if (r.backend == "free") r.staleness_mean = 0, r.staleness_max = 0;
  CHECK(has(sentence(rows), "step with 2 workers, the best whose workers wait for each other"));
}

TEST_CASE("The factors of a lead multiply to the lead, however the rest of the runs went") {
  auto rows = rows_of(kThree);
  for (auto& r : rows)
    if (r.backend == "free") *r.wall_s *= 3;  // after the target
  CHECK(has(sentence(rows), "1.80× (1.7"));
  CHECK(has(sentence(rows), "1.20× from time per epoch, 1.50× from epochs to target"));
}

TEST_CASE("Times to different targets are not compared") {
  auto rows = rows_of(kThree);
  for (auto& r : rows)
    if (r.backend == "one") r.target_loss = 0.4;
  const auto groups = aggregate(rows, {});
  REQUIRE(groups.size() == 2);
  CHECK(has(conclude(groups[0]),
            "work on data (target_loss=0.4): one with 1 worker took 1.02 s to a loss of 0.4"));
  CHECK(!has(conclude(groups[1]), "one with"));
}

TEST_CASE("Those whose repeats can't be told apart are tied, and nobody of them wins") {
  auto made = kThree;
  made[2].to_target = 0.403;
  const auto text = sentence(rows_of(made));
  CHECK(has(text, "free with 2 workers and step with 2 workers are statistically tied: 400 ms–"));
  CHECK(!has(text, "first"));
  CHECK(!has(text, "ahead of step"));
  CHECK(has(text, "ahead of one with 1 worker, the best single worker"));
}

TEST_CASE("Who may be tied is, where the points of the curves are too far apart to tell") {
  auto rows = rows_of(kThree);
  CHECK(has(sentence(rows), "free with 2 workers was first"));
  for (auto& r : rows) {
    r.time_to_target_low_s = 0.95 * *r.time_to_target_s;
    r.time_to_target_high_s = 1.05 * *r.time_to_target_s;
  }
  // 1.05² on either side of what the times alone say.
  CHECK(has(sentence(rows), "1.80× (1.5"));
  CHECK(has(summary(rows, {}), "408 ms ±7%"));
  for (auto& r : rows) r.time_to_target_low_s = 0.6 * *r.time_to_target_s;
  CHECK(has(sentence(rows), "free with 2 workers and step with 2 workers are statistically tied"));
  CHECK(has(sentence(rows), "240 ms–786 ms to a loss of 0.5"));
}

TEST_CASE("What the table says of an epoch is what the speedup is made of") {
  auto rows = rows_of({kThree[1]});
  for (auto& r : rows) *r.wall_s *= 7;  // after the target
  const auto& member = aggregate(rows, {}).front().members.front();
  CHECK(member.epoch_s->median == doctest::Approx(0.102));
  for (auto& r : rows) r.time_to_target_s.reset();
  CHECK(aggregate(rows, {}).front().members.front().epoch_s->median == doctest::Approx(0.714));
}

TEST_CASE("A table of the best has their rows alone, and the sentence is about all") {
  auto rows = rows_of({{"one", 1, 2, 1.0}, {"free", 2, 1, 0.4, 0.9}, {"free", 1, 1, 0.9}});
  for (auto& r : rows) r.lr = 0.1;
  for (const auto& r : rows_of({{"one", 1, 2, 0.8}})) {
    rows.push_back(r);
    rows.back().config_id = "faster";
    rows.back().lr = 0.2;
  }
  for (auto& r : rows) r.batch = 1;
  Layout layout;
  for (const auto& column : columns_that_are(kSetting))
    if (column.name == "backend") layout.best_per.push_back(column);
  for (const auto& column : sort_columns())
    if (column.name == "target") layout.sort = &column;
  const auto text = summary(rows, {}, layout);
  const auto table = text.substr(0, text.find("work on data:"));
  CHECK(table.find("free") < table.find("one"));
  CHECK(has(table, "best at the largest lr asked: look further"));
  CHECK(has(table, "2 configurations are not shown: only the best of each backend"));
  CHECK(!has(table, "0.1  2"));
  CHECK(has(text, "ahead of one with 1 worker at batch 1 and step 0.2, the best single worker"));
}

TEST_CASE("Columns that are asked for are medians in tables that fit, and misses are counted") {
  auto rows = rows_of({{"one", 1, 2, 1.0}, {"free", 2, 1, 0.4, 0.9, 0.02}});
  for (auto& r : rows)
    if (r.backend == "free" && r.repeat < 2) r.epochs_to_target.reset();
  Layout layout;
  for (const auto& field : run_fields())
    for (const auto* name : {"updates_per_s", "epochs_to_target", "wall_s", "workload",
                             "staleness_mean", "time_to_target_s", "accuracy_final"})
      if (field.name == name) layout.columns.push_back(field);
  const auto text = summary(rows, {}, layout);
  CHECK(has(text, "4 (3/5)"));  // epochs: 0.4 s of 1 s for ten
  CHECK(has(text, "1.02 s"));   // the middle of 1 s and up to 4 % more
  CHECK(has(text, "work "));
  std::size_t tables = 0, from = 0;
  for (std::size_t end; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
    CHECK(display_width(text.substr(from, end - from)) <= kScreen);
    tables += has(text.substr(from, end - from), "_");
  }
  CHECK(tables > 1);

  for (auto& r : rows)
    if (r.backend == "free" && r.repeat < 3) r.epochs_to_target.reset();
  CHECK(has(summary(rows, {}, layout), "— (2/5)"));
}

TEST_CASE("Where nothing is learnt the table says how fast it went, by the clock that there is") {
  auto rows = rows_of(kThree);
  for (auto& r : rows) {
    r.target_loss.reset();
    r.loss_final.reset();
    r.clock = "real";
  }
  auto simulated = rows;
  for (auto& r : simulated) {
    r.config_id += "v";
    r.clock = "virtual";
    r.compute_time = "exp:1ms";
    r.events_per_s = 2.5e6;
  }
  const auto alone = summary(rows, {});
  CHECK(has(alone, "updates/s"));
  CHECK(has(alone, "1.00 k"));
  CHECK(!has(alone, "loss"));
  CHECK(!has(alone, "clock"));
  rows.insert(rows.end(), simulated.begin(), simulated.end());
  const auto both = summary(rows, {});
  CHECK(has(both, "work on data (real clock)\n"));
  CHECK(has(both, "work on data (virtual clock)\n"));
  CHECK(has(both, "events/s"));
  CHECK(has(both, "2.50 M"));
  CHECK(!has(both, "="));
}

TEST_CASE("With too few repeats for an interval nobody wins, and the sentence says how many") {
  auto rows = rows_of(kThree);
  std::erase_if(rows, [](const RunRecord& r) { return r.repeat > 1; });
  const auto text = sentence(rows);
  CHECK(has(text,
            "free with 2 workers has the lowest median, 402 ms to a loss of 0.5, but a winner "
            "needs 5 repeats of each"));
  CHECK(!has(text, "ahead"));
}

TEST_CASE("Who diverged in a repeat does not win, however fast the others were") {
  auto rows = rows_of(kThree);
  for (auto& r : rows)
    if (r.backend == "free" && r.repeat == 1) r.status = "diverged", r.reason = "the loss rose";
  const auto text = sentence(rows);
  CHECK(has(text, "step with 2 workers was first"));
  CHECK(has(text, "Left out: free with 2 workers (1 of 5 repeats diverged: the loss rose)."));
}

TEST_CASE("Who learnt nothing is no winner, and a start that meets the target is no race") {
  auto rows = rows_of(kThree);
  for (auto& r : rows) {
    r.target_loss.reset();
    r.loss_initial = r.backend == "free" ? 0.2 : 0.7;
  }
  CHECK(has(sentence(rows), "step with 2 workers was the fastest"));
  CHECK(has(sentence(rows),
            "free with 2 workers (the loss ended no lower than it began: it learnt nothing)"));
  CHECK(has(summary(rows, {}), "the loss ended no lower than it began: it learnt nothing"));
  rows = rows_of(kThree);
  for (auto& r : rows) r.time_to_target_s = r.epochs_to_target = 0;
  CHECK(has(sentence(rows), "the start is already there: it meets a loss of 0.5"));
  CHECK(has(summary(rows, {}), "already there"));
}

TEST_CASE("A run that reached its target before its time was over has reached it") {
  auto rows = rows_of(kThree);
  for (auto& r : rows)
    if (r.backend == "free") r.status = "timeout", r.reason = "--max-seconds 1 ended it";
  CHECK(has(sentence(rows), "free with 2 workers was first"));
}

TEST_CASE("The sentence says at which batch and step each side ran, and so does the table") {
  auto rows = rows_of(kThree);
  for (auto& r : rows)
    r.batch = r.backend == "step" ? 64 : 1, r.lr = r.backend == "step" ? 41 : 0.8;
  CHECK(has(sentence(rows), "free with 2 workers at batch 1 and step 0.8 was first"));
  CHECK(has(sentence(rows), "ahead of step with 2 workers at batch 64 and step 41, the best"));
  CHECK(has(summary(rows, {}), "  64  "));
}

TEST_CASE("Where no run came to an end, that is what the sentence says") {
  auto rows = rows_of(kThree);
  for (auto& row : rows) row.status = "interrupted", row.time_to_target_s.reset();
  CHECK(has(sentence(rows), "no run came to an end, so there is nothing to compare"));
}

TEST_CASE("Who missed the target in half of the repeats or more has no time to it") {
  auto rows = rows_of(kThree);
  for (auto& r : rows)
    if (r.backend == "free" && r.repeat > 1) r.time_to_target_s.reset();
  CHECK(has(sentence(rows), "step with 2 workers was first"));
  for (auto& r : rows) r.time_to_target_s.reset();
  CHECK(has(sentence(rows), "no configuration reached a loss of 0.5"));
}

TEST_CASE("Who missed the target in half of the repeats or more has no speedup to it either") {
  auto rows = rows_of({kThree[1]});
  for (auto& r : rows) r.speedup_to_target = 1.5;
  CHECK(aggregate(rows, {}).front().members.front().speedup == 1.5);
  for (std::size_t lost : {0, 2, 3}) {
    rows[lost].time_to_target_s.reset();
    rows[lost].speedup_to_target.reset();
  }
  CHECK_FALSE(aggregate(rows, {}).front().members.front().speedup);
}

TEST_CASE("Without a target the fastest per epoch wins among those near the best loss") {
  auto made = kThree;
  made[1].loss = 0.31;
  auto rows = rows_of(made);
  for (auto& r : rows) r.target_loss.reset();
  CHECK(has(
      sentence(rows),
      "step with 2 workers was the fastest of those within 2 % of the best loss, 122 ms an epoch"));
}

TEST_CASE("Rows that are not ok say their status and reason, and the table fits the screen") {
  auto rows = rows_of(kThree);
  rows.push_back(rows.front());
  rows.back().config_id = "bad";
  rows.back().protocol = "with-a-long:12";
  rows.back().backend = "backend-of-24-characters";
  rows.back().status = "unsupported";
  rows.back().reason = std::string(20, 'w') + " which is a long story that goes on and on and on " +
                       "until it has to be continued on the next line of the table";
  rows[1].status = "diverged";
  rows[1].reason = "the loss rose";
  const auto text = summary(rows, {"step2", "one1", "free2", "bad"});
  CHECK(has(text, "unsupported:"));
  CHECK(text.find("backend-of-24") > text.find("\nfree"));  // behind the table
  CHECK(has(text, "1 of 5 repeats diverged: the loss rose"));
  CHECK(text.find("\nstep") < text.find("\none"));
  CHECK(text.find("\none") < text.find("\nfree"));
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    CHECK(display_width(text.substr(at, text.find('\n', at) - at)) <= kScreen);
}

TEST_CASE("A list of targets has a table of times that fits the screen, and misses are counted") {
  auto rows = rows_of(kThree);
  for (auto& r : rows) {
    r.target = "50%,20%,10%,5%,2%,1%";
    r.loss_optimum = 0.25;
    r.loss_start = 1;
    for (int i = 0; i < 3; ++i) {
      auto& point = r.curve.emplace_back();
      point.time_s = 0.1 * i;
      point.loss = i < 2 || r.repeat > 0 ? 0.4 - 0.07 * i : 0.4;
    }
    r.speedup_to_target = 1.5;
  }
  const auto text = summary(rows, {});
  CHECK(has(text, "to 50%"));
  CHECK(has(text, "to 1%"));
  CHECK(has(text, "189 ms ±∞ (4/5)"));
  CHECK(has(text, "— (0/5)"));
  CHECK(has(text, "× statistical"));
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    CHECK(display_width(text.substr(at, text.find('\n', at) - at)) <= kScreen);
}

TEST_CASE("With enough repeats one that was slow decides nothing") {
  std::vector<RunRecord> rows;
  for (std::uint64_t repeat = 0; repeat < 10; ++repeat)
    for (const auto& made : kThree) rows.push_back(row(made, repeat));
  // Ranges overlap by one repeat; they are told apart all the same.
  for (auto& r : rows)
    if (r.backend == "free" && r.repeat == 7) r.time_to_target_s = 0.9;
  const auto text = sentence(rows);
  CHECK(has(text, "free with 2 workers was first"));
  CHECK(has(text, "1.80× (1."));
}

TEST_CASE("Configurations of one name are told apart by what differs") {
  auto rows = rows_of({{"free", 2, 1, 0.4, 1}});
  auto other = rows;
  for (auto& r : other) r.config_id = r.rule = "other";
  rows.insert(rows.end(), other.begin(), other.end());
  CHECK(has(summary(rows, {}), "rule=other"));
  CHECK(!has(summary(rows_of(kThree), {}), "rule="));
}

TEST_CASE(
    "The table says how long workers queued where some did, and has no such column elsewhere") {
  auto rows = rows_of(kThree);
  CHECK(summary(rows, {}).find("queues") == std::string::npos);
  for (auto& one : rows) one.queue_s = 0;
  CHECK(summary(rows, {}).find("queues") == std::string::npos);
  for (auto& one : rows) one.queue_s = 0.375 * *one.wall_s;
  CHECK(summary(rows, {}).find("waits  queues") != std::string::npos);
  CHECK(summary(rows, {}).find("38 %\n") != std::string::npos);
}

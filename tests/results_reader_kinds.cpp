// Reports beside runs, curves and histograms: journals and targets; and what is no text at all.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "results/journal.h"
#include "results/reading/report_reader.h"
#include "results/reports.h"
#include "results/targets.h"
#include "tests/results_samples.h"

using namespace sgdbench;

TEST_CASE("A journal is a report of its whole lines, the last one of each run") {
  auto first = sample_run(0), again = sample_run(0), other = sample_run(1);
  first.status = "interrupted";
  const auto text =
      journal_header({"c1"}) + journal_line(first) + journal_line(other) + journal_line(again);
  const auto report = parse_report(text + "{\"run_id\": \"torn", "journal.jsonl");
  CHECK(report.kind == "journal");
  const RunRecord expected[] = {other, again};
  CHECK(runs_csv(report.runs) == runs_csv(expected));
}

TEST_CASE("A journal without rows, or with a line that is none, is refused") {
  const auto header = journal_header({"c1"});
  CHECK_THROWS_WITH_AS(parse_report(header, "j"), doctest::Contains("no rows"), BadReport);
  CHECK_THROWS_WITH_AS(parse_report(header + "{}\n" + journal_line(sample_run(0)), "j"),
                       doctest::Contains("j:2: "), BadReport);
  CHECK_THROWS_AS(parse_report("{\"schema\":\"sgdbench-journal-99\"}\n", "j"), BadReport);
}

TEST_CASE("Each target in a file of targets is a configuration, and a missed one is a miss") {
  const auto report = parse_report(
      "run_id,target,target_loss,reached,time_to_target_s,epochs_to_target,updates_to_target\n"
      "c1-2,10%,0.6,true,0.5,1,20\n"
      "c1-2,1%,0.5,false,,,\n"
      "c1-3,accuracy,,false,,,\n",
      "targets.csv");
  CHECK(report.kind == "targets");
  REQUIRE(report.runs.size() == 3);
  CHECK(report.runs[0].config_id == "c1 to 10%");
  CHECK(report.runs[0].repeat == 2);
  CHECK(report.runs[0].time_to_target_s == 0.5);
  CHECK(report.runs[0].updates_to_target == 20);
  CHECK(report.runs[1].config_id == "c1 to 1%");
  CHECK(report.runs[1].reached == false);
  CHECK_FALSE(report.runs[1].time_to_target_s);
  CHECK(report.runs[2].reached == false);
}

TEST_CASE("What targets_csv() writes is read") {
  auto run = sample_run(0);
  run.target_loss = 0.5;
  run.curve.resize(1);
  run.curve[0].loss = 0.25;
  CHECK(parse_report(targets_csv({&run, 1}), "targets.csv").runs.at(0).reached == true);
}

TEST_CASE("A file with a zero byte is refused before it is read to its end") {
  const auto path =
      std::filesystem::temp_directory_path() / ("sgdbench-zeros-" + std::to_string(::getpid()));
  std::filesystem::create_symlink("/dev/zero", path);
  CHECK_THROWS_WITH_AS(read_report(path), doctest::Contains("no text"), BadReport);
  std::filesystem::remove(path);
}

TEST_CASE("A row ends where the header does, however long it is") {
  CHECK_THROWS_WITH_AS(
      parse_report("config_id,status\n\nc1,ok\n" + std::string(1000, ','), "x.csv"),
      "x.csv:4:1: a row of more than 2 cells, which the header has", BadReport);
}

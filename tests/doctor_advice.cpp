// What is said of a machine, without measuring one.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/doctor/doctor.h"

using namespace sgdbench;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Eight cores, all of them delivered, and nothing to complain about.
MachineReport good_machine() {
  MachineReport report;
  auto& machine = report.environment;
  machine.cpu_model = "Model 1";
  machine.flags = "-O3 -DNDEBUG";
  machine.build_type = "Release";
  machine.governor = "performance";
  machine.cores_online = machine.cores_available = 8;
  machine.load_average = {0.5, 0.5, 0.5};
  report.workers = report.cores_affinity = 8;
  report.physical_cores = 8;
  report.boost = false;
  report.shares = CpuShares{.steal = 0.01, .others = 0.1};
  report.capacity = {2, 3, 4, 5, 6, 7, 7.9};
  report.clock = ClockCost{.resolution_ns = 20, .call_ns = 30};
  report.noise_one = report.noise_all = Noise{.median_s = 0.005,
                                              .p05_s = 0.004,
                                              .p95_s = 0.006,
                                              .piece_spread = 0.04,
                                              .block_spread = 0.02,
                                              .decay = 0.25,
                                              .run_spread = 0.01};
  return report;
}

struct Fault {
  std::string_view topic;
  std::function<void(MachineReport&)> make;
};

/// In order of severity. Each leaves all else as it was.
const std::vector<Fault>& faults() {
  static const std::vector<Fault> table{
      {"sanitizers", [](auto& r) { r.environment.flags += " -fsanitize=thread"; }},
      {"debug build", [](auto& r) { r.environment.flags = "-O1 -g"; }},
      {"workers", [](auto& r) { r.workers = 9; }},
      {"quota", [](auto& r) { r.environment.cgroup_quota = 7.5; }},
      {"load", [](auto& r) { r.environment.load_average[0] = 8.1; }},
      {"other processes", [](auto& r) { r.shares->others = 0.9; }},
      {"steal", [](auto& r) { r.shares->steal = 0.021; }},
      {"capacity", [](auto& r) { r.capacity.back() = 7.1; }},
      {"governor", [](auto& r) { r.environment.governor = "powersave"; }},
      {"siblings", [](auto& r) { r.physical_cores = 4; }},
      {"turbo", [](auto& r) { r.boost = true; }},
      {"timer", [](auto& r) { r.clock->resolution_ns = 4e6; }},
  };
  return table;
}

}  // namespace

TEST_CASE("A good machine is not complained about") {
  CHECK(advise(good_machine()).empty());
}

TEST_CASE("Each fault alone is named, in one line") {
  for (const auto& fault : faults()) {
    CAPTURE(fault.topic);
    auto report = good_machine();
    fault.make(report);
    const auto all = advise(report);
    REQUIRE(all.size() == 1);
    CHECK(all[0].topic == fault.topic);
    CHECK_FALSE(all[0].problem.empty());
    CHECK_FALSE(all[0].remedy.empty());
    CHECK(all[0].text().find('\n') == std::string::npos);
  }
}

TEST_CASE("Of several faults the most severe comes first") {
  auto report = good_machine();
  for (const auto& fault : faults()) fault.make(report);
  report.environment.flags += " -fsanitize=address";  // which the missing optimisation replaced
  const auto all = advise(report);
  REQUIRE(all.size() == faults().size());
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].topic == faults()[i].topic);
}

TEST_CASE("What is not known is not complained about") {
  MachineReport report;
  report.environment.flags = "-O2";
  report.environment.cores_available = 1;
  CHECK(advise(report).empty());
}

TEST_CASE("Threads that share cores are held against the cores that there are") {
  auto report = good_machine();
  report.workers = 9;
  report.capacity.push_back(7.5);  // of 9 threads on 8 cores
  const auto all = advise(report);
  REQUIRE(all.size() == 1);
  CHECK(all[0].topic == "workers");
}

TEST_CASE("Hardware threads are only complained about where workers have to share a core") {
  auto report = good_machine();
  report.physical_cores = 4;
  report.workers = 4;
  report.capacity = {2, 3, 4};
  CHECK(advise(report).empty());
}

TEST_CASE("The JSON of a report has every number, and null for what is unknown or no number") {
  auto report = good_machine();
  report.barrier_ns = 150;
  report.bandwidth_one = kNaN;
  report.boost.reset();
  report.noise_all.reset();
  const auto text = doctor_json(report);
  CHECK(text.find("nan") == std::string::npos);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["machine"]["turbo"].is_null());
  CHECK(json["machine"]["cores_available"] == 8);
  const auto& measured = json["measured"];
  CHECK(measured["barrier_ns"] == 150);
  CHECK(measured["wake_up_ns"].is_null());
  CHECK(measured["read_bytes_per_s_1_thread"].is_null());
  CHECK(measured["noise_all_threads"].is_null());
  CHECK(measured["parallel_capacity"].size() == 7);
  CHECK(measured["noise_1_thread"]["run_spread"] == 0.01);
  CHECK(json["advice"].empty());
}

TEST_CASE("The table says what is wrong, and then what can be resolved") {
  auto report = good_machine();
  report.environment.governor = "powersave";
  const auto text = doctor_table(report);
  const auto wrong = text.find("\n- the frequency governor is powersave");
  const auto verdict = text.find("\n- 1 thread: with 10 repeats");
  CHECK(wrong != std::string::npos);
  CHECK(verdict != std::string::npos);
  CHECK(wrong < verdict);
}

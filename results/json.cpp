// JSON in Google Benchmark's layout, so that its compare.py and the services that read it can
// read ours.
//
// One run is one "iteration" of its configuration. real_time is wall_s, and cpu_time the mean
// worker's share of it that was not spent waiting, both in microseconds. A run that is not ok
// follows that library's convention: error_occurred, error_message, and times of 0 without a
// time_unit, under a name of its own, so that it's never compared with a time. Its columns (wall_s
// among them) say what is known and are null where nothing is.
#include "results/reading/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "results/labels.h"
#include "results/reports.h"

namespace sgdbench {
namespace {

using Json = nlohmann::ordered_json;

Json times(const RunRecord& run) {
  Json entry;
  const bool timed = run.status == "ok" && run.wall_s;
  const double wall = timed ? *run.wall_s : 0;
  const double busy = timed && run.wait_s ? std::max(0.0, wall - *run.wait_s) : wall;
  entry["iterations"] = timed ? 1 : 0;
  entry["real_time"] = wall * 1e6;
  entry["cpu_time"] = busy * 1e6;
  if (timed) {
    entry["time_unit"] = "us";
  } else {
    entry["error_occurred"] = true;
    entry["error_message"] = run.reason.empty() ? run.status : run.status + ": " + run.reason;
  }
  return entry;
}

Json benchmark(const RunRecord& run, const std::string& name, std::size_t repetitions) {
  const bool timed = run.status == "ok" && run.wall_s;
  Json entry;
  entry["name"] = timed ? name : name + '/' + run.status;
  entry["run_name"] = name;
  entry["run_type"] = "iteration";
  entry["repetitions"] = repetitions;
  entry["repetition_index"] = run.repeat;
  entry["threads"] = run.workers;
  entry.update(times(run));
  for (const auto& field : run_fields()) entry[std::string(field.name)] = to_json(field.get(run));
  return entry;
}

Json caches(const Environment& machine) {
  Json list = Json::array();
  for (const auto& cache : machine.caches)
    list.push_back({{"type", cache.type},
                    {"level", cache.level},
                    {"size", cache.bytes},
                    {"num_sharing", cache.sharing}});
  return list;
}

/// What Google Benchmark says of the machine, under its names.
Json standard_context(const ReportContext& report) {
  const Environment& machine = report.environment;
  Json context;
  context["date"] = machine.started_at;
  context["host_name"] = machine.hostname_hash;
  context["executable"] = "sgdbench";
  context["num_cpus"] = machine.cores_online;
  context["mhz_per_cpu"] = machine.mhz_per_cpu;
  if (!machine.governor.empty()) context["cpu_scaling_enabled"] = machine.governor != "performance";
  context["caches"] = caches(machine);
  context["load_avg"] = machine.load_average;
  context["library_version"] = machine.version;
  context["library_build_type"] = machine.build_type == "Debug" ? "debug" : "release";
  context["json_schema_version"] = 1;
  return context;
}

Json make_context(const ReportContext& report) {
  const Environment& machine = report.environment;
  Json context = standard_context(report);
  context["command"] = report.command;
  context["notes"] = report.notes;
  context["cpu_model"] = machine.cpu_model;
  context["governor"] = to_json(machine.governor.empty() ? Value{} : machine.governor);
  context["kernel"] = machine.kernel;
  context["cores_available"] = machine.cores_available;
  context["cgroup_quota"] = machine.cgroup_quota ? Json(*machine.cgroup_quota) : Json();
  context["memory_bytes"] = machine.memory_bytes;
  context["compiler"] = machine.compiler;
  context["flags"] = machine.flags;
  context["build_type"] = machine.build_type;
  context["instruction_set"] = machine.instruction_set;
  context["git_revision"] = machine.git_revision;
  context["libraries"] = Json::object();
  for (const auto& [name, version] : machine.libraries) context["libraries"][name] = version;
  return context;
}

}  // namespace

std::string report_json(std::span<const RunRecord> runs, const ReportContext& context) {
  std::map<std::string, std::size_t> repetitions;
  for (const auto& run : runs) ++repetitions[run.config_id];

  const RunNames names(runs);
  Json report;
  report["schema"] = "sgdbench-1";
  report["context"] = make_context(context);
  report["benchmarks"] = Json::array();
  for (const auto& run : runs)
    report["benchmarks"].push_back(benchmark(run, names.of(run), repetitions[run.config_id]));
  // Names may hold any bytes: those that are not UTF-8 become U+FFFD.
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace sgdbench

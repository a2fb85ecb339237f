// The trace as JSON: valid, complete, and read back as it was.
#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "results/reading/report_reader.h"
#include "results/trace.h"
#include "tests/cli_process.h"
#include "tests/timeline_samples.h"

using namespace sgdbench;
using Json = nlohmann::json;

namespace {

const std::string kLabel = "a \"label\" with \\, <b> & δ\n";

std::string written(const std::vector<Timeline>& timelines) {
  const Scratch scratch;
  TraceWriter writer(scratch.path("t.json"), "1.2.3", "sgdbench run 'it''s'");
  for (const auto& timeline : timelines) writer.add({kLabel, "id-0", "virtual"}, timeline);
  CHECK_FALSE(std::filesystem::exists(scratch.path("t.json")));
  writer.finish();
  return content(scratch.path("t.json"));
}

std::vector<Json> events(const Json& trace, const std::string& phase) {
  std::vector<Json> found;
  for (const auto& event : trace["traceEvents"])
    if (event["ph"] == phase) found.push_back(event);
  return found;
}

/// Whether the event lies at the begin of a slice of this activity, on its thread, that stands
/// before it.
bool stands_on(const Json& trace, const Json& event, std::set<std::string> activities) {
  for (const auto& other : trace["traceEvents"]) {
    if (other == event) return false;
    if (other["ph"] == "X" && other["tid"] == event["tid"] && other["ts"] == event["ts"] &&
        activities.contains(other["name"].get<std::string>()))
      return true;
  }
  return false;
}

}  // namespace

TEST_CASE("A trace is JSON that names the tool, the command, the clock, each process and thread") {
  const auto trace = Json::parse(written({synchronous(), serverless()}));
  CHECK(trace["otherData"]["tool"] == "sgdbench");
  CHECK(trace["otherData"]["version"] == "1.2.3");
  CHECK(trace["otherData"]["command"] == "sgdbench run 'it''s'");
  CHECK(trace["otherData"]["runs"][0]["clock"] == "virtual");
  CHECK(trace["otherData"]["runs"][0]["overflow"] == Json({0, 0, 0}));
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& event : events(trace, "M"))
    if (event["args"].contains("name")) names[event["name"]].push_back(event["args"]["name"]);
  CHECK(names["process_name"] == std::vector<std::string>{kLabel, kLabel});
  CHECK(names["thread_name"] ==
        std::vector<std::string>{"worker 0", "worker 1", "server", "worker 0", "worker 1"});
}

TEST_CASE("Times are microseconds to the nanosecond, and slices of a thread don't overlap") {
  Timeline timeline;
  timeline.tracks.emplace_back(4);
  timeline.tracks[0].add({1, 1'234'567, Activity::compute, 1});
  timeline.tracks[0].add({1'234'567, 9'000'000'000'000'001, Activity::wait});
  const auto text = written({timeline});
  CHECK(text.find("\"ts\":0.001,\"dur\":1234.566,") != std::string::npos);
  CHECK(text.find("\"ts\":1234.567,") != std::string::npos);
  const auto trace = Json::parse(written({synchronous(), asynchronous(), serverless()}));
  std::map<std::uint64_t, double> ends;
  for (const auto& slice : events(trace, "X")) {
    double& end = ends[slice["tid"]];
    CHECK(slice["ts"].get<double>() >= end - 1e-9);
    end = slice["ts"].get<double>() + slice["dur"].get<double>();
  }
}

TEST_CASE("Every flow leads from where a gradient was pulled to where it was applied") {
  const auto trace = Json::parse(written({synchronous(), asynchronous(), serverless()}));
  std::map<std::uint64_t, int> starts, ends;
  for (const auto& start : events(trace, "s")) {
    ++starts[start["id"]];
    CHECK(stands_on(trace, start, {"pull", "compute"}));
    if (start["pid"] != 3) CHECK(stands_on(trace, start, {"pull"}));
  }
  for (const auto& end : events(trace, "f")) {
    ++ends[end["id"]];
    CHECK(end["bp"] == "e");
    CHECK(stands_on(trace, end, {"apply"}));
  }
  CHECK(starts == ends);
  CHECK(starts.size() == 4 + 4 + 2);  // the gradient that was thrown away has none
}

TEST_CASE("A flow whose other end was forgotten is not there") {
  auto timeline = asynchronous();
  Track shorter(1);
  for (const auto& slice : timeline.tracks[2].slices()) shorter.add(slice);
  timeline.tracks[2] = shorter;
  const auto trace = Json::parse(written({timeline}));
  CHECK(events(trace, "s").size() == 1);
  CHECK(events(trace, "f").size() == 1);
  CHECK(trace["otherData"]["runs"][0]["overflow"] == Json({0, 0, 3}));
}

TEST_CASE("A counter says the staleness of each update") {
  const auto counters = events(Json::parse(written({asynchronous()})), "C");
  std::vector<int> values;
  for (const auto& counter : counters) values.push_back(counter["args"]["updates"]);
  CHECK(values == std::vector<int>{0, 0, 2, 1});
}

TEST_CASE("A trace is read back as it was written") {
  const std::vector<Timeline> timelines{synchronous(), asynchronous(), serverless()};
  const auto trace = parse_trace(written(timelines), "t");
  REQUIRE(trace.runs.size() == 3);
  for (std::size_t r = 0; r < 3; ++r) {
    CHECK(trace.runs[r].label == kLabel);
    CHECK(trace.runs[r].clock == "virtual");
    CHECK(trace.runs[r].has_server() == timelines[r].has_server);
    REQUIRE(trace.runs[r].tracks.size() == timelines[r].tracks.size());
    for (std::size_t t = 0; t < trace.runs[r].tracks.size(); ++t) {
      const auto was = timelines[r].tracks[t].slices();
      const auto& is = trace.runs[r].tracks[t].slices;
      REQUIRE(is.size() == was.size());
      for (std::size_t i = 0; i < is.size(); ++i) {
        CHECK(is[i].begin == was[i].begin);
        CHECK(is[i].end == was[i].end);
        CHECK(is[i].activity == was[i].activity);
        CHECK(is[i].gradient == was[i].gradient);
        CHECK(is[i].update == was[i].update);
        CHECK(is[i].staleness == was[i].staleness);
      }
    }
  }
}

TEST_CASE("What is no trace of ours, is cut off or has no slices is refused with the reason") {
  const auto whole = written({synchronous()});
  for (const std::string& bad :
       {std::string(), std::string("{}"), std::string("[]"), std::string("{\"traceEvents\":[]}"),
        std::string("id,x\n1,2\n"), whole.substr(0, whole.size() / 2), written({}),
        std::string(R"({"traceEvents":[{"ph":"X","tid":"a"}],"otherData":{"tool":"sgdbench"}})")})
    CHECK_THROWS_AS(parse_trace(bad, "t"), BadReport);
  CHECK_THROWS_AS(read_trace("no/such/file"), MissingReport);
}

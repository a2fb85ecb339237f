// `report`: numbers and pictures of timelines made by hand.
#include <doctest/doctest.h>

#include <regex>
#include <stack>

#include "cli/report/panel.h"
#include "cli/report/report.h"
#include "results/trace.h"
#include "tests/cli_process.h"
#include "tests/timeline_samples.h"

using namespace sgdbench;

namespace {

std::string trace_file(const Scratch& scratch, const std::vector<Timeline>& timelines,
                       const std::string& label = "a run") {
  TraceWriter writer(scratch.path("t.json"), "1", "sgdbench run");
  for (const auto& timeline : timelines) writer.add({label, "id-0", "real"}, timeline);
  writer.finish();
  return scratch.path("t.json");
}

ReadTrace both(const std::string& label = "a run") {
  const Scratch scratch;
  return read_trace(trace_file(scratch, {synchronous(), asynchronous()}, label));
}

/// Whether each element that is opened is closed, in order, and nothing stands around the root.
bool is_well_formed(const std::string& xml) {
  static const std::regex tag(R"(<(/?)([a-zA-Z]+)((?:[^<>"]|"[^"<]*")*?)(/?)>)");
  std::stack<std::string> open;
  std::size_t roots = 0;
  auto rest = xml.substr(xml.find("?>") + 2);
  for (std::smatch m; std::regex_search(rest, m, tag); rest = m.suffix()) {
    const auto between = m.prefix().str();
    if (between.find_first_of("<>") != std::string::npos) return false;
    if (m[1].length() > 0) {
      if (open.empty() || open.top() != m[2]) return false;
      open.pop();
    } else if (m[4].length() == 0) {
      roots += open.empty();
      open.push(m[2]);
    }
  }
  return open.empty() && roots == 1 && rest == "\n";
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("The shares, updates and staleness of a run are those of its slices") {
  const auto trace = both();
  const auto sync = summarise(trace.runs[0], {0, 200});
  CHECK(sync.updates == 2);
  CHECK(sync.gradients == 4);
  CHECK(sync.shares.of(Phase::wait) == 0.3);         // (50 + 10) of 200
  CHECK(sync.shares.of(Phase::compute) == 0.5);      // (30 + 70) of 200
  CHECK(sync.shares.of(Phase::communicate) == 0.2);  // 2·(10 + 10) of 200
  CHECK(*sync.mean_staleness == 0);
  const auto async = summarise(trace.runs[1], {0, 160});
  CHECK(async.updates == 4);
  CHECK(*async.mean_staleness == 0.75);
  const auto half = summarise(trace.runs[1], {50, 100});
  CHECK(half.updates == 2);
  CHECK(*half.mean_staleness == 1);
  const auto workers = summarise_workers(trace.runs[1], {0, 160});
  CHECK(workers[0].gradients == 3);
  CHECK(workers[1].gradients == 1);
  CHECK(*workers[1].mean_staleness == 2);
}

TEST_CASE("An update that several workers apply together is one update") {
  Timeline timeline;
  for (int w = 0; w < 3; ++w) {
    timeline.tracks.emplace_back(4);
    timeline.tracks.back().add({0, 10, Activity::compute, 1});
    timeline.tracks.back().add({10, 20 + w, Activity::apply, 1, 1, 0});
  }
  const Scratch scratch;
  const auto trace = read_trace(trace_file(scratch, {timeline}));
  const auto updates = updates_of(trace.runs[0]);
  REQUIRE(updates.size() == 1);
  CHECK(updates[0].end == 22);
  CHECK(landings_of(trace.runs[0]).size() == 3);
}

TEST_CASE("The usual window begins where every track still knows what happened") {
  const Scratch scratch;
  auto timeline = asynchronous();
  Track shorter(3);
  for (const auto& slice : timeline.tracks[0].slices()) shorter.add(slice);
  timeline.tracks[0] = shorter;
  const auto trace = read_trace(trace_file(scratch, {timeline}));
  CHECK(usual_window(trace.runs, 12).from == 80);
  CHECK(usual_window(both().runs, 12).from == 0);
  CHECK(usual_window(both().runs, 12).to == 200);
}

TEST_CASE("The picture is well-formed and says what it shows, whatever the label holds") {
  const auto picture = draw_picture(both("<b> & \"q\" \x01\xff δ"), {0, 200});
  CHECK(is_well_formed(picture));
  CHECK(picture.find("&lt;b&gt; &amp; &quot;q&quot; \xef\xbf\xbd δ") != std::string::npos);
  CHECK(picture.find("<script") == std::string::npos);
  CHECK(count(picture, ">worker 0<") == 2);
  CHECK(count(picture, ">server<") == 2);
  CHECK(picture.find("url(#wait)") != std::string::npos);
  CHECK_FALSE(is_well_formed("<?xml?><svg><g></svg>\n"));
  CHECK_FALSE(is_well_formed("<?xml?><svg><g/></svg><p/></p>\n"));
}

TEST_CASE("Stale updates carry their τ, others don't") {
  const std::string mark = "font-weight=\"bold\" text-anchor=\"middle\">";
  const auto picture = draw_picture(both(), {0, 200});
  CHECK(count(picture, mark + "2<") == 2);  // one of them in the legend
  CHECK(count(picture, mark + "1<") == 1);
  CHECK(count(picture, mark + "0<") == 0);
}

TEST_CASE("Rows and runs beyond the limit are left out, and the picture says how many") {
  Timeline wide;
  for (int w = 0; w < 30; ++w) {
    wide.tracks.emplace_back(4);
    wide.tracks.back().add({0, 10, Activity::compute, 1});
  }
  const Scratch scratch;
  const auto trace = read_trace(trace_file(scratch, std::vector<Timeline>(11, wide)));
  const auto picture = draw_picture(trace, {0, 10});
  CHECK(picture.find(">worker 11<") != std::string::npos);
  CHECK(picture.find(">worker 12<") == std::string::npos);
  CHECK(count(picture, "and 18 more workers") == 8);
  CHECK(picture.find("and 3 more runs") != std::string::npos);
}

TEST_CASE("The axis has round steps in a unit that fits") {
  const auto axis = time_axis({0, 39'000'000}, 12);
  CHECK(axis.unit == "ms");
  CHECK(axis.ticks.size() == 8);
  CHECK(axis.label(axis.ticks[1]) == "5");
  CHECK(time_axis({7, 8}, 12).ticks.size() == 2);
  CHECK(time_axis({0, 4'000'000'000'000'000}, 12).ticks.size() <= 13);
}

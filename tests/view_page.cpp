// Pages and pictures of reports.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "results/outcome.h"
#include "results/view/chart.h"
#include "results/view/figures.h"
#include "results/view/page.h"
#include "tests/results_samples.h"

using namespace sgdbench;

namespace {

/// Every tag that opens is closed in its order, and no text has a bare < or &.
bool is_well_formed(std::string_view xml) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = xml.find_first_of("<&", at)) != std::string_view::npos; ++at) {
    if (xml[at] == '&') {
      const auto end = xml.find(';', at);
      if (end == std::string_view::npos || end - at > 8) return false;
      continue;
    }
    const auto end = xml.find('>', at);
    if (end == std::string_view::npos) return false;
    const auto tag = xml.substr(at + 1, end - at - 1);
    if (tag.starts_with('?') || tag.ends_with('/')) continue;
    const auto name = tag.substr(0, tag.find(' '));
    if (!name.starts_with('/')) {
      open.emplace_back(name);
    } else if (open.empty() || open.back() != name.substr(1)) {
      return false;
    } else {
      open.pop_back();
    }
  }
  return open.empty();
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; ++at) ++found;
  return found;
}

/// Two configurations with five repeats each, that know all that a figure may show.
std::vector<RunRecord> race() {
  std::vector<RunRecord> runs;
  for (std::uint64_t workers : {1U, 2U})
    for (std::uint64_t repeat = 0; repeat < 5; ++repeat) {
      RunRecord run = sample_run(repeat);
      run.config_id = "c" + std::to_string(workers);
      run.run_id = run.config_id + '-' + std::to_string(repeat);
      run.workers = workers;
      run.target_loss = 0.3;
      run.reached = true;
      run.loss_initial = 0.7;
      run.compute_s = 0.375;
      const double time = 0.4 / static_cast<double>(workers) + 0.01 * static_cast<double>(repeat);
      run.time_to_target_s = run.time_to_target_low_s = run.time_to_target_high_s = time;
      run.epochs_to_target = 4;
      for (int point = 0; point < 4; ++point) {
        CurvePoint at;
        at.time_s = 0.1 * point;
        at.epoch = point;
        at.loss = 0.7 / (1 + point);
        run.curve.push_back(at);
      }
      run.staleness = {{0, 0, 3}, {0, workers, 1}};
      TuningTrial trial;
      trial.config_id = run.config_id;
      trial.lr = 0.1 * static_cast<double>(repeat + 1);
      trial.score = time;
      run.trials = {trial};
      runs.push_back(run);
    }
  add_speedups(runs);
  return runs;
}

std::string drawn(const std::vector<RunRecord>& runs, std::string_view figure, double width = 960) {
  const auto groups = aggregate(runs, {});
  REQUIRE(groups.size() == 1);
  for (const auto& kind : figure_kinds())
    if (kind.name == figure)
      return figure_svg(kind, {groups.front(), trials_of(groups.front(), {}), width});
  FAIL("no such figure");
  return "";
}

}  // namespace

TEST_CASE("A figure is well-formed and within its width, wide or narrow, and names its lines") {
  const auto runs = race();
  for (const auto& kind : figure_kinds())
    for (const double width : {kLeastWidth, 960.0, 2000.0}) {
      CAPTURE(kind.name);
      const auto svg = drawn(runs, kind.name, width);
      CHECK(is_well_formed(svg));
      CHECK(svg.find("some-backend with 2 workers") != std::string::npos);
      CHECK(svg.find("nan") == std::string::npos);
      CHECK(svg.find("inf") == std::string::npos);
    }
  CHECK_FALSE(is_well_formed("<svg><g></svg>"));
  CHECK_FALSE(is_well_formed("<svg>a & b</svg>"));
}

TEST_CASE("What reports know nothing of has no figure") {
  auto runs = race();
  for (auto& run : runs) {
    run.curve.clear();
    run.staleness.clear();
    run.trials.clear();
  }
  for (const auto* name : {"curves", "staleness", "tuning"}) CHECK(drawn(runs, name).empty());
  CHECK_FALSE(drawn(runs, "targets").empty());
}

TEST_CASE("A repeat that missed its target is counted as a miss and has no place on the axis") {
  auto runs = race();
  const auto marks = [&](const std::string& svg) { return count(svg, "<path"); };
  const auto all = drawn(runs, "targets");
  CHECK(all.find("never") == std::string::npos);
  runs[0].reached = runs[1].reached = false;
  for (auto* run : {&runs[0], &runs[1]})
    run->time_to_target_s = run->time_to_target_low_s = run->time_to_target_high_s = std::nullopt;
  const auto some = drawn(runs, "targets");
  CHECK(marks(some) == marks(all) - 2);
  CHECK(some.find("✕ 2") != std::string::npos);
  CHECK(some.find("never") != std::string::npos);
}

TEST_CASE("A loss that ends in nothing for most repeats ends its line, and a few widen its range") {
  auto runs = race();
  const auto well = drawn(runs, "curves");
  const auto diverge = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      runs[i].status = "diverged";
      runs[i].curve[2].loss.reset();
      runs[i].curve[3].loss.reset();
    }
  };
  diverge(0, 2);
  const auto two = drawn(runs, "curves");
  CHECK(two != well);
  CHECK(two.find("✕") == std::string::npos);
  diverge(2, 3);
  const auto three = drawn(runs, "curves");
  CHECK(count(three, "✕") == 2);  // against time, and against epochs
}

TEST_CASE("What diverges does not press the losses of others to the foot of the picture") {
  auto runs = race();
  const auto ticks = [&] {
    const auto svg = drawn(runs, "curves");
    return svg.find(">0.6<") != std::string::npos;
  };
  REQUIRE(ticks());
  for (std::size_t i = 0; i < 5; ++i) {
    runs[i].status = "diverged";
    for (auto& point : runs[i].curve) point.loss = 1e20 * (1 + point.epoch);
  }
  CHECK(ticks());
}

TEST_CASE("A step that came to nothing is a cross in the picture of steps, and breaks the line") {
  auto runs = race();
  const auto lines = [](const std::string& svg) { return count(svg, "stroke-linejoin"); };
  const auto whole = drawn(runs, "tuning");
  for (auto& run : runs)
    if (run.repeat == 2) run.trials[0].score.reset();
  const auto broken = drawn(runs, "tuning");
  CHECK(count(broken, ">✕<") == 2);
  CHECK(lines(broken) == lines(whole) + 2);
}

TEST_CASE("A page has everything in it, and nothing that runs or is fetched") {
  const auto page = report_html(race(), {});
  for (const auto* banned : {"<script", "javascript:", "http://", "https://", "<img", "<link",
                             "@import", "url(", "onload", "onclick"}) {
    CAPTURE(banned);
    std::string text = page;
    // The name space of SVG is no address that is fetched.
    for (std::size_t at; (at = text.find("http://www.w3.org/2000/svg")) != std::string::npos;)
      text.erase(at, 26);
    CHECK(text.find(banned) == std::string::npos);
  }
  CHECK(page.find("default-src 'none'") != std::string::npos);
  CHECK(count(page, "<svg") == 2 * figure_kinds().size());
}

TEST_CASE("Text that comes from data is text in a page, whatever it holds") {
  auto runs = race();
  const std::string bad = "<script>alert(1)</script>\"'&";
  for (auto& run : runs) run.data = run.command = run.cpu_model = run.backend = bad;
  RunRecord failed = sample_refusal();
  failed.reason = bad;
  runs.push_back(failed);
  ReportContext context;
  context.command = bad;
  context.notes = {bad};
  const auto page = report_html(runs, context);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("&lt;script&gt;") != std::string::npos);
  for (const auto& kind : figure_kinds()) {
    runs.resize(10);
    CHECK(drawn(runs, kind.name).find("<script") == std::string::npos);
  }
}

TEST_CASE("An axis holds its values between its ends and has a few ticks within") {
  const auto label = [](double value) { return std::to_string(value); };
  for (const bool logarithmic : {false, true})
    for (const auto& values : {std::vector<double>{},
                               {0},
                               {5},
                               {-3, 4},
                               {1e-9, 1e9},
                               {0.1, 0.15},
                               {0, 1e-3, 12},
                               {3, 700},
                               {1, INFINITY, NAN, 2}}) {
      const Axis axis(values, logarithmic, "", label);
      CHECK(!axis.ticks().empty());
      CHECK(axis.ticks().size() <= 10);
      for (const double tick : axis.ticks()) {
        CHECK(axis.share(tick) >= 0);
        CHECK(axis.share(tick) <= 1);
        CHECK_FALSE(std::signbit(tick == 0 ? tick : 0.0));
      }
      for (std::size_t i = 1; i < axis.ticks().size(); ++i)
        CHECK(axis.share(axis.ticks()[i]) > axis.share(axis.ticks()[i - 1]));
      for (const double value : values) {
        CHECK(axis.share(value) >= 0);
        CHECK(axis.share(value) <= 1);
      }
    }
  const Axis decades(std::vector<double>{1, 10, 100}, true, "", label);
  CHECK(decades.share(10) == doctest::Approx(0.5));
}

TEST_CASE("Configurations look different from each other, in colours and without") {
  for (std::size_t i = 0; i < kMostSeries; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const auto a = series_style(i), b = series_style(j);
      CHECK((a.colour != b.colour || a.dashes != b.dashes));
      CHECK((a.mark != b.mark || a.dashes != b.dashes || a.colour != b.colour));
    }
}

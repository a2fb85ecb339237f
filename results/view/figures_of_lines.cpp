// Figures whose configurations are lines between two axes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "results/outcome.h"
#include "results/statistics.h"
#include "results/view/figure_parts.h"
#include "results/view/tables.h"

namespace sgdbench::figures {
namespace {

// Loss curves.

/// The points of all repeats that have the same place in their curves: the median, and the range. A
/// repeat that did not come through is infinite from where its loss ends; where the median is, the
/// line ends too.
struct CurveBand {
  std::vector<ChartPoint> middle, low, high;
  bool lost = false;  ///< the median became infinite
};

bool has_optimum(const AggregateGroup& group) {
  for (const auto& member : group.members)
    for (const auto* row : member.counted)
      for (const auto& point : row->curve)
        if (point.suboptimality && *point.suboptimality > 0) return true;
  return false;
}

/// Of the i-th point; nothing where the repeat came to its end before.
std::optional<double> height_of(const RunRecord& row, std::size_t i, bool optimum) {
  const bool there = i < row.curve.size();
  const auto height = !there    ? std::nullopt
                      : optimum ? row.curve[i].suboptimality
                                : row.curve[i].loss;
  // What an optimum's certificate can't tell from it lies at the foot of a logarithmic axis.
  if (height) return optimum ? std::max(0.0, *height) : *height;
  if (there || !outcome_of(row).healthy) return kNever;
  return std::nullopt;
}

CurveBand band_of(const Aggregate& member, bool optimum, double CurvePoint::*along) {
  CurveBand band;
  for (std::size_t i = 0; !band.lost; ++i) {
    std::vector<double> xs, ys;
    for (const auto* row : member.counted) {
      const auto y = height_of(*row, i, optimum);
      if (!y) continue;
      if (i < row->curve.size()) xs.push_back(row->curve[i].*along);
      ys.push_back(*y);
    }
    if (xs.empty()) return band;
    if (2 * ys.size() < member.counted.size()) continue;
    const double x = median(xs), middle = median(ys);
    band.lost = !std::isfinite(middle);
    if (band.lost) break;
    band.middle.push_back({x, middle});
    band.low.push_back({x, *std::min_element(ys.begin(), ys.end())});
    band.high.push_back(
        {x, std::min(std::numeric_limits<double>::max(), *std::max_element(ys.begin(), ys.end()))});
  }
  return band;
}

/// A cross, for what never came.
void draw_cross(Drawing& drawing, double x, double y, std::string_view colour) {
  drawing.text(x, y + 4, "✕",
               {.size = 12, .colour = colour, .bold = true, .anchor = Anchor::middle});
}

void draw_curve_chart(Drawing& drawing, const FigureInput& input, Box box,
                      double CurvePoint::*along, std::string title, Axis::Label label) {
  const auto& group = input.group;
  const bool optimum = has_optimum(group);
  std::vector<CurveBand> bands;
  std::vector<double> xs, ys;
  // What diverges leaves the picture at its upper edge: it does not press all others to the lower.
  const bool any_well = std::any_of(group.members.begin(), group.members.end(),
                                    [](const auto& member) { return member.standing.may_win(); });
  for (const auto& member : group.members) {
    bands.push_back(band_of(member, optimum, along));
    for (const auto* points : {&bands.back().low, &bands.back().high})
      for (const auto& point : *points) {
        xs.push_back(point.x);
        if (!any_well || member.standing.may_win()) ys.push_back(point.y);
      }
  }
  const double end = xs.empty() ? 1 : *std::max_element(xs.begin(), xs.end());
  Chart chart(drawing, box, Axis(0, end > 0 ? end : 1, std::move(title), label),
              Axis(ys, optimum, optimum ? "training loss above the optimum" : "training loss",
                   plain_number));
  chart.draw_axes();
  // The first in the list lies on top.
  for (std::size_t i = bands.size(); i-- > 0;) {
    const auto style = style_of(group, group.members[i]);
    drawing.begin_group(fmt::format(R"(data-series="{}")", i));
    drawing.title(series_name(group.members[i], group));
    if (bands[i].middle.size() > 1) {
      chart.band(bands[i].low, bands[i].high, style);
      chart.line(bands[i].middle, style);
    }
    if (!bands[i].middle.empty()) {
      const auto& last = bands[i].middle.back();
      if (bands[i].lost)
        draw_cross(drawing, chart.x(last.x), chart.y(last.y), style.colour);
      else
        draw_mark(drawing, chart.x(last.x), chart.y(last.y), 8, style);
    }
    drawing.end_group();
  }
}

}  // namespace

double draw_curves(Drawing& drawing, const FigureInput& input) {
  Members members;
  for (const auto& member : input.group.members)
    if (std::any_of(member.counted.begin(), member.counted.end(),
                    [](auto* row) { return row->curve.size() > 1; }))
      members.push_back(&member);
  if (members.empty()) return 0;
  constexpr double kLeft = 64, kTop = 24, kHeight = 260, kBeside = 700;
  const bool beside = input.width >= kBeside;
  const double width =
      beside ? (input.width - 2 * kLeft - 2 * kRight) / 2 : input.width - kLeft - kRight;
  const Box first{kLeft, kTop, width, kHeight};
  Box second = first;
  if (beside)
    second.left += width + kRight + kLeft;
  else
    second.top += kHeight + kAxisBelow + kTop;
  const std::string clock =
      input.group.members.front().first->clock == "virtual" ? "simulated time" : "training time";
  draw_curve_chart(drawing, input, first, &CurvePoint::time_s, clock, human_seconds);
  draw_curve_chart(drawing, input, second, &CurvePoint::epoch, "epochs", plain_number);
  const double top = second.bottom() + kAxisBelow;
  return top + draw_names(drawing, input.group, members, top, input.width);
}

double draw_staleness(Drawing& drawing, const FigureInput& input) {
  std::map<const Aggregate*, std::map<std::uint64_t, std::uint64_t>> counts;
  std::uint64_t greatest = 0;
  for (const auto& member : input.group.members)
    for (const auto* row : member.counted)
      for (const auto& one : row->staleness) {
        counts[&member][one.staleness] += one.count;
        if (one.count > 0) greatest = std::max(greatest, one.staleness);
      }
  if (greatest == 0) return 0;  // nothing was stale
  constexpr double kLeft = 64, kTop = 24, kHeight = 220;
  // One more than τ: a logarithmic axis has no place for 0.
  const std::vector<double> ends{1, static_cast<double>(greatest) + 1};
  Chart chart(drawing, {kLeft, kTop, input.width - kLeft - kRight, kHeight},
              Axis(ends, greatest > 20, "staleness τ + 1, updates", human_count),
              Axis(0, 1, "share of gradients that were at most so stale", human_share));
  chart.draw_axes();
  Members members;
  for (const auto& member : input.group.members) {
    const auto found = counts.find(&member);
    if (found == counts.end()) continue;
    double all = 0;
    for (const auto& [staleness, count] : found->second) all += static_cast<double>(count);
    if (all == 0) continue;
    members.push_back(&member);
    std::vector<ChartPoint> points{{1, 0}};
    double below = 0;
    for (const auto& [staleness, count] : found->second) {
      const double x = static_cast<double>(staleness) + 1;
      points.push_back({x, below / all});
      below += static_cast<double>(count);
      points.push_back({x, below / all});
    }
    points.push_back({static_cast<double>(greatest) + 1, 1});
    drawing.begin_group();
    drawing.title(series_name(member, input.group));
    chart.line(points, style_of(input.group, member));
    drawing.end_group();
  }
  const double top = chart.box().bottom() + kAxisBelow;
  return top + draw_names(drawing, input.group, members, top, input.width);
}

namespace {

/// The best score of every step that was tried, by configuration; infinite where none had one.
using ScoresOfSteps = std::map<std::string, std::map<double, double>>;

ScoresOfSteps scores_of(const FigureInput& input) {
  ScoresOfSteps all;
  for (const auto& trial : input.trials) {
    if (trial.lr <= 0) continue;
    const bool scored = trial.score && std::isfinite(*trial.score) && *trial.score > 0;
    const auto place = all[trial.config_id].try_emplace(trial.lr, kNever).first;
    if (scored) place->second = std::min(place->second, *trial.score);
  }
  return all;
}

}  // namespace

double draw_tuning(Drawing& drawing, const FigureInput& input) {
  const auto all = scores_of(input);
  std::vector<double> steps, scores;
  for (const auto& [id, of] : all)
    for (const auto& [step, score] : of) {
      steps.push_back(step);
      if (std::isfinite(score)) scores.push_back(score);
    }
  if (scores.size() < 2) return 0;
  constexpr double kLeft = 76, kTop = 24, kHeight = 240;
  Chart chart(drawing, {kLeft, kTop, input.width - kLeft - kRight, kHeight},
              Axis(steps, true, "step size tried; ✕: it came to nothing", plain_number),
              Axis(scores, true, "time to the target, as the search saw it (the best trial)",
                   human_seconds));
  chart.draw_axes();
  Members members;
  for (const auto& member : input.group.members) {
    const auto found = all.find(member.first->config_id);
    if (found == all.end()) continue;
    members.push_back(&member);
    const auto style = style_of(input.group, member);
    drawing.begin_group();
    drawing.title(series_name(member, input.group));
    std::vector<ChartPoint> points;  // between two steps that came to nothing
    const auto draw_part = [&] {
      if (points.size() > 1) chart.line(points, style);
      points.clear();
    };
    for (const auto& [step, score] : found->second) {
      if (std::isfinite(score)) {
        points.push_back({step, score});
        draw_mark(drawing, chart.x(step), chart.y(score), 7, style);
      } else {
        draw_part();
        draw_cross(drawing, chart.x(step), kTop + 6, style.colour);
      }
    }
    draw_part();
    drawing.end_group();
  }
  const double top = chart.box().bottom() + kAxisBelow;
  return top + draw_names(drawing, input.group, members, top, input.width);
}

}  // namespace sgdbench::figures

// Figures that have a row for each configuration.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "results/labels.h"
#include "results/outcome.h"
#include "results/view/figure_parts.h"
#include "results/view/tables.h"

namespace sgdbench::figures {
namespace {

/// Names stand beside their rows, or above them where there is no room.
bool is_narrow(const FigureInput& input) {
  return input.width < 600;
}
double row_height(const FigureInput& input) {
  return is_narrow(input) ? 40 : 26;
}
/// The middle of the i-th row.
double row_y(const FigureInput& input, double top, std::size_t i) {
  return top + row_height(input) * (static_cast<double>(i) + 0.5) + (is_narrow(input) ? 8 : 0);
}

template <class Has>
Members members_with(const AggregateGroup& group, Has has) {
  Members found;
  for (const auto& member : group.members)
    if (has(member)) found.push_back(&member);
  return found;
}

/// Where numbers begin.
double names_width(const FigureInput& input, const Members& members) {
  if (is_narrow(input)) return 24;
  double widest = 0;
  for (const auto* member : members)
    widest = std::max(widest, text_width(series_name(*member, input.group), 12));
  return std::min(widest + 24, 0.45 * input.width);
}

void draw_name(Drawing& drawing, const FigureInput& input, const Aggregate& member, double left,
               double y) {
  const auto name = series_name(member, input.group);
  if (is_narrow(input))
    drawing.text(8, y - 14, fit_text(name, 12, false, input.width - 16), {.size = 12});
  else
    drawing.text(left - 10, y + 4, fit_text(name, 12, false, left - 14),
                 {.size = 12, .anchor = Anchor::end});
}

}  // namespace

double draw_targets(Drawing& drawing, const FigureInput& input) {
  const auto members = members_with(
      input.group, [](const Aggregate& member) { return !member.standing.times.values.empty(); });
  if (members.empty()) return 0;
  std::vector<double> times;
  std::size_t misses = 0;
  for (const auto* member : members)
    for (const double time : member->standing.times.values) {
      times.push_back(time);
      misses += !std::isfinite(time);
    }
  constexpr double kTop = 12, kMisses = 60;
  const double left = names_width(input, members);
  const auto target = target_text(*members.front()->first);
  const double height = row_height(input) * static_cast<double>(members.size());
  Chart chart(drawing,
              {left, kTop, input.width - left - kRight - (misses > 0 ? kMisses : 0), height},
              Axis(times, true, target.empty() ? "time for the whole run" : "time to " + target,
                   human_seconds),
              Axis(0, 1, "", plain_number));
  chart.draw_axes(false);
  const double beyond = chart.box().right() + kMisses / 2;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto& member = *members[i];
    const double y = row_y(input, kTop, i);
    const auto style = style_of(input.group, member);
    draw_name(drawing, input, member, left, y);
    drawing.begin_group();
    drawing.title(series_name(member, input.group));
    if (const auto interval = member.standing.interval();
        interval && std::isfinite(interval->low)) {
      const double end =
          std::isfinite(interval->high) ? chart.x(interval->high) : chart.box().right();
      drawing.rect(chart.x(interval->low), y - 5, std::max(1.0, end - chart.x(interval->low)), 10,
                   style.colour, R"(fill-opacity="0.25")");
    }
    std::size_t missed = 0;
    for (const double time : member.standing.times.values)
      if (std::isfinite(time))
        draw_mark(drawing, chart.x(time), y, 7, style);
      else
        ++missed;
    if (const auto middle = member.standing.median_time())
      drawing.line(chart.x(*middle), y - 9, chart.x(*middle), y + 9, kInk, 2);
    if (missed > 0)
      drawing.text(beyond, y + 4, fmt::format("✕ {}", missed),
                   {.size = 12, .colour = kAlarm, .bold = true, .anchor = Anchor::middle});
    drawing.end_group();
  }
  if (misses > 0)
    drawing.text(beyond, chart.box().bottom() + 16, "never",
                 {.size = 11, .colour = kAlarm, .anchor = Anchor::middle});
  return chart.box().bottom() + kAxisBelow;
}

double draw_speedup(Drawing& drawing, const FigureInput& input) {
  const auto members =
      members_with(input.group, [](const Aggregate& member) { return member.speedup.has_value(); });
  if (members.empty()) return 0;
  struct Factor {
    std::string_view name;
    std::optional<double> Aggregate::*value;
  };
  constexpr std::array<Factor, 3> kFactors{{{"speedup to the target", &Aggregate::speedup},
                                            {"= in time per epoch", &Aggregate::hardware},
                                            {"× in epochs needed", &Aggregate::statistical}}};
  std::vector<double> values{1};
  for (const auto* member : members)
    for (const auto& factor : kFactors)
      if (const auto value = member->*factor.value) values.push_back(*value);
  constexpr double kTop = 12;
  const double left = names_width(input, members);
  Chart chart(drawing,
              {left, kTop, input.width - left - kRight,
               row_height(input) * static_cast<double>(members.size())},
              Axis(values, true, "times one worker of the same strategy", human_ratio),
              Axis(0, 1, "", plain_number));
  chart.draw_axes(false);
  drawing.line(chart.x(1), kTop, chart.x(1), chart.box().bottom(), kFaint, 1.5);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const double y = row_y(input, kTop, i);
    draw_name(drawing, input, *members[i], left, y);
    for (std::size_t f = kFactors.size(); f-- > 0;)
      if (const auto value = members[i]->*kFactors[f].value)
        draw_mark(drawing, chart.x(*value), y, f == 0 ? 11 : 8, series_style(f));
  }
  std::vector<LegendEntry> entries;
  for (std::size_t f = 0; f < kFactors.size(); ++f)
    entries.push_back({std::string(kFactors[f].name), series_style(f), LegendEntry::Kind::mark});
  const double below = chart.box().bottom() + kAxisBelow + 8;
  return below + draw_legend(drawing, 8, below, input.width - 16, entries);
}

namespace {

// Where time went.

struct TimeShare {
  std::string_view name;
  std::string_view fill;
  std::optional<double> RunRecord::*seconds;
};
constexpr std::array<TimeShare, 5> kTimeShares{
    {{"computing", "#0072b2", &RunRecord::compute_s},
     {"waiting for others", "#e69f00", &RunRecord::wait_s},
     {"queueing", "#cc79a7", &RunRecord::queue_s},
     {"exchanging parameters", "#009e73", &RunRecord::communicate_s},
     {"copying for the curve", "#b8bec6", &RunRecord::observe_s}}};

/// The mean share over the repeats that came through.
double mean_share(const Aggregate& member, const TimeShare& part) {
  double sum = 0;
  std::size_t count = 0;
  for (const auto* row : member.counted) {
    if (!row->wall_s || *row->wall_s <= 0 || !outcome_of(*row).healthy) continue;
    sum += (row->*part.seconds).value_or(0) / *row->wall_s;
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace

double draw_time(Drawing& drawing, const FigureInput& input) {
  const auto members = members_with(input.group, [](const Aggregate& member) {
    return std::any_of(kTimeShares.begin(), kTimeShares.end(),
                       [&](const TimeShare& part) { return mean_share(member, part) > 0; });
  });
  if (members.empty()) return 0;
  constexpr double kTop = 12;
  const double left = names_width(input, members);
  Chart chart(drawing,
              {left, kTop, input.width - left - kRight,
               row_height(input) * static_cast<double>(members.size())},
              Axis(0, 1, "share of the workers' time", human_share), Axis(0, 1, "", plain_number));
  chart.draw_axes(false);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const double y = row_y(input, kTop, i);
    draw_name(drawing, input, *members[i], left, y);
    double from = 0;
    for (const auto& part : kTimeShares) {
      const double share = mean_share(*members[i], part);
      if (share <= 0) continue;
      drawing.begin_group();
      drawing.title(fmt::format("{}: {}", part.name, human_share(share)));
      const double width = chart.x(std::min(1.0, from + share)) - chart.x(from);
      drawing.rect(chart.x(from), y - 8, width, 16, part.fill);
      const auto text = human_share(share);
      if (width > text_width(text, 11) + 6)
        drawing.text(chart.x(from) + width / 2, y + 4, text,
                     {.size = 11,
                      .colour = part.fill == kTimeShares[0].fill ? "#fefefe" : "#101010",
                      .anchor = Anchor::middle});
      drawing.end_group();
      from += share;
    }
  }
  std::vector<LegendEntry> entries;
  for (const auto& part : kTimeShares)
    entries.push_back({std::string(part.name), {part.fill, "", 0}, LegendEntry::Kind::area});
  const double below = chart.box().bottom() + kAxisBelow + 8;
  return below + draw_legend(drawing, 8, below, input.width - 16, entries);
}

}  // namespace sgdbench::figures

#include <fmt/format.h>

#include <algorithm>

#include "cli/report/panel.h"
#include "cli/report/report.h"
#include "cli/terminal.h"

namespace sgdbench {
namespace {

constexpr double kWidth = 1200, kLeft = 96, kRight = 28;
constexpr double kTop = 92;  // title and legend
constexpr double kAxis = 50;
constexpr double kBetween = 14;
constexpr std::size_t kMostPanels = 8, kMostTicks = 12;

bool has_activity(const ReadTrace& trace, Activity activity) {
  for (const auto& run : trace.runs)
    for (const auto& track : run.tracks)
      for (const auto& slice : track.slices)
        if (slice.activity == activity) return true;
  return false;
}

struct LegendEntry {
  Activity activity;
  std::string_view text;
};
constexpr LegendEntry kLegend[] = {{Activity::pull, "pull parameters"},
                                   {Activity::compute, "compute a gradient"},
                                   {Activity::push, "push it"},
                                   {Activity::queue, "queue for the link"},
                                   {Activity::wait, "wait"},
                                   {Activity::apply, "apply an update"},
                                   {Activity::observe, "copy for the loss curve"}};

double draw_entry(Drawing& drawing, double x, double y, const LegendEntry& entry) {
  const auto style = style_of(entry.activity);
  const double tall = 14 * style.height;
  drawing.rect(
      x, y - 11 + (14 - tall) / 2, 22, tall, style.fill,
      style.outline.empty() ? "" : fmt::format(R"(stroke="{}" stroke-width="0.8")", style.outline));
  drawing.text(x + 28, y, entry.text, {.size = 12});
  return x + 28 + text_width(entry.text, 12) + 18;
}

bool is_stale(const ReadRun& run) {
  const auto updates = updates_of(run);
  return std::any_of(updates.begin(), updates.end(), [](auto& u) { return u.staleness > 0; });
}

/// Two lines: what the bars are, and what is drawn upon them.
void draw_legend(Drawing& drawing, const ReadTrace& trace, double y) {
  double x = kLeft;
  for (const auto& entry : kLegend)
    if (has_activity(trace, entry.activity)) x = draw_entry(drawing, x, y, entry);
  x = kLeft;
  y += 20;
  if (std::any_of(trace.runs.begin(), trace.runs.end(), is_stale)) {
    constexpr std::string_view kText =
        "staleness τ of an update: how many others came since its gradient's pull (unmarked: 0)";
    drawing.text(x + 11, y, "2",
                 {.size = 12, .colour = kAlarm, .bold = true, .anchor = Anchor::middle});
    drawing.text(x + 28, y, kText, {.size = 12});
    x += 28 + text_width(kText, 12) + 18;
  }
  if (std::none_of(trace.runs.begin(), trace.runs.end(),
                   [](auto& run) { return run.has_server(); }))
    return;
  drawing.path(fmt::format("M{:.1f} {:.1f}c11 0 9 9 20 9", x, y - 9),
               fmt::format(R"(fill="none" stroke="{}" stroke-width="1.2")", kAlarm));
  drawing.path(fmt::format("M{:.1f} {:.1f}l-5 -2.6v5.2z", x + 23, y),
               fmt::format(R"(fill="{}")", kAlarm));
  drawing.text(x + 28, y, "some gradients, from their pull to their update", {.size = 12});
}

void draw_axis(Drawing& drawing, const TimeScale& scale, const TimeAxis& axis, double y) {
  drawing.line(scale.left, y, scale.left + scale.width, y, kInk, 1);
  for (const auto t : axis.ticks) {
    drawing.line(scale.x(t), y, scale.x(t), y + 5, kInk, 1);
    drawing.text(scale.x(t), y + 18, axis.label(t), {.size = 12, .anchor = Anchor::middle});
  }
  drawing.text(scale.left + scale.width / 2, y + 38,
               fmt::format("time since the start of each run, {}", axis.unit),
               {.size = 12, .colour = kFaint, .anchor = Anchor::middle});
}

}  // namespace

std::string TimeAxis::label(Nanoseconds t) const {
  return fmt::format("{:.6g}", static_cast<double>(t) / static_cast<double>(per_unit));
}

TimeAxis time_axis(const Window& window, std::size_t most_ticks) {
  TimeAxis axis;
  Nanoseconds step = 1;
  const auto too_many = [&](Nanoseconds s) {
    return static_cast<std::size_t>(window.length() / s) > most_ticks;
  };
  while (too_many(step)) {
    if (!too_many(2 * step))
      step *= 2;
    else if (!too_many(5 * step))
      step *= 5;
    else
      step *= 10;
  }
  struct Unit {
    std::string_view name;
    Nanoseconds length;
  };
  axis.unit = "ns";
  for (const auto& [name, length] :
       {Unit{"µs", 1'000}, Unit{"ms", 1'000'000}, Unit{"s", 1'000'000'000}})
    if (window.length() >= 2 * length) {
      axis.unit = name;
      axis.per_unit = length;
    }
  for (Nanoseconds t = (window.from + step - 1) / step * step; t <= window.to; t += step)
    axis.ticks.push_back(t);
  return axis;
}

std::string draw_picture(const ReadTrace& trace, const Window& window) {
  const TimeScale scale{window, kLeft, kWidth - kLeft - kRight};
  const auto axis = time_axis(window, kMostTicks);
  const std::size_t shown = std::min(trace.runs.size(), kMostPanels);
  Drawing drawing;
  double y = kTop;
  for (std::size_t i = 0; i < shown; ++i) {
    const Panel panel(trace.runs[i], scale);
    panel.draw(drawing, y, axis.ticks);
    y += panel.height() + kBetween;
  }
  draw_axis(drawing, scale, axis, y);
  y += kAxis;
  if (shown < trace.runs.size()) {
    drawing.text(kLeft, y + 12, fmt::format("and {} more runs", trace.runs.size() - shown),
                 {.size = 12, .colour = kFaint});
    y += 20;
  }
  drawing.text(kLeft, y + 12, fit_text(trace.command, 10, false, kWidth - kLeft - kRight),
               {.size = 10, .colour = kFaint});
  y += 16;
  Drawing whole;
  whole.rect(0, 0, kWidth, y + 8, "#ffffff");
  whole.raw(kPatterns);
  whole.text(kLeft, 28, "What each worker did, and when", {.size = 18, .bold = true});
  draw_legend(whole, trace, 54);
  whole.append(drawing);
  return whole.finish(kWidth, y + 8, "What each worker did, and when");
}

}  // namespace sgdbench

#include "results/view/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace sgdbench {
namespace {

constexpr std::array<std::string_view, 8> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                   "#b59a00", "#56b4e9", "#e69f00", "#4d4d4d"};
constexpr std::array<std::string_view, 4> kDashes{"", "7 3", "2 3", "9 3 2 3"};
constexpr double kTickSize = 11;

std::string pixels(double value) {
  return fmt::format("{:.2f}", value);
}

/// 1, 2 or 5 times a power of ten: the least such step of which at most `most` fit in `length`.
double step_for(double length, double most) {
  double step = std::pow(10, std::floor(std::log10(length / most)));
  for (const double factor : {2.0, 2.5, 2.0})
    if (length / step > most) step *= factor;
  return step;
}

}  // namespace

SeriesStyle series_style(std::size_t i) {
  const std::size_t round = i / kColours.size();
  return {kColours[i % kColours.size()], kDashes[(i + round) % kDashes.size()], i % 4};
}

void draw_mark(Drawing& drawing, double x, double y, double size, const SeriesStyle& style) {
  const double r = size / 2;
  const auto fill = fmt::format(R"(fill="{}")", style.colour);
  switch (style.mark) {
    case 0:
      return drawing.path(fmt::format("M{0} {1}a{2} {2} 0 1 0 {3} 0a{2} {2} 0 1 0 -{3} 0z",
                                      pixels(x - r), pixels(y), pixels(r), pixels(size)),
                          fill);
    case 1:
      return drawing.path(fmt::format("M{0} {1}h{2}v{2}h-{2}z", pixels(x - 0.88 * r),
                                      pixels(y - 0.88 * r), pixels(1.76 * r)),
                          fill);
    case 2:
      return drawing.path(fmt::format("M{0} {1}l{2} {3}h-{4}z", pixels(x), pixels(y - 1.2 * r),
                                      pixels(1.1 * r), pixels(2 * r), pixels(2.2 * r)),
                          fill);
    default:
      return drawing.path(fmt::format("M{0} {1}l{2} {2}l-{2} {2}l-{2} -{2}z", pixels(x),
                                      pixels(y - 1.2 * r), pixels(1.2 * r)),
                          fill);
  }
}

Axis::Axis(std::span<const double> values, bool logarithmic, std::string title, Label label)
    : title_(std::move(title)), label_(label) {
  bool any = false;
  double low = 0, high = 0, least_positive = 0;
  constexpr double kGreatest = 1e300;  // beyond, differences may be infinite
  for (const double value : values) {
    if (!(std::abs(value) < kGreatest)) continue;
    low = any ? std::min(low, value) : value;
    high = any ? std::max(high, value) : value;
    if (value > 0 && (least_positive == 0 || value < least_positive)) least_positive = value;
    any = true;
  }
  constexpr double kWide = 2;
  logarithmic_ = logarithmic && least_positive > 0 && high > kWide * least_positive;
  if (logarithmic_) {
    low_ = least_positive;
    high_ = high;
    choose_logarithmic_ticks();
    return;
  }
  if (!any) high = 1;
  constexpr double kSame = 1e-9;  // of the values: ticks between them would be alike
  if (high - low <= kSame * std::max(std::abs(low), std::abs(high))) {
    low -= low == 0 ? 0 : std::abs(low) / 2;
    high += high == 0 ? 1 : std::abs(high) / 2;
  }
  low_ = low;
  high_ = high;
  choose_linear_ticks(true);
}

Axis::Axis(double low, double high, std::string title, Label label)
    : low_(low), high_(high), title_(std::move(title)), label_(label) {
  choose_linear_ticks(false);
}

void Axis::choose_linear_ticks(bool outwards) {
  constexpr double kMost = 6, kNearly = 1e-9;
  const double step = step_for(high_ - low_, kMost);
  double first = std::ceil(low_ / step - kNearly), last = std::floor(high_ / step + kNearly);
  if (outwards) {
    first = std::floor(low_ / step + kNearly);
    last = std::ceil(high_ / step - kNearly);
    low_ = first * step;
    high_ = last * step;
  }
  const int count = static_cast<int>(last - first);
  for (int k = 0; k <= count; ++k) ticks_.push_back((first + k) * step + 0.0);  // not -0
}

void Axis::choose_logarithmic_ticks() {
  constexpr double kFew = 2, kMany = 7;  // decades
  const double decades = std::log10(high_ / low_);
  const auto every = decades > kMany ? static_cast<int>(std::ceil(decades / kMany)) : 1;
  const std::vector<double> factors =
      decades < kFew ? std::vector<double>{1, 2, 5} : std::vector<double>{1};
  constexpr double kMargin = 1.08;
  low_ /= kMargin;
  high_ *= kMargin;
  for (int power = static_cast<int>(std::floor(std::log10(low_))); power <= std::log10(high_);
       ++power)
    for (const double factor : factors) {
      const double tick = factor * std::pow(10.0, power);
      if (power % every == 0 && tick >= low_ && tick <= high_) ticks_.push_back(tick);
    }
}

double Axis::share(double value) const {
  const double share = logarithmic_
                           ? std::log(std::max(value, low_) / low_) / std::log(high_ / low_)
                           : (value - low_) / (high_ - low_);
  return std::clamp(std::isnan(share) ? 0 : share, 0.0, 1.0);
}

Chart::Chart(Drawing& drawing, Box box, Axis x, Axis y)
    : drawing_(drawing), box_(box), x_(std::move(x)), y_(std::move(y)) {}

void Chart::draw_axes(bool with_y) {
  double free_from = 0;
  for (const double tick : x_.ticks()) {
    drawing_.line(x(tick), box_.top, x(tick), box_.bottom(), kGrid);
    const auto text = x_.tick_text(tick);
    const double half = text_width(text, kTickSize) / 2 + 3;
    if (x(tick) - half < free_from) continue;
    free_from = x(tick) + half;
    drawing_.text(x(tick), box_.bottom() + 16, text, {.size = kTickSize, .anchor = Anchor::middle});
  }
  if (with_y)
    for (const double tick : y_.ticks()) {
      drawing_.line(box_.left, y(tick), box_.right(), y(tick), kGrid);
      drawing_.text(box_.left - 6, y(tick) + 4, y_.tick_text(tick),
                    {.size = kTickSize, .anchor = Anchor::end});
    }
  drawing_.line(box_.left, box_.bottom(), box_.right(), box_.bottom(), kInk);
  if (with_y) drawing_.line(box_.left, box_.top, box_.left, box_.bottom(), kInk);
  drawing_.text(box_.left + box_.width / 2, box_.bottom() + 34, x_.title(),
                {.size = 12, .colour = kFaint, .anchor = Anchor::middle});
  if (with_y) drawing_.text(box_.left, box_.top - 8, y_.title(), {.size = 12, .colour = kFaint});
}

std::string Chart::path_of(std::span<const ChartPoint> points, bool begins) const {
  std::string path;
  for (const auto& point : points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
    path +=
        fmt::format("{}{:.2f} {:.2f}", path.empty() && begins ? "M" : "L", x(point.x), y(point.y));
  }
  return path;
}

void Chart::line(std::span<const ChartPoint> points, const SeriesStyle& style) {
  drawing_.path(
      path_of(points, true),
      fmt::format(
          R"(fill="none" stroke="{}" stroke-width="1.8" stroke-linejoin="round"{})", style.colour,
          style.dashes.empty() ? "" : fmt::format(R"( stroke-dasharray="{}")", style.dashes)));
}

void Chart::band(std::span<const ChartPoint> low, std::span<const ChartPoint> high,
                 const SeriesStyle& style) {
  const std::vector<ChartPoint> back(high.rbegin(), high.rend());
  drawing_.path(path_of(low, true) + path_of(back, false) + "z",
                fmt::format(R"(fill="{}" fill-opacity="0.15")", style.colour));
}

double draw_legend(Drawing& drawing, double left, double top, double width,
                   std::span<const LegendEntry> entries) {
  constexpr double kRow = 18, kSize = 12, kGap = 22, kLine = 26;
  double x = left, y = top;
  for (const auto& entry : entries) {
    const double sample = entry.kind == LegendEntry::Kind::line ? kLine : 14;
    const auto name = fit_text(entry.name, kSize, false, width - sample - 8);
    const double wide = sample + 6 + text_width(name, kSize);
    if (x > left && x + wide > left + width) {
      x = left;
      y += kRow;
    }
    if (entry.kind == LegendEntry::Kind::area) {
      drawing.rect(x, y - 7, 14, 14, entry.style.colour);
    } else {
      if (entry.kind == LegendEntry::Kind::line)
        drawing.line(x, y, x + kLine, y, entry.style.colour, 1.8,
                     entry.style.dashes.empty()
                         ? ""
                         : fmt::format(R"(stroke-dasharray="{}")", entry.style.dashes));
      draw_mark(drawing, x + sample / 2, y, 8, entry.style);
    }
    drawing.text(x + sample + 6, y + 4, name, {.size = kSize});
    x += wide + kGap;
  }
  return y - top + kRow;
}

}  // namespace sgdbench

#include "cli/report/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/terminal.h"

namespace sgdbench {
namespace {

constexpr double kRow = 24, kGap = 7;
constexpr double kMarks = 18;   // above a row on which updates are marked with their staleness
constexpr double kLane = 8;     // above a server's marks, for the flows to it
constexpr double kServer = 13;  // height of the server's row
constexpr double kHeading = 46;
constexpr double kNote = 18;
constexpr double kLeast = 0.6;      // pixels: narrower slices are drawn together
constexpr double kLeastMark = 1.6;  // so that no update is overlooked
constexpr double kMarkSize = 11;
constexpr std::size_t kFlows = 3;

/// Neighbouring slices that are too narrow to be seen, as one of the activity that has most of it.
class Merger {
 public:
  void add(Nanoseconds begin, Nanoseconds end, Activity activity) {
    if (empty()) begin_ = begin;
    end_ = end;
    spent_[static_cast<std::size_t>(activity)] += static_cast<double>(end - begin);
  }
  bool empty() const { return end_ < begin_; }
  Slice take() {
    const auto most = std::max_element(spent_.begin(), spent_.end()) - spent_.begin();
    const Slice merged{.begin = begin_, .end = end_, .activity = static_cast<Activity>(most)};
    *this = {};
    return merged;
  }
  Nanoseconds length() const { return end_ - begin_; }

 private:
  Nanoseconds begin_ = 0, end_ = -1;
  std::array<double, kActivities> spent_{};
};

/// Where on a line there is room for one more label.
class Labels {
 public:
  /// False where one that was placed before is in the way.
  bool place(double x, double width) {
    const double left = x - width / 2, right = x + width / 2;
    const auto after = ends_.lower_bound(left);  // the first that ends right of it
    if (after != ends_.end() && after->second < right) return false;
    ends_.emplace(right, left);
    return true;
  }

 private:
  std::map<double, double> ends_;  ///< of the labels so far: right end, left end
};

void draw_slice(Drawing& drawing, const TimeScale& scale, const Slice& slice, double y,
                double height) {
  const auto style = style_of(slice.activity);
  const double x1 = scale.x(std::max(slice.begin, scale.window.from));
  const double x2 = scale.x(std::min(slice.end, scale.window.to));
  const double tall = height * style.height, top = y + (height - tall) / 2;
  if (style.outline.empty() || x2 - x1 < 2) return drawing.rect(x1, top, x2 - x1, tall, style.fill);
  drawing.rect(x1 + 0.4, top, x2 - x1 - 0.8, tall, style.fill,
               fmt::format(R"(stroke="{}" stroke-width="0.8")", style.outline));
}

/// The stalest gradients, no two of them under way at the same time; where none is stale, all
/// those of the update that took longest.
std::vector<Landing> chosen_flows(std::vector<Landing> all) {
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.update.staleness > b.update.staleness;
  });
  std::vector<Landing> chosen;
  for (const auto& landing : all) {
    const bool apart = std::all_of(chosen.begin(), chosen.end(), [&](const auto& other) {
      return landing.update.end < other.begin || other.update.end < landing.begin;
    });
    if (landing.update.staleness > 0 && apart && chosen.size() < kFlows) chosen.push_back(landing);
  }
  if (!chosen.empty()) return chosen;
  const auto longest = std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.update.end - a.begin < b.update.end - b.begin;
  });
  for (const auto& landing : all)
    if (landing.update.index == longest->update.index) chosen.push_back(landing);
  return chosen;
}

}  // namespace

std::string summary_line(const ReadRun& run, const Window& window) {
  const auto found = summarise(run, window);
  std::vector<std::string> parts;
  if (found.updates > 0)
    parts.push_back(fmt::format("{} update{} made of {} gradients", found.updates,
                                found.updates == 1 ? "" : "s", found.gradients));
  parts.push_back(
      fmt::format("workers wait {} of the time", human_share(found.shares.of(Phase::wait))));
  if (found.mean_staleness)
    parts.push_back(fmt::format("mean staleness τ = {:.2g}", *found.mean_staleness));
  if (run.clock != "real") parts.push_back(run.clock + " time");
  return fmt::format("{}", fmt::join(parts, "  ·  "));
}

Panel::Panel(const ReadRun& run, const TimeScale& scale)
    : run_(run), scale_(scale), updates_(updates_of(run)) {}

std::size_t Panel::shown() const {
  return std::min(run_.workers(), kMostRows);
}

double Panel::row_y(std::size_t row) const {
  const double gap = run_.has_server() || updates_.empty() ? kGap : kMarks;
  return (run_.has_server() || updates_.empty() ? 0 : kMarks - kGap) +
         static_cast<double>(row) * (kRow + gap);
}

double Panel::server_y() const {
  return row_y(shown() - 1) + kRow + kLane + kMarks;
}

double Panel::rows_height() const {
  if (run_.has_server()) return server_y() + kServer;
  return row_y(shown() - 1) + kRow;
}

double Panel::height() const {
  return kHeading + rows_height() + (run_.workers() > shown() ? kNote : 0) + kGap;
}

void Panel::draw(Drawing& drawing, double top, const std::vector<Nanoseconds>& grid) const {
  drawing.begin_group();
  drawing.title(run_.label);
  draw_heading(drawing, top);
  const double rows = top + kHeading;
  for (const auto t : grid)
    drawing.line(scale_.x(t), rows - 4, scale_.x(t), rows + rows_height() + kGap, kGrid);
  draw_rows(drawing, rows);
  draw_updates(drawing, rows);
  draw_flows(drawing, rows);
  if (run_.workers() > shown())
    drawing.text(scale_.left, rows + rows_height() + kNote,
                 fmt::format("and {} more workers", run_.workers() - shown()),
                 {.size = 12, .colour = kFaint});
  drawing.end_group();
}

void Panel::draw_heading(Drawing& drawing, double top) const {
  drawing.text(scale_.left, top + 16, fit_text(run_.label, 14, true, scale_.width),
               {.size = 14, .bold = true});
  drawing.text(scale_.left, top + 34, summary_line(run_, scale_.window),
               {.size = 12, .colour = kFaint});
}

void Panel::draw_rows(Drawing& drawing, double top) const {
  const auto draw_row = [&](const ReadTrack& track, double y, double height) {
    drawing.text(scale_.left - 10, y + height / 2 + 4.2, track.name,
                 {.size = 12, .anchor = Anchor::end});
    draw_track(drawing, track, y, height);
  };
  for (std::size_t row = 0; row < shown(); ++row)
    draw_row(run_.tracks[row], top + row_y(row), kRow);
  if (!run_.has_server()) return;
  const double y = top + server_y() + kServer / 2;
  drawing.line(scale_.left, y, scale_.left + scale_.width, y, kRule);
  draw_row(run_.tracks.back(), top + server_y(), kServer);
}

void Panel::draw_track(Drawing& drawing, const ReadTrack& track, double y, double height) const {
  const double per_pixel = static_cast<double>(scale_.window.length()) / scale_.width;
  Merger narrow;
  const auto flush = [&] {
    if (!narrow.empty()) draw_slice(drawing, scale_, narrow.take(), y, height);
  };
  for (const auto& slice : track.slices) {
    if (scale_.window.share(slice) == 0) continue;
    const bool wide = static_cast<double>(slice.end - slice.begin) >= kLeast * per_pixel;
    if (wide || track.is_server) {
      flush();
      draw_slice(drawing, scale_, slice, y, height);
      continue;
    }
    narrow.add(slice.begin, slice.end, slice.activity);
    if (static_cast<double>(narrow.length()) >= kLeast * per_pixel) flush();
  }
  flush();
}

/// Each update wide enough to be seen, and its τ above it where it is stale and there is room: the
/// stalest come first.
void Panel::draw_updates(Drawing& drawing, double top) const {
  std::vector<AppliedUpdate> shown_updates;
  for (const auto& update : updates_)
    if (update.end > scale_.window.from && update.end <= scale_.window.to &&
        (run_.has_server() || update.track < shown()))
      shown_updates.push_back(update);
  std::stable_sort(shown_updates.begin(), shown_updates.end(),
                   [](const auto& a, const auto& b) { return a.staleness > b.staleness; });
  std::vector<Labels> labels(run_.tracks.size());
  for (const auto& update : shown_updates) {
    const double x = scale_.x(update.end);
    const double y = top + (run_.has_server() ? server_y() : row_y(update.track));
    if (x - scale_.x(update.begin) < kLeastMark)
      drawing.rect(x - kLeastMark, y, kLeastMark, run_.has_server() ? kServer : kRow, kInk);
    if (update.staleness == 0) continue;
    const auto text = std::to_string(update.staleness);
    if (labels[update.track].place(x, text_width(text, kMarkSize, true) + 4))
      drawing.text(x, y - 4, text,
                   {.size = kMarkSize, .colour = kAlarm, .bold = true, .anchor = Anchor::middle});
  }
}

/// Some gradients, from their pull to the server; where there is none, nothing leaves its row.
void Panel::draw_flows(Drawing& drawing, double top) const {
  if (!run_.has_server()) return;
  std::vector<Landing> visible;
  for (const auto& landing : landings_of(run_))
    if (landing.begin >= scale_.window.from && landing.update.end <= scale_.window.to &&
        landing.worker < shown())
      visible.push_back(landing);
  for (const auto& landing : chosen_flows(std::move(visible))) draw_flow(drawing, landing, top);
}

/// From the lower edge of the pull down to the update: to its number, where it has one.
void Panel::draw_flow(Drawing& drawing, const Landing& landing, double top) const {
  const auto& update = landing.update;
  const double x1 = scale_.x(landing.begin) + 1, x2 = scale_.x(update.end);
  const double y1 = top + row_y(landing.worker) + kRow - 3;
  const double mark = update.staleness > 0 ? kMarkSize + 4 : 4;
  const double y2 = top + server_y() - mark;
  const double bend = std::max(14.0, (y2 - y1) * 0.75);
  const auto d = fmt::format("M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", x1, y1, x1,
                             y1 + bend, x2, y2 - bend, x2, y2);
  drawing.path(d, R"(fill="none" stroke="#ffffff" stroke-width="3.4" stroke-opacity="0.8")");
  drawing.path(d, fmt::format(R"(fill="none" stroke="{}" stroke-width="1.2")", kAlarm));
  drawing.path(fmt::format("M{:.1f} {:.1f}l-2.6 -5h5.2z", x2, y2 + 1),
               fmt::format(R"(fill="{}")", kAlarm));
}

}  // namespace sgdbench

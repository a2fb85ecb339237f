// A picture of timelines has a panel for each run.
#pragma once

#include <string>
#include <string_view>

#include "cli/report/report.h"
#include "results/timeline.h"
#include "results/view/drawing.h"

namespace sgdbench {

/// From time to pixels; shared by all panels.
struct TimeScale {
  Window window;
  double left = 0, width = 0;
  double x(Nanoseconds t) const {
    return left +
           width * static_cast<double>(t - window.from) / static_cast<double>(window.length());
  }
};

/// One run of a picture: a row per worker, the server's row, updates with their staleness, and the
/// flow of some gradients from their pull to their update.
class Panel {
 public:
  static constexpr std::size_t kMostRows = 12;

  Panel(const ReadRun& run, const TimeScale& scale);
  double height() const;
  /// With its upper edge at `top`; grid lines at these times.
  void draw(Drawing& drawing, double top, const std::vector<Nanoseconds>& grid) const;

 private:
  std::size_t shown() const;
  double row_y(std::size_t row) const;  ///< upper edge, from the panel's rows
  double server_y() const;
  double rows_height() const;
  void draw_heading(Drawing& drawing, double top) const;
  void draw_rows(Drawing& drawing, double top) const;
  void draw_track(Drawing& drawing, const ReadTrack& track, double y, double height) const;
  void draw_updates(Drawing& drawing, double top) const;
  void draw_flows(Drawing& drawing, double top) const;
  void draw_flow(Drawing& drawing, const Landing& landing, double top) const;

  const ReadRun& run_;
  const TimeScale& scale_;
  std::vector<AppliedUpdate> updates_;
};

/// "9 updates in the window · 31 % of the workers' time is waiting · mean staleness 1.8".
std::string summary_line(const ReadRun& run, const Window& window);

// How each activity is drawn: told apart by texture and height as well as by colour, so that a
// print in black and white says the same.

struct ActivityStyle {
  std::string_view fill;     ///< a colour, or a pattern of kPatterns
  std::string_view outline;  ///< "" for none
  double height = 1;         ///< of the row
};

inline constexpr std::string_view kPatterns = R"svg(<defs>
<pattern id="wait" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="6" height="6" fill="#f3f4f6"/><rect width="1.6" height="6" fill="#9aa3ad"/></pattern>
<pattern id="queue" width="5" height="5" patternUnits="userSpaceOnUse">
<rect width="5" height="5" fill="#f3f4f6"/><circle cx="2.5" cy="2.5" r="1.1" fill="#9aa3ad"/></pattern>
<pattern id="pull" width="4" height="4" patternUnits="userSpaceOnUse">
<rect width="4" height="4" fill="#f6cf7a"/><circle cx="2" cy="2" r="0.9" fill="#8a5a00"/></pattern>
<pattern id="push" width="4" height="4" patternUnits="userSpaceOnUse">
<rect width="4" height="4" fill="#c8561b"/><rect width="4" height="1.4" fill="#f5d9c8"/></pattern>
<pattern id="observe" width="4" height="4" patternUnits="userSpaceOnUse">
<rect width="4" height="4" fill="#ddd3ea"/><rect width="1.2" height="4" fill="#8f7bb0"/></pattern>
</defs>
)svg";

constexpr ActivityStyle style_of(Activity activity) {
  switch (activity) {
    case Activity::compute:
      return {"#3f74b8", ""};
    case Activity::wait:
      return {"url(#wait)", "#b4bbc4", 0.6};
    case Activity::queue:
      return {"url(#queue)", "#b4bbc4", 0.6};
    case Activity::pull:
      return {"url(#pull)", ""};
    case Activity::push:
      return {"url(#push)", ""};
    case Activity::observe:
      return {"url(#observe)", "", 0.6};
    default:
      return {"#16181d", ""};
  }
}

}  // namespace sgdbench

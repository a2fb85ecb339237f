// One run of a picture: a row per worker, the server's row, updates with their staleness, and the
// flow of some gradients from their fetch to their update.
#pragma once

#include "cli/report/analysis.h"
#include "cli/report/svg.h"

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

}  // namespace sgdbench

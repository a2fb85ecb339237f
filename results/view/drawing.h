// What pictures are drawn of: SVG as text, with no scripts, no style sheets and nothing from
// outside.
#pragma once

#include <string>
#include <string_view>

namespace sgdbench {

inline constexpr std::string_view kInk = "#1f2328", kFaint = "#59636e", kGrid = "#e3e6ea",
                                  kRule = "#c4cad1", kAlarm = "#b3123f";

/// `text` for an attribute or a text node; what XML can't hold is left out.
std::string xml_escape(std::string_view text);

enum class Anchor { start, middle, end };

struct TextStyle {
  double size = 12;
  std::string_view colour = "#1f2328";
  bool bold = false;
  Anchor anchor = Anchor::start;
};

/// How wide a text surely is, in pixels, in a common sans-serif font.
double text_width(std::string_view text, double size, bool bold = false);

/// `text`, shortened to fit the width.
std::string fit_text(std::string_view text, double size, bool bold, double width);

/// Coordinates are pixels from the upper left.
class Drawing {
 public:
  void rect(double x, double y, double width, double height, std::string_view fill,
            std::string_view more = "");
  void line(double x1, double y1, double x2, double y2, std::string_view stroke, double width = 1,
            std::string_view more = "");
  void path(std::string_view d, std::string_view attributes);
  void text(double x, double y, std::string_view text, const TextStyle& style);
  /// Says what a picture or a group shows, for readers who can't see it or point at it.
  void title(std::string_view text);
  void raw(std::string_view markup) { body_ += markup; }
  void append(const Drawing& other) { body_ += other.body_; }
  void begin_group(std::string_view attributes = "");
  void end_group() { body_ += "</g>\n"; }

  /// The whole file.
  std::string finish(double width, double height, std::string_view title) const;

 private:
  std::string body_;
};

}  // namespace sgdbench

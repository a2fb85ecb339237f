#include "results/view/drawing.h"

#include <fmt/format.h>

#include "results/text.h"
#include "results/view/tables.h"

namespace sgdbench {
namespace {

/// Up to two decimals: a hundredth of a pixel.
std::string px(double value) {
  auto text = fmt::format("{:.2f}", value);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string_view anchor_name(Anchor anchor) {
  switch (anchor) {
    case Anchor::middle:
      return "middle";
    case Anchor::end:
      return "end";
    default:
      return "start";
  }
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const auto length = character_length(text);
    const char c = text.front();
    if (length == 0)
      escaped += "\xef\xbf\xbd";
    else if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '"')
      escaped += "&quot;";
    else if (static_cast<unsigned char>(c) >= ' ')
      escaped += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return escaped;
}

double text_width(std::string_view text, double size, bool bold) {
  return static_cast<double>(display_width(text)) * size * (bold ? 0.57 : 0.52);
}

std::string fit_text(std::string_view text, double size, bool bold, double width) {
  if (text_width(text, size, bold) <= width) return std::string(text);
  std::string fitted;
  while (!text.empty()) {
    const auto length = std::max<std::size_t>(1, character_length(text));
    const auto longer = fitted + std::string(text.substr(0, length));
    if (text_width(longer + "…", size, bold) > width) break;
    fitted = longer;
    text.remove_prefix(length);
  }
  return fitted + "…";
}

void Drawing::rect(double x, double y, double width, double height, std::string_view fill,
                   std::string_view more) {
  body_ += fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" fill="{}"{}{}/>)", px(x),
                       px(y), px(width), px(height), fill, more.empty() ? "" : " ", more);
  body_ += '\n';
}

void Drawing::line(double x1, double y1, double x2, double y2, std::string_view stroke,
                   double width, std::string_view more) {
  body_ +=
      fmt::format(R"(<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"{}{}/>)",
                  px(x1), px(y1), px(x2), px(y2), stroke, px(width), more.empty() ? "" : " ", more);
  body_ += '\n';
}

void Drawing::path(std::string_view d, std::string_view attributes) {
  body_ += fmt::format("<path d=\"{}\" {}/>\n", d, attributes);
}

void Drawing::text(double x, double y, std::string_view text, const TextStyle& style) {
  body_ +=
      fmt::format(R"(<text x="{}" y="{}" font-size="{}" fill="{}"{}{}>{}</text>)", px(x), px(y),
                  px(style.size), style.colour, style.bold ? R"( font-weight="bold")" : "",
                  style.anchor == Anchor::start
                      ? ""
                      : fmt::format(R"( text-anchor="{}")", anchor_name(style.anchor)),
                  xml_escape(text));
  body_ += '\n';
}

void Drawing::title(std::string_view text) {
  body_ += fmt::format("<title>{}</title>\n", xml_escape(text));
}

void Drawing::begin_group(std::string_view attributes) {
  body_ += fmt::format("<g{}{}>\n", attributes.empty() ? "" : " ", attributes);
}

std::string Drawing::finish(double width, double height, std::string_view title) const {
  return fmt::format(
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
             "viewBox=\"0 0 {0} {1}\" role=\"img\" "
             "font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n<title>{2}</title>\n",
             px(width), px(height), xml_escape(title)) +
         body_ + "</svg>\n";
}

}  // namespace sgdbench

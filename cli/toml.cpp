#include "cli/toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "results/text.h"

namespace sgdbench {
namespace {

constexpr std::size_t kDeepest = 8;  // arrays in arrays

bool is_letter_of_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// Digits of a base, with single underscores between them.
bool are_digits(std::string_view text, int base = 10) {
  bool after_digit = false;
  for (const char c : text) {
    const bool digit = base == 16
                           ? (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
                           : c >= '0' && c < '0' + base;
    if (!digit && !(c == '_' && after_digit)) return false;
    after_digit = digit;
  }
  return after_digit;
}

/// The whole of `digits`; false where it is out of range.
template <class Number, class... Base>
bool read_digits(std::string digits, Number& value, Base... base) {
  std::erase(digits, '_');
  const auto read = read_number<Number>(
      std::string_view(digits).substr(digits.starts_with('+') ? 1 : 0), base...);
  value = read.value;
  return bool{read};
}

/// Whether `text` is a decimal number by TOML's rules; `real`: it has a fraction or an exponent.
bool is_decimal(std::string_view text, bool& real) {
  const auto without_sign = [](std::string_view part) {
    return part.substr(part.starts_with('+') || part.starts_with('-') ? 1 : 0);
  };
  const auto e = text.find_first_of("eE");
  const auto mantissa = without_sign(text.substr(0, e));
  const auto point = mantissa.find('.');
  const auto whole = mantissa.substr(0, point);
  real = e != std::string_view::npos || point != std::string_view::npos;
  return are_digits(whole) && (whole.size() == 1 || whole[0] != '0') &&
         (point == std::string_view::npos || are_digits(mantissa.substr(point + 1))) &&
         (e == std::string_view::npos || are_digits(without_sign(text.substr(e + 1))));
}

void append_utf_8(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | (code >> shift & 0x3f));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

class TomlReader {
 public:
  explicit TomlReader(std::string_view text) : rest_(text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  }

  std::vector<TomlTable> tables() {
    std::vector<TomlTable> tables(1);
    for (skip_blank(); !rest_.empty(); skip_blank()) {
      if (next() == '[')
        tables.push_back(header());
      else
        tables.back().entries.push_back(entry());
      skip_space();
      if (next() == '#') skip_comment();
      if (!rest_.empty() && !take("\n") && !take("\r\n"))
        refuse("something is left over on this line: one KEY = VALUE a line");
    }
    return tables;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw BadToml(what, place_); }
  [[noreturn]] static void refuse(const std::string& what, TomlPlace place) {
    throw BadToml(what, place);
  }

  /// 0 at the end.
  char next() const { return rest_.empty() ? '\0' : rest_.front(); }

  /// The next character, of one byte or more.
  std::string_view character() {
    const auto length = character_length(rest_);
    const auto c = rest_.substr(0, length);
    if (length == 0) refuse(rest_.empty() ? "the text ends here" : "a suite is UTF-8, this is not");
    const bool at_line_end = c == "\n" || (c == "\r" && rest_.substr(1).starts_with('\n'));
    if (length == 1 && !at_line_end && c != "\t" && (c[0] < ' ' || c[0] == '\x7f'))
      refuse("a control character; in a string, write \\u00XX");
    place_ = c == "\n" ? TomlPlace{place_.line + 1, 1} : TomlPlace{place_.line, place_.column + 1};
    rest_.remove_prefix(length);
    return c;
  }
  bool take(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i) character();
    return true;
  }

  void skip_space() {
    while (next() == ' ' || next() == '\t') character();
  }
  void skip_comment() {
    while (!rest_.empty() && next() != '\n' && !rest_.starts_with("\r\n")) character();
  }
  void skip_blank() {
    while (true) {
      skip_space();
      if (next() == '#') skip_comment();
      if (!take("\n") && !take("\r\n")) return;
    }
  }

  TomlTable header() {
    const auto place = place_;
    if (!take("[[")) refuse("a sweep of its own begins with [[run]], in two brackets");
    skip_space();
    TomlTable table{key(), place, {}};
    skip_space();
    if (!take("]]")) refuse("]] is missing: a sweep of its own begins with [[run]]");
    keys_.clear();
    return table;
  }

  TomlEntry entry() {
    const auto place = place_;
    auto name = key();
    skip_space();
    if (next() == '.') refuse("no option has a dot in its name");
    if (!take("=")) refuse("this is no KEY = VALUE");
    if (!keys_.insert(name).second) refuse(fmt::format("'{}' is there twice", name), place);
    skip_space();
    return {std::move(name), place, value(0)};
  }

  std::string key() {
    if (next() == '"' || next() == '\'') return string(false);
    std::string name;
    while (is_letter_of_key(next())) name += character();
    if (name.empty()) refuse("this is no KEY = VALUE, no [[run]] and no # comment");
    return name;
  }

  TomlValue value(std::size_t depth) {
    const auto place = place_;
    if (next() == '"' || next() == '\'') return {place, string(true)};
    if (next() == '[') return {place, array(depth)};
    if (next() == '{') refuse("no option takes a table");
    std::string word;
    while (is_letter_of_key(next()) || next() == '+' || next() == '.' || next() == ':')
      word += character();
    if (word.empty())
      refuse("a value is missing: text in quotes, a number, true, false or an array");
    if (word == "true" || word == "false") return {place, word == "true"};
    return number(word, place);
  }

  std::vector<TomlValue> array(std::size_t depth) {
    if (depth == kDeepest) refuse(fmt::format("more than {} arrays in one another", kDeepest));
    take("[");
    std::vector<TomlValue> values;
    for (skip_blank(); !take("]"); skip_blank()) {
      values.push_back(value(depth + 1));
      skip_blank();
      if (!take(",") && next() != ']') refuse("a , or ] is missing in this array");
    }
    return values;
  }

  static TomlValue number(const std::string& word, TomlPlace place) {
    const auto sign = word[0] == '+' || word[0] == '-' ? std::size_t{1} : std::size_t{0};
    const auto letters = std::string_view(word).substr(sign);
    const double negative = word[0] == '-' ? -1 : 1;
    if (letters == "inf") return {place, negative * std::numeric_limits<double>::infinity()};
    if (letters == "nan") return {place, std::numeric_limits<double>::quiet_NaN()};
    std::int64_t whole = 0;
    for (const auto& [prefix, base] : {std::pair("0x", 16), std::pair("0o", 8), std::pair("0b", 2)})
      if (word.starts_with(prefix) && are_digits(word.substr(2), base)) {
        if (!read_digits(word.substr(2), whole, base)) refuse(word + " is out of range", place);
        return {place, whole};
      }
    bool real = false;
    double value = 0;
    if (!is_decimal(word, real))
      refuse(fmt::format("'{}' is no value: text stands in quotes", shortened(word, 60)), place);
    if (!(real ? read_digits(word, value) : read_digits(word, whole)))
      refuse(shortened(word, 60) + " is out of range", place);
    return real ? TomlValue{place, value} : TomlValue{place, whole};
  }

  /// The four forms; a key has only those of one line.
  std::string string(bool may_be_long) {
    const auto place = place_;
    const auto quote = std::string(1, next());
    const auto three = quote + quote + quote;
    const bool is_long = may_be_long && rest_.starts_with(three);
    take(is_long ? three : quote);
    if (is_long && !take("\n")) take("\r\n");
    std::string text;
    while (true) {
      if (rest_.empty()) refuse("the string that opens here is never closed", place);
      if (!is_long && (next() == '\n' || next() == '\r'))
        refuse("a string ends on its line, or has three quotes");
      if (is_long ? rest_.starts_with(three) : rest_.starts_with(quote)) break;
      if (quote == "\"" && next() == '\\')
        escape(text, is_long);
      else
        text += character();
    }
    take(is_long ? three : quote);
    // Up to two quotes before the closing three are part of the text.
    for (int i = 0; is_long && i < 2 && take(quote); ++i) text += quote;
    return text;
  }

  void escape(std::string& text, bool is_long) {
    const auto place = place_;
    take("\\");
    constexpr std::string_view kNames = "btnfr\"\\", kMeanings = "\b\t\n\f\r\"\\";
    if (const auto at = kNames.find(next()); at != std::string_view::npos && !rest_.empty()) {
      text += kMeanings[at];
      character();
    } else if (take("u") || rest_.starts_with('U')) {
      text_of_code(text, take("U") ? 8 : 4, place);
    } else if (!is_long || !line_goes_on()) {
      refuse("no escape of TOML: \\\" \\\\ \\n \\t \\uXXXX …", place);
    }
  }
  void text_of_code(std::string& text, std::size_t digits, TomlPlace place) {
    std::uint32_t code = 0;
    const auto hex = std::string(rest_.substr(0, digits));
    if (hex.size() < digits || hex.find('_') != std::string::npos || !are_digits(hex, 16) ||
        !read_digits(hex, code, 16) || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      refuse("this escape is of no character", place);
    take(hex);
    append_utf_8(text, code);
  }
  /// A backslash at the end of a line takes away all blanks to the next letter.
  bool line_goes_on() {
    skip_space();
    if (next() != '\n' && !rest_.starts_with("\r\n")) return false;
    while (next() == ' ' || next() == '\t' || next() == '\n' || next() == '\r') character();
    return true;
  }

  std::string_view rest_;
  TomlPlace place_;
  std::set<std::string> keys_;  ///< of the table so far
};

}  // namespace

std::vector<TomlTable> parse_toml(std::string_view text) {
  return TomlReader(text).tables();
}

}  // namespace sgdbench

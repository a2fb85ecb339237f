// The reader of suites' TOML, by examples of its specification.
#include <doctest/doctest.h>

#include <cmath>

#include "cli/toml.h"

using namespace sgdbench;

namespace {

TomlValue value_of(const std::string& text) {
  return parse_toml("a = " + text + "\n").front().entries.front().value;
}

template <class T>
bool is(const std::string& text, const T& expected) {
  const auto value = value_of(text);
  const auto* found = value.as<T>();
  return found && *found == expected;
}

bool is_text(const std::string& text, const std::string& expected) {
  return is<std::string>(text, expected);
}

std::string error_of(const std::string& text) try {
  parse_toml(text);
  return "";
} catch (const BadToml& error) {
  return std::to_string(error.place.line) + ":" + std::to_string(error.place.column) + ": " +
         error.what();
}

}  // namespace

TEST_CASE("Whole numbers are read as TOML says, in every base and to the last one") {
  for (const auto& row :
       std::vector<std::pair<std::string, std::int64_t>>{{"0", 0},
                                                         {"+99", 99},
                                                         {"-17", -17},
                                                         {"1_000", 1000},
                                                         {"0xDEAD_beef", 0xdeadbeef},
                                                         {"0o755", 493},
                                                         {"0b1101", 13},
                                                         {"9223372036854775807", INT64_MAX},
                                                         {"-9223372036854775808", INT64_MIN}}) {
    CAPTURE(row.first);
    CHECK(is<std::int64_t>(row.first, row.second));
  }
}

TEST_CASE("Real numbers are read as TOML says") {
  for (const auto& row : std::vector<std::pair<std::string, double>>{{"3.1415", 3.1415},
                                                                     {"-0.01", -0.01},
                                                                     {"5e+22", 5e22},
                                                                     {"1E06", 1e6},
                                                                     {"6.626e-34", 6.626e-34},
                                                                     {"9_224.5_1", 9224.51},
                                                                     {"+inf", INFINITY},
                                                                     {"-inf", -INFINITY}}) {
    CAPTURE(row.first);
    CHECK(is<double>(row.first, row.second));
  }
  CHECK(std::isnan(*value_of("-nan").as<double>()));
  CHECK(is<bool>("true", true));
  CHECK(is<bool>("false", false));
}

TEST_CASE("What is no number of TOML is refused where it stands") {
  for (const auto* text : {"01",
                           "1__0",
                           "_1",
                           "1_",
                           "1.",
                           ".5",
                           "1.e5",
                           "1e",
                           "0x",
                           "+0x1",
                           "0xg",
                           "1e5.0",
                           "9223372036854775808",
                           "1e999",
                           "1979-05-27T7us07:32:00Z",
                           "2020-01-01",
                           "07:32:00",
                           "True",
                           "infinity",
                           "1 2",
                           "--1"}) {
    CAPTURE(text);
    CHECK(error_of("\na = " + std::string(text)).starts_with("2:"));
  }
}

TEST_CASE("The four forms of strings are read as TOML says") {
  CHECK(is_text(R"("a\tb\n\"\\\u00e9\U0001F642")", "a\tb\n\"\\é🙂"));
  CHECK(is_text(R"('C:\temp\"x')", R"(C:\temp\"x)"));
  CHECK(is_text("\"\"\"\none \\\n   \n  two\"\"\"", "one two"));
  CHECK(is_text("\"\"\"\"\"two quotes\"\"\"\"\"", "\"\"two quotes\"\""));
  CHECK(is_text("\"\"\"a\"\"b\\\"\"\"\"\"\"", "a\"\"b\"\"\""));
  CHECK(is_text("'''\n''it''\\\n'''", "''it''\\\n"));
  CHECK(is_text("\"\"", ""));
  CHECK(is_text("''''''", ""));
}

TEST_CASE("What is no string of TOML is refused where it stands") {
  CHECK(error_of("a = \"x\nb\"") == "1:7: a string ends on its line, or has three quotes");
  CHECK(error_of("a = 'x") == "1:5: the string that opens here is never closed");
  CHECK(error_of("a = \"\"\"x\"\"").starts_with("1:5: the string that opens"));
  CHECK(error_of("a = \"\\").starts_with("1:6: no escape"));
  for (const auto* text : {R"("\x41")", R"("\ud800")", R"("\U00110000")", R"("\u12")",
                           R"("\u_123")", "\"\x1b\"", "\"\x7f\"", "'\xff'", "'\xc0\x80'"}) {
    CAPTURE(text);
    CHECK(error_of("a = " + std::string(text)).starts_with("1:6: "));
  }
}

TEST_CASE("Keys, arrays, comments and tables stand where TOML lets them") {
  const auto tables = parse_toml(
      "\xef\xbb\xbf# first\r\n\r\nbare_key-1 = [ 1, # one\n  'two',\n\n [3.0,], ] # end\r\n"
      "\"quo\\u0074ed\" = 1\n'' = 2\n[[run]]\nx = 1\n  [[ run ]] # again\nx = 2");
  REQUIRE(tables.size() == 3);
  REQUIRE(tables[0].entries.size() == 3);
  const auto* array = tables[0].entries[0].value.as<std::vector<TomlValue>>();
  REQUIRE((array && array->size() == 3));
  CHECK((*array)[1].place.line == 4);
  CHECK((*array)[1].place.column == 3);
  CHECK(tables[0].entries[1].key == "quoted");
  CHECK(tables[0].entries[2].key.empty());
  CHECK(tables[2].name == "run");
  CHECK(tables[2].place.line == 11);
  CHECK(parse_toml("").size() == 1);
}

TEST_CASE("What a suite has no use for is refused, with its place in characters") {
  for (const auto& row : std::vector<std::pair<std::string, std::string>>{
           {"a.b = 1", "1:2: no option has a dot in its name"},
           {"a . b = 1", "1:3: no option has a dot in its name"},
           {"[a]", "1:1: a sweep of its own begins with [[run]], in two brackets"},
           {"[[a.b]]", "1:4: ]] is missing: a sweep of its own begins with [[run]]"},
           {"a = {b = 1}", "1:5: no option takes a table"},
           {"a = [}", "1:6: a value is missing: text in quotes, a number, true, false or an array"},
           {"[@", "1:1: a sweep of its own begins with [[run]], in two brackets"},
           {"größe = 1", "1:3: this is no KEY = VALUE"},
           {"x = 'ö' y", "1:9: something is left over on this line: one KEY = VALUE a line"},
           {"a = 1\na = 2", "2:1: 'a' is there twice"},
           {"a = [1 2]", "1:8: a , or ] is missing in this array"},
           {"a = 1 \r b", "1:7: something is left over on this line: one KEY = VALUE a line"},
           {"# \x01", "1:3: a control character; in a string, write \\u00XX"}}) {
    CAPTURE(row.first);
    CHECK(error_of(row.first) == row.second);
  }
}

// Text that means harm: what it does to a terminal, and how long it keeps the program busy.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "cli/cache.h"
#include "cli/report/report.h"
#include "cli/terminal.h"
#include "cli/values.h"
#include "tests/cli_process.h"
#include "tests/cli_request.h"
#include "workloads/names.h"
#include "workloads/random.h"

using namespace sgdbench;

namespace {

/// As a pattern is defined, letter by letter.
bool matches_slowly(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*')
    return matches_slowly(pattern.substr(1), name) ||
           (!name.empty() && matches_slowly(pattern, name.substr(1)));
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         matches_slowly(pattern.substr(1), name.substr(1));
}

bool is_match(const std::string& pattern, const std::string& name) try {
  return expand_names(pattern, "name", std::vector{name}).size() == 1;
} catch (const UsageError&) {
  return false;
}

std::string letters(std::uint64_t stream, std::string_view alphabet, std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text += alphabet[mix(stream, i) % alphabet.size()];
  return text;
}

/// A trace of one worker with these slices, in JSON.
std::string trace_of(const std::string& slices, const std::string& thread = "worker 0") {
  return R"({"traceEvents":[{"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":")" +
         thread + R"("}})" + slices +
         R"(],"otherData":{"tool":"sgdbench","runs":[{"pid":1,"clock":"real","overflow":[0]}]}})";
}

}  // namespace

TEST_CASE("A pattern matches what its definition says, for all short patterns and names") {
  for (std::uint64_t trial = 0; trial < 3'000; ++trial) {
    const auto pattern = letters(2 * trial, "ab*?", 1 + mix(trial) % 7);
    const auto name = letters(2 * trial + 1, "ab", 1 + mix(trial, 1) % 7);
    CAPTURE(pattern);
    CAPTURE(name);
    CHECK(is_match(pattern, name) == matches_slowly(pattern, name));
  }
}

TEST_CASE("A pattern of any number of stars is decided, however little it matches") {
  const std::string name(40, 'a');
  std::string stars;
  for (int i = 0; i < 100'000; ++i) stars += "*a";
  CHECK_FALSE(is_match(stars, name));
  CHECK_FALSE(is_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab", name));
  CHECK(is_match(std::string(250'000, '*'), name));
}

TEST_CASE("Lists that are joined are counted before they are multiplied") {
  Texts words{"--workload", "logreg", "--data", "a.svm", "--backend", "hogwild", "--workers", "2"};
  for (int i = 0; i < 24; ++i) words.insert(words.end(), {"--straggler", "0:2,1:2"});
  CHECK_THROWS_WITH_AS(request_of(words), doctest::Contains("make more than 10000 values"),
                       UsageError);
  words.resize(8 + 2 * 2);
  CHECK(commands_of(request_of(words)).size() == 4);
}

TEST_CASE("A value, and what all cells hold of it, has a length that memory can bear") {
  const auto straggler = [](std::size_t terms) {
    std::string text = "0:2";
    for (std::size_t i = 1; i < terms; ++i) text += "+0:2";
    return text;
  };
  const auto cells = [&](std::size_t terms, const char* rates) {
    return sweep(request_of({"--workload", "logreg", "--data", "a.svm", "--backend", "hogwild",
                             "--workers", "1", "--lr", rates, "--straggler", straggler(terms)})
                     .parts,
                 2);
  };
  CHECK(cells(1'000, "1,2").size() == 2);
  CHECK_THROWS_WITH_AS(cells(10'000, "1"), doctest::Contains("a value of 39999 bytes"), UsageError);
  CHECK_THROWS_WITH_AS(cells(4'000, "1..9000:+1"), doctest::Contains("at most 100 MB"), UsageError);
}

TEST_CASE("What acts on a terminal becomes visible, and all else stays as it was") {
  for (const std::string text :
       {"", "plain, with 'quotes' and \\", "größe — τ · ×", "日本語", "🙂"})
    CHECK(printable(text) == text);
  CHECK(printable("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
  CHECK(printable("a\nb\tc\rd\x7f") ==
        "a\\nb\\tc\\x0d"
        "d\\x7f");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(printable("\xc2\x9b"
                  "2J") == "\\u009b2J");  // CSI in one character
  CHECK(printable("\x9b"
                  "2J") == "\\x9b2J");  // and in one byte
  CHECK(printable("\xe2\x80\xae"
                  "fdp.exe") ==
        "\\u202e"
        "fdp.exe");  // right to left
  CHECK(printable("a\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf") == "a\\u2066\\u200b\\ufeff");
  CHECK(printable("\xf3\xa0\x81\x81") == "\\U000e0041");           // a tag
  CHECK(printable("\xc0\x80") == "\\xc0\\x80");                    // an overlong form
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // half of a pair
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond the last one
  CHECK(printable("\xe2\x80") == "\\xe2\\x80");                    // cut off
  CHECK(printable_lines("a\x1b\nb\n") == "a\\x1b\nb\n");
}

TEST_CASE("Long text is shown by its beginning and its end, each of whole characters") {
  CHECK(shortened("short", 5) == "short");
  CHECK(shortened(std::string(1000, 'a') + "end", 20) == std::string(15, 'a') + " … aaend");
  const auto cut = shortened("éééééééééééééééééééé", 17);
  CHECK(printable(cut) == cut);
}

TEST_CASE("A table keeps its columns, whatever a cell holds") {
  TextTable table({"name", "value"});
  table.add({"a\nb\x1b[2J", "1"});
  table.add_note({}, "\xe2\x80\xaenote");
  CHECK(table.text() == "name         value\na\\nb\\x1b[2J      1\n  \\u202enote\n");
}

TEST_CASE("A shell gives back what can't be shown, from a word that can") {
  const std::string text = "a'\\\x1b[2J\xc2\x9b\xff\n é";
  const auto word = shell_quote(text);
  CHECK(printable(word) == word);
  const Scratch scratch;
  scratch.file("say.sh", "printf %s " + word + " >said");
  REQUIRE(std::system(("cd '" + scratch.path("") + "' && bash say.sh").c_str()) == 0);
  std::ifstream said(scratch.path("said"), std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(said), {}) == text);
}

TEST_CASE("Slices that lie upon one another have shares that add up to one") {
  const std::string slice = R"(,{"ph":"X","pid":1,"tid":1,"ts":0,"dur":3.9e12,"name":)";
  std::string slices;
  for (int i = 0; i < 3'000; ++i) slices += slice + R"("compute"})" + slice + R"("wait"})";
  const auto trace = parse_trace(trace_of(slices), "t.json");
  const auto all = summarise(trace.runs[0], extent(trace.runs[0]));
  CHECK(all.shares.total() == doctest::Approx(6'000 * 3.9e15));
  CHECK(all.shares.of(Phase::compute) == doctest::Approx(0.5));
  CHECK(all.shares.of(Phase::wait) == doctest::Approx(0.5));
  CHECK_FALSE(draw_picture(trace, extent(trace.runs[0])).empty());
}

TEST_CASE("A trace's staleness may be as large as a number is, and its mean is right") {
  const auto trace = parse_trace(
      trace_of(R"(,{"ph":"X","tid":1,"ts":0,"dur":1,"name":"compute","args":{"gradient":1}},)"
               R"({"ph":"X","tid":1,"ts":1,"dur":1,"name":"apply","args":{"gradient":1,"update":1,)"
               R"("staleness":18446744073709551615}},)"
               R"({"ph":"X","tid":1,"ts":2,"dur":1,"name":"compute","args":{"gradient":2}},)"
               R"({"ph":"X","tid":1,"ts":3,"dur":1,"name":"apply","args":{"gradient":2,"update":2,)"
               R"("staleness":18446744073709551615}})"),
      "t.json");
  const auto all = summarise(trace.runs[0], extent(trace.runs[0]));
  CHECK(all.gradients == 2);
  CHECK(*all.mean_staleness == doctest::Approx(18446744073709551615.0));
}

TEST_CASE("A trace's names reach the terminal in a form that does nothing to it") {
  const auto trace = parse_trace(
      trace_of(R"(,{"ph":"M","pid":1,"name":"process_name","args":{"name":"\u001b[2J\u202e"}},)"
               R"({"ph":"X","tid":1,"ts":0,"dur":1,"name":"wait"})",
               "\\u001b]0;x\\u0007"),
      "t.json");
  const auto text = trace_table(trace, extent(trace.runs[0]));
  CHECK(printable_lines(text) == text);
  CHECK(text.find("\\x1b[2J\\u202e") != std::string::npos);
  CHECK(text.find("\\x1b]0;x\\x07") != std::string::npos);
}

TEST_CASE("A cached optimum with anything but numbers in it is nothing to begin with") {
  const auto read = [](const std::string& w, const std::string& multipliers) {
    return parse_optimum(
        R"({"of":{"a":1},"optimum":{"w":)" + w + R"(,"multipliers":)" + multipliers + "}}",
        R"({"a":1})");
  };
  CHECK(read("[0.5,2]", "[]").w == std::vector{0.5, 2.0});
  for (const auto* numbers : {"1", "[null]", "[[1]]", "[\"1\"]", "{\"a\":[1]}", "[1e999]"}) {
    CAPTURE(numbers);
    CHECK(read(numbers, "[]").w.empty());
    CHECK(read("[1]", numbers).w.empty());
  }
  CHECK(parse_optimum(std::string(100'000, '['), "{}").w.empty());
}

TEST_CASE("Whatever files and names hold, what is said of them is a line that does nothing else") {
  const Scratch scratch;
  const std::string escape = "\x1b[2J\xe2\x80\xae\x9b";
  scratch.file("key.toml", R"("\u001b[2J\u202e\u009b" = 1)");
  scratch.file("cell.csv", "config_id,status\na,\x1b[2J\n");
  scratch.file("column.csv", "\x1b[2J,label\n1,2\nx,\x1b[2J\n");
  scratch.file("durations", "\x1b[2J\n");
  scratch.file("slice.json", trace_of(R"(,{"ph":"X","tid":1,"ts":0,"dur":1,"name":"\u001b[2J"})"));
  for (const auto& command : std::vector<std::string>{
           "run --config key.toml", "compare cell.csv cell.csv", "data info column.csv",
           "report slice.json", "run --workload none --updates 1 --compute-delay trace:durations",
           "data info '" + escape + ".csv'", "run --backend '" + escape + "'",
           "'" + escape + "'"}) {
    CAPTURE(command);
    const auto done = scratch.run(command);
    CHECK(done.code != 0);
    REQUIRE(done.err.ends_with('\n'));
    const auto line = done.err.substr(0, done.err.size() - 1);
    CHECK(printable(line) == line);
  }
}

// JSON that means harm, in each of the files that hold it.
#include <doctest/doctest.h>

#include "results/journal.h"
#include "results/reading/json.h"
#include "results/reading/report_reader.h"
#include "results/trace.h"

using namespace sgdbench;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string nested(std::size_t depth) {
  return repeated("[", depth) + repeated("]", depth);
}

std::string keys(std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += ",\"k" + std::to_string(i) + "\":0";
  return all;
}

std::optional<std::uint64_t> number(std::string_view text) {
  return whole_number(parse_json(text));
}

constexpr std::string_view kTrace =
    R"(],"otherData":{"tool":"sgdbench","runs":[{"pid":1,"clock":"real","overflow":[0]}]}})";
constexpr std::string_view kThread =
    R"({"traceEvents":[{"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"w"}})";
constexpr std::string_view kSlice = R"(,{"ph":"X","tid":1,"ts":0,"dur":1,"name":"wait"})";

std::string trace_with(std::string_view event) {
  return std::string(kThread).append(kSlice).append(",").append(event).append(kTrace);
}

}  // namespace

TEST_CASE("A whole number is one however it is written, and nothing else is") {
  CHECK(number("0") == 0);
  CHECK(number("18446744073709551615") == 18446744073709551615u);
  CHECK(number("3.0") == 3);
  CHECK(number("1e3") == 1000);
  CHECK(number("9223372036854775808.0") == 9223372036854775808u);
  for (const auto* text : {"-1", "-0.5", "0.5", "1e20", "1e300", "18446744073709551616", "\"3\"",
                           "null", "[3]", "true"}) {
    CAPTURE(text);
    CHECK_FALSE(number(text).has_value());
  }
}

TEST_CASE("JSON is as deep as its limit and no deeper, and its error says the byte") {
  CHECK(parse_json(nested(kDeepestJson)).is_array());
  CHECK_THROWS_WITH_AS(parse_json(nested(kDeepestJson + 1)), "this JSON is nested too deeply",
                       BadJson);
  try {
    parse_json("{\"a\":1,\n x}");
    FAIL("it is no JSON");
  } catch (const BadJson& error) {
    CHECK(error.byte == 10);
  }
  CHECK_THROWS_WITH_AS(parse_json("[1e999]"), "a number in this JSON is too large", BadJson);
  CHECK(parse_json(R"({"a":1,"b":[],"a":{"c":[2]}})").dump() == R"({"a":{"c":[2]},"b":[]})");
}

TEST_CASE("Nested JSON is refused in a journal, a report and a trace, wherever it stands") {
  const auto header = journal_header({"a"});
  const auto deep = nested(80'000);
  for (const auto& line : {R"({"run_id":"a-0","curve":)" + deep + "}", R"({"x":)" + deep + "}",
                           repeated(R"({"a":)", 80'000)}) {
    CHECK_THROWS_WITH_AS(parse_journal(header + line + "\n{}\n", "j"),
                         doctest::Contains("j:2: this line of the journal is no row"), BadJournal);
    CHECK_THROWS_AS(parse_report(header + line + "\n{}\n", "j"), BadReport);
    CHECK_THROWS_AS(parse_report(line, "r.json"), BadReport);
    CHECK_THROWS_AS(parse_trace(trace_with(line), "t.json"), BadReport);
    CHECK_THROWS_AS(parse_trace(line, "t.json"), BadReport);
  }
  CHECK_THROWS_AS(parse_journal(deep + "\n", "j"), BadJournal);
}

TEST_CASE("A file of one byte or of line ends alone is no journal") {
  for (const auto* text : {"x", "\n", "\n\n"})
    CHECK_THROWS_AS(parse_journal(text, "j"), BadJournal);
}

TEST_CASE("Keys and elements by the hundred thousand take no longer each than a few do") {
  const auto row = R"({"run_id":"a-0","config_id":"a","status":"ok")" + keys(200'000) + "}";
  CHECK(parse_journal(journal_header({"a"}) + row + "\n", "j").rows.size() == 1);
  CHECK(parse_report(R"({"benchmarks":[)" + row + "]}", "r.json").runs.size() == 1);
  const auto kept = std::string(kThread) + repeated(R"(,{"a":{}})", 200'000) +
                    repeated(kSlice, 10'000) + std::string(kTrace);
  CHECK(parse_trace(kept, "t.json").runs[0].tracks[0].slices.size() == 10'000);
}

TEST_CASE("Runs of a few bytes each are counted before they fill the memory") {
  const std::string row = "a-0,a,ok,0\n";
  CHECK_THROWS_WITH_AS(
      parse_report("run_id,config_id,status,repeat\n" + repeated(row, kMostRuns + 1), "r.csv"),
      doctest::Contains("more than 200000 runs"), BadReport);
  CHECK_THROWS_WITH_AS(parse_report(R"({"benchmarks":[1)" + repeated(",1", kMostRuns) + "]}", "r"),
                       doctest::Contains("more than 200000 runs"), BadReport);
}

TEST_CASE("A number of a trace that counts is whole, and within 64 bits") {
  CHECK_THROWS_WITH_AS(parse_trace(R"({"traceEvents":[{"ph":"M","pid":1e20,"name":""}]})", "t"),
                       doctest::Contains("no whole number of 64 bits"), BadReport);
  for (const auto* event :
       {R"({"ph":"X","tid":-1,"ts":0,"dur":1,"name":"wait"})",
        R"({"ph":"X","tid":1,"ts":0,"dur":1,"name":"wait","args":{"gradient":1e300}})",
        R"({"ph":"X","tid":1,"ts":0,"dur":1,"name":"wait","args":{"update":0.5}})",
        R"({"ph":"X","tid":1,"ts":0,"dur":1,"name":"wait","args":{"staleness":"2"}})",
        R"({"ph":"M","pid":1,"tid":1e300,"name":"thread_name","args":{"name":"w"}})"}) {
    CAPTURE(event);
    CHECK_THROWS_AS(parse_trace(trace_with(event), "t.json"), BadReport);
  }
  CHECK(parse_trace(trace_with(R"({"ph":"X","tid":1.0,"ts":1,"dur":1,"name":"wait"})"), "t.json")
            .runs[0]
            .tracks[0]
            .slices.size() == 2);
}

#include <doctest/doctest.h>

#include "cli/terminal.h"
#include "cli/values.h"
#include "workloads/names.h"
#include "workloads/random.h"

using namespace sgdbench;
using Texts = std::vector<std::string>;

TEST_CASE("A list of counts is the union of its numbers and ranges, in order") {
  CHECK(expand_counts("1,2,8") == Texts{"1", "2", "8"});
  CHECK(expand_counts("1..4") == Texts{"1", "2", "3", "4"});
  CHECK(expand_counts("1..8:x2") == Texts{"1", "2", "4", "8"});
  CHECK(expand_counts("1..9:+4") == Texts{"1", "5", "9"});
  CHECK(expand_counts("3,1..8:x3,7..7") == Texts{"3", "1", "3", "7"});
  CHECK(expand_counts("auto,4") == Texts{"auto", "4"});
}

TEST_CASE("A range never passes its end, even at the largest number") {
  CHECK(expand_counts("1..7:x2") == Texts{"1", "2", "4"});
  CHECK(expand_counts("1..8:+4") == Texts{"1", "5"});
  CHECK(expand_counts("18446744073709551614..18446744073709551615").size() == 2);
  CHECK(expand_counts("9223372036854775808..18446744073709551615:x2").size() == 1);
}

TEST_CASE("A range of real numbers has as many values as its step says, rounding or not") {
  CHECK(expand_reals("0.001..1:x10") == Texts{"0.001", "0.01", "0.1", "1"});
  CHECK(expand_reals("0.1..0.5:+0.1") == Texts{"0.1", "0.2", "0.3", "0.4", "0.5"});
  CHECK(expand_reals("-0.5..0.5:+0.5") == Texts{"-0.5", "0", "0.5"});
}

TEST_CASE(
    "What is no list is refused: nothing between commas, empty or endless ranges, bad steps") {
  for (const auto* text : {"", ",", "1,,2", "1,", "8..1", "1..8:2", "1..8:x1", "1..8:+0", "0..8:x2",
                           "1..x", "..", "1..1000000000", "-1..3", "1..8:x2x"})
    CHECK_THROWS_AS(expand_counts(text), UsageError);
  for (const auto* text : {"1..2", "0..1:x10", "1..2:x1", "1..2:+0", "1..inf:+1", "2..1:+1"})
    CHECK_THROWS_AS(expand_reals(text), UsageError);
}

TEST_CASE("A pattern stands for every name it matches, each once, in the order of the names") {
  const Texts names{"sequential", "hogwild", "hogmild", "locked"};
  CHECK(expand_names("*", "backend", names) == names);
  CHECK(expand_names("hog*", "backend", names) == Texts{"hogwild", "hogmild"});
  CHECK(expand_names("locked,hog?ild,*", "backend", names) ==
        Texts{"locked", "hogwild", "hogmild", "sequential"});
  CHECK_THROWS_WITH_AS(expand_names("hogwld", "backend", names),
                       doctest::Contains("did you mean 'hogwild'"), UsageError);
  CHECK_THROWS_AS(expand_names("x*", "backend", names), UsageError);
}

TEST_CASE("A generator keeps its own parameters, and a comma before a new name ends it") {
  CHECK(expand_sources("a:rows=1,seed=2,b") == Texts{"a:rows=1,seed=2", "b"});
  CHECK(expand_sources("a,b:rows=3") == Texts{"a", "b:rows=3"});
  CHECK(expand_sources("dir/x:1,rows=3") == Texts{"dir/x:1", "rows=3"});
  CHECK(expand_sources("with\\,comma.svm,b") == Texts{"with,comma.svm", "b"});
}

TEST_CASE("Whatever is escaped comes back in one piece") {
  constexpr std::string_view alphabet = "a=:,\\./9 '";
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    const auto length = 1 + random.below(12);
    for (std::uint64_t k = 0; k < length; ++k) text += alphabet[random.below(alphabet.size())];
    CAPTURE(text);
    CHECK(split_list(escape_item(text)) == Texts{text});
    CHECK(expand_sources(escape_source(text)) == Texts{text});
    CHECK(expand_sources("first," + escape_source(text)).size() >= 1);
  }
}

TEST_CASE("A number is refused with what is wrong about it") {
  CHECK_THROWS_WITH_AS(parse_count("1x"), doctest::Contains("'x' is left over"), UsageError);
  CHECK_THROWS_WITH_AS(parse_count("-1"), doctest::Contains("not a whole number"), UsageError);
  CHECK_THROWS_WITH_AS(parse_count("0", 1), doctest::Contains("at least 1"), UsageError);
  CHECK_THROWS_WITH_AS(parse_count("9", 1, 8), doctest::Contains("at most 8"), UsageError);
  CHECK_THROWS_AS(parse_count("18446744073709551616"), UsageError);
  for (const auto* text : {"", "nan", "inf", "1e999", "0.1.2", "0,1", " 1", "1 "})
    CHECK_THROWS_AS(parse_real(text), UsageError);
  CHECK_THROWS_AS(parse_real("0", {.least = 0, .open_below = true}), UsageError);
  CHECK_THROWS_AS(parse_real("1", {.most = 1, .open_above = true}), UsageError);
}

TEST_CASE("A number's text reads back as the same number") {
  Random random(3);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.normal() * std::pow(10.0, 20 * random.normal());
    CHECK(parse_real(number_text(value)) == value);
  }
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(100000) == "100000");
}

TEST_CASE("Numbers for people have three digits and the unit that suits them") {
  CHECK(human_seconds(0.0412) == "41.2 ms");
  CHECK(human_seconds(0.9996) == "1.00 s");
  CHECK(human_seconds(83.7e-6) == "83.7 µs");
  CHECK(human_seconds(123.4) == "123 s");
  CHECK(human_seconds(0) == "0 s");
  CHECK(human_count(1234567) == "1.23 M");
  CHECK(human_count(410) == "410");
  CHECK(human_share(0.004) == "0.4 %");
  CHECK(human_share(0.25) == "25 %");
  CHECK(human_ratio(1.834) == "1.83×");
}

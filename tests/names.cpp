#include "workloads/names.h"

#include <doctest/doctest.h>

using namespace sgdbench;

namespace {
const std::vector<std::string> kNames = {"sequential", "hogwild", "locked", "leashed"};
struct Row {
  std::string_view name;
  int value;
};
}  // namespace

TEST_CASE("A typo finds the name with the smallest edit distance") {
  CHECK(nearest_name("hogwld", kNames) == "hogwild");
  CHECK(nearest_name("lockd", kNames) == "locked");
  CHECK(nearest_name("leashd", kNames) == "leashed");
  CHECK(nearest_name("hogwild", kNames) == "hogwild");
}

TEST_CASE("A name further away than a third of its length has no nearest name") {
  CHECK(nearest_name("completely", kNames).empty());
  CHECK(nearest_name("seqentil", kNames) == "sequential");
  CHECK(nearest_name("", std::vector<std::string>{"abc"}).empty());
}

TEST_CASE("A text without end has no nearest name, and is not compared with any letter by letter") {
  CHECK(nearest_name(std::string(10'000'000, 'h'), kNames).empty());
}

TEST_CASE("An unknown name is refused with the nearest one and the valid ones") {
  CHECK(unknown_name("backend", "hogwld", kNames) ==
        "unknown backend 'hogwld'; did you mean 'hogwild'? valid: sequential, hogwild, locked, "
        "leashed");
  CHECK(unknown_name("backend", "quite-else", std::vector<std::string>{"a"}) ==
        "unknown backend 'quite-else'; valid: a");
}

TEST_CASE("A table's row is found by its name, or the name is a usage error") {
  const std::vector<Row> table = {{"one", 1}, {"two", 2}};
  CHECK(find_by_name(table, "number", "two").value == 2);
  CHECK_THROWS_WITH_AS(find_by_name(table, "number", "tow"),
                       "unknown number 'tow'; did you mean 'two'? valid: one, two", UsageError);
}

// What configurations are called in a comparison: by what tells them apart, and in one line.
#include <doctest/doctest.h>

#include <string>

#include "tests/cli_process.h"

using namespace sgdbench;

namespace {

constexpr const char* kHeader =
    "config_id,repeat,status,reason,workload,data,backend,workers,lr,l2,hidden,wall_s\n";

std::string table_of(const std::string& rows, const std::string& more = "") {
  const Scratch scratch;
  scratch.file("x.csv", kHeader + rows);
  return scratch.run("compare x.csv x.csv" + more).out;
}

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CAPTURE(part);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

}  // namespace

TEST_CASE("A label has what differs within its problem, and nothing empty") {
  const auto text = table_of(
      "a,0,ok,,logreg,d,hogwild,2,0.1,0.01,,1\n"
      "b,0,ok,,logreg,d,hogwild,2,0.2,0.01,,1\n"
      "c,0,ok,,mlp,d,hogwild,2,0.1,0,32,1\n");
  CHECK(has(text, "  hogwild with 2 workers lr=0.1\n"));
  CHECK(has(text, "  hogwild with 2 workers lr=0.2\n"));
  CHECK(has(text, "  hogwild with 2 workers\n"));
  CHECK(text.find("l2=") == std::string::npos);
  CHECK(text.find("hidden=") == std::string::npos);
  const auto empty = table_of(
      "a,0,ok,,mlp,d,hogwild,2,0.1,0,,1\n"
      "b,0,ok,,mlp,d,hogwild,2,0.1,0,32,1\n");
  CHECK(has(empty, "  hogwild with 2 workers\n"));
  CHECK(has(empty, "  hogwild with 2 workers hidden=32\n"));
}

TEST_CASE("Two configurations with the same label show their identifiers") {
  const auto text = table_of(
      "a,0,ok,,logreg,d,hogwild,2,0.1,0,,1\n"
      "b,0,ok,,logreg,d,hogwild,2,0.1,0,,1\n");
  CHECK(has(text, "  hogwild with 2 workers [a]\n"));
  CHECK(has(text, "  hogwild with 2 workers [b]\n"));
}

TEST_CASE("What a report says stays in its line and cell, and sends no escapes to a terminal") {
  const std::string rows =
      "a,0,ok,,\"log|\nreg\",d,hogwild,2,0.1,0,,1\n"
      "b,0,failed,\"x\n- \x1b[31my\",\"log|\nreg\",d,sequential,1,0.1,0,,\n";
  for (const std::string format : {"table", "markdown"}) {
    const auto text = table_of(rows, " --format " + format);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(has(text, " reg on d: sequential with 1 worker: in both failed: x -  [31my\n"));
  }
}

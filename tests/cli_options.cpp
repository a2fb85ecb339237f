#include <doctest/doctest.h>

#include <set>

#include "cli/help.h"
#include "cli/options.h"
#include "cli/parse.h"
#include "cli/text.h"
#include "workloads/names.h"

using namespace sgdbench;

namespace {
const VerbEntry& verb(Verb wanted) {
  for (const auto& row : verb_table())
    if (row.verb == wanted) return row;
  throw std::logic_error("no such verb");
}
}  // namespace

TEST_CASE("No two options share a name, and each belongs to a verb and has a line of help") {
  std::set<std::string_view> names;
  for (const auto& option : option_table()) {
    CAPTURE(option.name);
    CHECK(option.name.starts_with("--"));
    CHECK(names.insert(option.name).second);
    if (!option.shorthand.empty()) CHECK(names.insert(option.shorthand).second);
    CHECK(option.verbs != 0);
    CHECK(!option.help.empty());
    CHECK((option.apply == nullptr) == (option.show == nullptr));
    CHECK(title(option.group) != "");
  }
}

TEST_CASE("An option's default in the help is what a cell has that nobody touched") {
  const Cell usual;
  for (const auto& option : option_table()) {
    if (!option.apply || option.initial.empty() || option.always_shown) continue;
    if (option.name == "--epochs") continue;  // its default depends on --updates
    CAPTURE(option.name);
    CHECK(option.show(usual) == option.initial);
    Cell cell;
    apply(option, cell, option.initial);
    CHECK(option.show(cell) == option.initial);
  }
}

TEST_CASE("A misspelt option is refused with the nearest one") {
  CHECK_THROWS_WITH_AS(parse({"run", "--worker", "2"}), doctest::Contains("'--workers'"),
                       UsageError);
  CHECK_THROWS_WITH_AS(parse({"run", "--ephocs=2"}), doctest::Contains("'--epochs'"), UsageError);
  CHECK_THROWS_WITH_AS(parse({"rum"}), doctest::Contains("'run'"), UsageError);
  CHECK_THROWS_WITH_AS(parse({"data", "inof", "x"}), doctest::Contains("'info'"), UsageError);
  CHECK_THROWS_AS(parse({"list", "--workers", "2"}), UsageError);
}

TEST_CASE("A missing value, verb or positional and one too many are refused") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"data"},
                                                {"data", "info"},
                                                {"run", "extra"},
                                                {"run", "--csv"},
                                                {"list", "a", "b"},
                                                {"run", "--csv", "--quiet"},
                                                {"--workers", "2"},
                                                {"data", "info", "a", "b"}})
    CHECK_THROWS_AS(parse(words), UsageError);
}

TEST_CASE("Values are taken as they are: negative numbers, dashes, brackets, several texts") {
  const auto given = parse({"run", "--momentum", "-0.5", "--csv", "-", "--hidden", "1,2",
                            "--hidden=3", "--data", "[a,b]", "-q"})
                         .invocation.given;
  CHECK(given.text("--momentum") == "-0.5");
  CHECK(given.text("--csv") == "-");
  CHECK(given.texts("--hidden") == std::vector<std::string>{"1,2", "3"});
  CHECK(given.text("--data") == "[a,b]");
  CHECK(given.has("--quiet"));
  CHECK(!given.has("--strict"));
  CHECK_THROWS_AS(parse({"run", "--seed", "1", "--seed", "2"}).invocation.given.text("--seed"),
                  UsageError);
}

TEST_CASE("--intercept alone is --intercept on") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"run", "--intercept"},
                                                {"run", "--intercept", "--seed", "1"},
                                                {"run", "-q", "--intercept", "-q"},
                                                {"run", "--intercept", "on"},
                                                {"run", "--intercept=on"}})
    CHECK(parse(words).invocation.given.texts("--intercept") == std::vector<std::string>{"on"});
  CHECK(parse({"run", "--intercept", "off,on"}).invocation.given.text("--intercept") == "off,on");
}

TEST_CASE("A positional may be called like a verb, and help is had without one that is due") {
  CHECK(parse({"list", "data"}).invocation.positionals == std::vector<std::string>{"data"});
  CHECK(parse({"data", "info", "--help"}).help);
  CHECK(parse({"--version"}).version);
}

TEST_CASE("Each verb's help names all its options, shows examples that parse and fits the screen") {
  for (const auto& row : verb_table()) {
    const auto text = verb_help(row);
    for (const auto* option : options_of(row.verb))
      CHECK(text.find(std::string(option->name)) != std::string::npos);
    CHECK(!row.examples.empty());
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      CHECK(display_width(text.substr(at, text.find('\n', at) - at)) <= kScreen);
  }
  CHECK(verb_help(verb(kRun)).find("--workers") != std::string::npos);
}

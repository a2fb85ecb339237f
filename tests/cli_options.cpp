#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/fields.h"
#include "results/labels.h"
#include "results/outcome.h"
#include "workloads/names.h"

using namespace sgdbench;

namespace {
using Words = std::vector<std::string>;

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

TEST_CASE("What is swept has a setting's column of its name, and a setting's column its option") {
  std::set<std::string> settings, options;
  for (const auto& column : columns_that_are(kSetting)) settings.emplace(column.name);
  for (const auto& option : option_table())
    if (option.apply && option.identifies) options.insert(column_of(option));
  CHECK(settings.size() > 25);
  for (const auto& column : settings) CHECK_MESSAGE(options.contains(column), column);
  for (const auto& option : option_table())
    if (option.expand && option.apply)
      CHECK_MESSAGE(settings.contains(column_of(option)), option.name);
}

TEST_CASE("A setting is told by a configuration's label, or beside it") {
  for (const auto& column : columns_that_are(kSetting)) {
    CAPTURE(column.name);
    RunRecord one, other;
    REQUIRE(column.set(one, "1"));
    REQUIRE(column.set(other, "2"));
    const RunRecord* const rows[] = {&one, &other};
    const auto beside = varying_columns(rows);
    CHECK((label(one) == label(other)) == (beside.size() == 1));
    CHECK(label(one) + column_text(one, beside) != label(other) + column_text(other, beside));
    CHECK((column.roles & kBesideLabel) / kBesideLabel == beside.size());
  }
}

TEST_CASE("Runs have one goal if they agree in the columns of the problem, and only then") {
  for (const auto& column : run_fields()) {
    CAPTURE(column.name);
    RunRecord one, other;
    if (!column.set(one, "1") || !column.set(other, "2")) continue;  // true or false
    CHECK(same_goal(one, other) == ((column.roles & kOfProblem) == 0));
    CHECK(same_goal(one, one));
  }
}

TEST_CASE("Of two values that an option takes it shows two texts, each of which it takes again") {
  std::size_t options = 0;
  for (const auto& option : option_table()) {
    if (!option.apply || option.value.empty()) continue;
    std::set<std::string> shown;
    std::size_t taken = 0;
    for (const char* text : {"2", "3", "0.25", "0.5", "on", "off", "exp:1ms", "exp:2ms", "a"}) try {
        Configuration configuration, again;
        apply(option, configuration, text);
        const auto back = option.show(configuration);
        apply(option, again, expand(option, back).at(0));
        CAPTURE(option.name);
        CAPTURE(std::string(text));
        CHECK(option.show(again) == back);
        CHECK(shown.insert(back).second);
        ++taken;
      } catch (const UsageError&) {
      }
    options += taken > 1;
  }
  CHECK(options > 30);
}

TEST_CASE("An option's default in the help is what a cell has that nobody touched") {
  const Configuration usual;
  for (const auto& option : option_table()) {
    if (!option.apply || option.initial.empty() || option.always_shown) continue;
    if (option.name == "--epochs") continue;  // its default depends on --updates
    CAPTURE(option.name);
    CHECK(option.show(usual) == option.initial);
    Configuration configuration;
    apply(option, configuration, option.initial);
    CHECK(option.show(configuration) == option.initial);
  }
}

TEST_CASE("An option that is not for all can be set back to its default, whatever it was") {
  const Configuration usual;
  for (const auto& option : option_table()) {
    if (!option.scope.covers) continue;
    CAPTURE(option.name);
    CHECK((option.apply != nullptr));
    CHECK(!option.scope.whom().empty());
    Configuration configuration;
    configuration.data.standardize = true;
    configuration.data.index_base = 0;
    configuration.data.label_column = configuration.data.test_source = "x";
    configuration.spec.spacing = Spacing::geometric;
    if (!option.always_shown) {
      apply(option, configuration, option.initial);
      CHECK(option.show(configuration) == option.show(usual));
    }
    if (!option.scope.elsewhere.empty()) apply(option, configuration, option.scope.elsewhere);
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
  for (const std::vector<std::string>& words : {std::vector<std::string>{"data"},
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

TEST_CASE("Help is asked for before the verb, in the midst of it and after it") {
  const auto program = program_help(), run = verb_help({&verb(kRun)});
  const auto data = verb_help({&verb(kDataInfo), &verb(kDataMake)});
  const auto info = verb_help({&verb(kDataInfo)});
  for (const auto& [words, text] :
       std::vector<std::pair<Words, std::string>>{{{"help"}, program},
                                                  {{"--help"}, program},
                                                  {{"-h"}, program},
                                                  {{"help", "--help"}, program},
                                                  {{"help", "run"}, run},
                                                  {{"--help", "run"}, run},
                                                  {{"run", "--help"}, run},
                                                  {{"run", "-qh"}, run},
                                                  {{"run", "--workers", "2", "--help", "-q"}, run},
                                                  {{"help", "data"}, data},
                                                  {{"data", "--help"}, data},
                                                  {{"data", "help"}, data},
                                                  {{"help", "data", "info"}, info},
                                                  {{"data", "help", "info"}, info},
                                                  {{"data", "info", "--help"}, info},
                                                  {{"data", "info", "x.svm", "-h"}, info}}) {
    CAPTURE(fmt::format("{}", fmt::join(words, " ")));
    CHECK(parse(words).help == text);
  }
  CHECK(parse({"run"}).help.empty());
  CHECK(parse({"list", "help"}).help.empty());
}

TEST_CASE("A word that has no place is refused, wherever it stands, and with --help too") {
  for (const auto& [words, about] : std::vector<std::pair<Words, std::string>>{
           {{"bogus", "data", "info", "x"}, "unknown verb 'bogus'"},
           {{"help", "rnu"}, "'run'"},
           {{"data", "inof", "x"}, "data: unknown verb 'inof'; did you mean 'info'"},
           {{"version"}, "'--version'"},
           {{"--hlep"}, "'--help'"},
           {{"--workers", "2", "run"}, "'--workers' stands before the verb"},
           {{"data", "-q", "info", "x"}, "'-q' stands before the verb"},
           {{"--", "run"}, "'--' stands before the verb"},
           {{"--version", "run"}, "before 'run'"},
           {{"run", "--version"}, "unknown option '--version'"},
           {{"run", "run"}, "'run'"},
           {{"data", "info", "data", "info", "x"}, "'info'"},
           {{"run", "--help", "extra"}, "'extra'"},
           {{"run", "--wokers", "2", "--help"}, "'--workers'"},
           {{"run", "--", "--help"}, "'--help'"},
           {{"run", ""}, "''"},
           {{""}, "unknown verb ''"}}) {
    CAPTURE(fmt::format("{}", fmt::join(words, " ")));
    CHECK_THROWS_WITH_AS(parse(words), doctest::Contains(about.c_str()), UsageError);
  }
}

TEST_CASE("A positional may be called like a verb or, after two dashes, like an option") {
  CHECK(parse({"list", "data"}).invocation.positionals == Words{"data"});
  CHECK(parse({"data", "info", "--", "--help"}).invocation.positionals == Words{"--help"});
  const auto parsed = parse({"compare", "-", "-q", "--", "-n.csv"});
  CHECK(parsed.invocation.positionals == Words{"-", "-n.csv"});
  CHECK(parsed.invocation.given.has("--quiet"));
  CHECK(parse({"--version"}).version);
}

TEST_CASE("A value that was forgotten, or is empty, is not taken from what follows") {
  for (const Words& words : {Words{"run", "--csv", "--quiet"},
                             {"run", "--csv", "-q"},
                             {"run", "--csv", "--quite"},
                             {"run", "--csv", "--"},
                             {"run", "--test-data", ""},
                             {"run", "--test-data="},
                             {"run", "--quiet=1"}}) {
    CAPTURE(fmt::format("{}", fmt::join(words, " ")));
    CHECK_THROWS_WITH_AS(parse(words), doctest::Contains(words[1].substr(0, 7).c_str()),
                         UsageError);
  }
  CHECK(parse({"run", "--csv=--quiet"}).invocation.given.text("--csv") == "--quiet");
  CHECK(!parse({"run", "--csv=--quiet"}).invocation.given.has("--quiet"));
}

TEST_CASE("An option of one value that is given two is refused with both, whoever would read it") {
  CHECK_THROWS_WITH_AS(parse({"run", "--seed", "1", "--seed=2"}), doctest::Contains("'1', '2'"),
                       UsageError);
  CHECK_THROWS_WITH_AS(parse({"run", "--print-config", "--csv", "a", "--csv", "b"}),
                       doctest::Contains("'a', 'b'"), UsageError);
  const auto given =
      parse({"compare", "a", "b", "--metric", "wall_s", "--metric", "updates"}).invocation.given;
  CHECK(given.texts("--metric").size() == 2);
}

TEST_CASE("Each verb's help names all its options, shows examples that parse and fits the screen") {
  for (const auto& row : verb_table()) {
    const auto text = verb_help({&row});
    for (const auto* option : options_of(row.verb))
      CHECK(text.find(std::string(option->name)) != std::string::npos);
    CHECK(!row.examples.empty());
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      CHECK(display_width(text.substr(at, text.find('\n', at) - at)) <= kScreen);
  }
}

TEST_CASE("What a message names in back quotes is called as its option, and other quotes stay") {
  CHECK(with_option_names("`label column` names another than `drop columns`") ==
        "--label-column names another than --drop-columns");
  CHECK(with_option_names("`sgdbench run` with `l2` above 0, `") ==
        "`sgdbench run` with --l2 above 0, `");
  CHECK(with_option_names("no `quotes, and `holdout`") == "no `quotes, and --holdout");
  CHECK(with_option_names("").empty());
}

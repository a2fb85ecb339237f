#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <span>

#include "cli/configuration.h"
#include "cli/verbs.h"
#include "results/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// A forgotten value would swallow the option after it, `--csv --quiet`, and so would a misspelt
/// one: what begins with two dashes is a value after an equals sign alone. One that is empty says
/// nothing and is, as a rule, a shell's variable that was never set.
void check_value(Verb verb, const Option& option, const std::string& value,
                 const std::vector<std::string>& words) {
  const bool attached = std::find(words.begin(), words.end(),
                                  fmt::format("{}={}", option.name, value)) != words.end();
  if (attached && !value.empty()) return;
  if (value.empty())
    throw UsageError(
        fmt::format("{} needs a value, and this one is empty: {}", option.name, option.value));
  const auto valid = options_of(verb);
  const bool is_shorthand = std::any_of(valid.begin(), valid.end(), [&](const Option* other) {
    return !other->shorthand.empty() && value == other->shorthand;
  });
  if (value.starts_with("--") || is_shorthand)
    throw UsageError(fmt::format("{} needs a value before {}", option.name, value));
}

void add_option(CLI::App& app, Verb verb, const Option& option,
                const std::vector<std::string>& words, Given& given) {
  std::string names(option.name);
  if (!option.shorthand.empty()) names = fmt::format("{},{}", option.shorthand, option.name);
  if (option.value.empty()) {
    app.add_flag_callback(names, [&] { given.add(option.name, "1"); });
    return;
  }
  const auto store = [verb, &option, &words, &given](const CLI::results_t& values) {
    for (const auto& value : values) {
      check_value(verb, option, value, words);
      given.add(option.name, value);
    }
    return true;
  };
  app.add_option(names, store)
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->type_name("");
}

/// `--quiet=1` and `--csv=`: a value where none is taken, and none where one is.
void check_equals_sign(Verb verb, const std::vector<std::string>& words) {
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (!word.starts_with("--") || equals == std::string::npos) continue;
    for (const auto* option : options_of(verb)) {
      if (word.substr(0, equals) != option->name) continue;
      if (option->value.empty()) throw UsageError(fmt::format("{} takes no value", option->name));
      if (equals + 1 == word.size())
        throw UsageError(fmt::format("{} needs a value: {}", option->name, option->value));
    }
  }
}

/// `--intercept` alone is `--intercept on`.
std::vector<std::string> with_bare_values(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    all.push_back(words[i]);
    if (i + 1 < words.size() && !words[i + 1].starts_with("-")) continue;
    for (const auto& option : option_table())
      if (words[i] == option.name && !option.bare.empty()) all.emplace_back(option.bare);
  }
  return all;
}

/// An option without a list has one value; said twice, neither of two different ones is meant more.
void check_repeated(Verb verb, const Given& given) {
  for (const auto* option : options_of(verb)) {
    const auto texts = given.texts(option->name);
    if (option->expand || option->value.empty() || texts.size() < 2) continue;
    throw UsageError(fmt::format("{} takes one value and was given {}: '{}'", option->name,
                                 texts.size(), fmt::join(texts, "', '")));
  }
}

/// What follows a verb: its options, and words that are none.
class Arguments {
 public:
  explicit Arguments(std::span<const std::string> words) {
    // All after two dashes is taken as it is, also a file that is called like an option.
    const auto dashes = std::find(words.begin(), words.end(), "--");
    words_ = with_bare_values({words.begin(), dashes});
    if (dashes != words.end()) literal_.assign(dashes + 1, words.end());
  }

  /// Whether --help stood among them.
  bool read(const VerbEntry& verb, Invocation& invocation) const {
    CLI::App app;
    bool help = false;
    app.set_help_flag();
    app.allow_extras();
    app.add_flag("-h,--help", help);
    for (const auto* option : options_of(verb.verb))
      add_option(app, verb.verb, *option, words_, invocation.given);
    try {
      app.parse(std::vector<std::string>(words_.rbegin(), words_.rend()));
    } catch (const CLI::ArgumentMismatch& error) {
      const std::string what = error.what();
      throw UsageError(what.substr(0, what.find(':')) + " needs a value");
    } catch (const CLI::ParseError& error) {
      throw UsageError(error.what());
    }
    check_equals_sign(verb.verb, words_);
    check_repeated(verb.verb, invocation.given);
    auto& positionals = invocation.positionals = app.remaining();
    for (const auto& word : positionals)
      if (word.size() > 1 && word[0] == '-') find_option(verb.verb, word.substr(0, word.find('=')));
    positionals.insert(positionals.end(), literal_.begin(), literal_.end());
    if (positionals.size() > verb.most_positionals)
      throw UsageError(fmt::format("{} does not take '{}'; see sgdbench {} --help", verb.name,
                                   positionals[verb.most_positionals], verb.name));
    return help;
  }

 private:
  std::vector<std::string> words_, literal_;
};

/// The verbs that begin with the words so far.
std::vector<const VerbEntry*> verbs_under(std::string_view begun) {
  std::vector<const VerbEntry*> verbs;
  for (const auto& row : verb_table())
    if (begun.empty() || row.name == begun || row.name.starts_with(fmt::format("{} ", begun)))
      verbs.push_back(&row);
  return verbs;
}

/// The words that may come next, where no verb is complete.
std::vector<std::string> next_words(std::string_view begun) {
  std::vector<std::string> words;
  for (const auto* verb : verbs_under(begun)) {
    const auto rest = verb->name.substr(begun.empty() ? 0 : begun.size() + 1);
    words.emplace_back(rest.substr(0, rest.find(' ')));
  }
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

[[noreturn]] void refuse_verb(std::string_view begun, const std::string* word) {
  const auto valid = next_words(begun);
  const auto before = fmt::format("{}{}", begun, begun.empty() ? "" : ": ");
  if (!word)
    throw UsageError(
        fmt::format("{}say what to do: {}; see --help", before, fmt::join(valid, ", ")));
  const bool dashed = word->starts_with("-");
  const auto nearest = nearest_name(dashed ? *word : fmt::format("--{}", *word),
                                    std::vector<std::string>{"--help", "--version"});
  if (!nearest.empty() && nearest_name(*word, valid).empty())
    throw UsageError(fmt::format("unknown {} '{}'; did you mean '{}'?", dashed ? "option" : "verb",
                                 *word, nearest));
  if (!dashed) throw UsageError(before + unknown_name("verb", *word, valid));
  throw UsageError(
      fmt::format("{}'{}' stands before the verb; options come after it: sgdbench {}{}VERB "
                  "[OPTIONS], where VERB is one of {}",
                  before, *word, begun, begun.empty() ? "" : " ", fmt::join(valid, ", ")));
}

bool asks_for_help(std::string_view word) {
  return word == "help" || word == "--help" || word == "-h";
}

/// The words of a verb, and those that ask for help before it is complete.
struct Beginning {
  explicit Beginning(std::span<const std::string> words) {
    for (const auto& word : words) {
      if (verb) return;
      ++read;
      if (asks_for_help(word))
        help = true;
      else
        add(word);
    }
  }
  void add(const std::string& word) {
    const auto valid = next_words(begun);
    if (std::find(valid.begin(), valid.end(), word) == valid.end()) refuse_verb(begun, &word);
    begun += (begun.empty() ? "" : " ") + word;
    const auto* first = verbs_under(begun).front();
    if (first->name == begun) verb = first;
  }

  std::string begun;
  const VerbEntry* verb = nullptr;  ///< null: the words ended before
  bool help = false;
  std::size_t read = 0;  ///< words that were read
};

}  // namespace

Parsed parse(const std::vector<std::string>& words) {
  Parsed parsed;
  if (!words.empty() && words.front() == "--version") {
    if (words.size() > 1)
      throw UsageError(fmt::format("--version stands alone, and not before '{}'", words[1]));
    parsed.version = true;
    return parsed;
  }
  const Beginning beginning(words);
  bool help = beginning.help || words.empty();
  parsed.verb = beginning.verb;
  if (!parsed.verb && !help) refuse_verb(beginning.begun, nullptr);
  if (parsed.verb)
    help |=
        Arguments(std::span(words).subspan(beginning.read)).read(*parsed.verb, parsed.invocation);
  if (help)
    parsed.help =
        beginning.begun.empty() ? program_help() : verb_help(verbs_under(beginning.begun));
  else if (parsed.invocation.positionals.size() < parsed.verb->least_positionals)
    throw UsageError(fmt::format("{0} needs {1}; see sgdbench {0} --help", parsed.verb->name,
                                 parsed.verb->positionals));
  parsed.invocation.command = "sgdbench " + shell_line(words);
  return parsed;
}

}  // namespace sgdbench

// The one table of options. The parser, `--help`, the sweep, the command line that repeats a
// configuration and its identity all read it; none of them knows an option by name that has its row
// here.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/configuration.h"

namespace sgdbench {

/// What the program can be told to do; the values are bits of a set.
enum Verb : unsigned {
  kRun = 1,
  kList = 2,
  kDataInfo = 4,
  kDataMake = 8,
  kVerify = 16,
  kOptimum = 128,
  kDoctor = 256,
  kCompare = 32,
  kCalibrate = 512,
  kReport = 64,
  kTune = 1024,
  kCollective = 2048,
};

enum class Group {
  problem,
  strategy,
  conditions,
  simulation,
  step,
  measurement,
  comparison,
  output
};
std::string_view title(Group group);

/// Where an option means something. A configuration of elsewhere has its default, and a user who
/// asked for more there is told (sweep.h).
struct Scope {
  /// Null: everywhere.
  bool (*covers)(const Configuration& configuration) = nullptr;
  /// Whom it is for, in words: "--backend hogwild".
  std::string (*whom)() = nullptr;
  /// The option whose values it is for or not; "" where it depends on several.
  std::string_view decided_by = "";
  /// What configurations of elsewhere have in place of the default: a value that asks for nothing,
  /// and so is in place anywhere.
  std::string_view elsewhere = "";
};

struct Option {
  std::string_view name;       ///< with its dashes
  std::string_view shorthand;  ///< "-q", or ""
  std::string_view value;      ///< what stands for the value in the help; "" for a flag
  std::string_view help;
  std::string_view initial;  ///< the default, as text; "" where there is none
  Group group;
  unsigned verbs;  ///< a set of Verb

  /// Splits a text into the values to sweep over; null for an option that takes one value.
  std::vector<std::string> (*expand)(std::string_view text) = nullptr;
  /// Checks one value and sets it in a configuration; null where the option is no part of a
  /// configuration. Takes "" for the default where `initial` is "" and there is a scope. Throws
  /// UsageError, without the option's name.
  void (*apply)(Configuration& configuration, std::string_view value) = nullptr;
  /// The value that apply() would need to set what the configuration has, escaped for expand(); ""
  /// where none is set.
  std::string (*show)(const Configuration& configuration) = nullptr;
  Scope scope = {};
  /// Always part of a configuration's command line, default or not.
  bool always_shown = false;
  /// Part of what a configuration is. (How often it is repeated is not.)
  bool identifies = true;
  /// Typed several times, its values are joined by '+', those of one with those of the other, where
  /// those of another option are alternatives. `initial` stands for nothing to join.
  bool joins = false;
  /// What the option means without a value; "" where it needs one.
  std::string_view bare = "";
};

/// In the order of the help and of the loops of a sweep: the first varies slowest.
std::span<const Option> option_table();

/// The column of runs.csv that says what a run's option was set to: it has the option's name,
/// written as columns are ("lr_schedule").
std::string column_of(const Option& option);
/// The option whose column is called so; throws std::invalid_argument where there is none.
const Option& option_of(std::string_view column);

/// The options that a verb takes.
std::vector<const Option*> options_of(Verb verb);

/// The row of a verb called `name` (long or short); throws UsageError with the nearest one.
const Option& find_option(Verb verb, std::string_view name);

/// What the user said: for each option that was given, its texts in order.
class Given {
 public:
  void add(std::string_view option, std::string text);
  /// What the user left open and the program completes.
  void add_default(std::string_view option, std::string text);
  bool has(std::string_view option) const { return find(option) != nullptr; }
  /// Whether the user gave it, and not add_default().
  bool is_said(std::string_view option) const { return has(option) && !defaults_.count(option); }
  /// All texts; empty where it was not given.
  std::vector<std::string> texts(std::string_view option) const;
  /// The one text; `otherwise` where it was not given. Throws UsageError if there are several.
  std::string text(std::string_view option, std::string_view otherwise = "") const;

 private:
  const std::vector<std::string>* find(std::string_view option) const;
  std::vector<std::pair<std::string, std::vector<std::string>>> texts_;
  std::set<std::string, std::less<>> defaults_;
};

/// No path, distribution or cluster needs more bytes; a sweep holds each value in many
/// configurations.
inline constexpr std::size_t kLongestValue = 16'384;

/// The values that `text` stands for; throws UsageError, without the option's name.
std::vector<std::string> expand(const Option& option, std::string_view text);

/// Every value that was given for a sweepable option, or the one of another; throws UsageError
/// that begins with the option's name.
std::vector<std::string> values_of(const Option& option, const Given& given);

/// Whether the option means something for the configuration.
bool applies(const Option& option, const Configuration& configuration);

/// Option::apply with the option's name in front of an error.
void apply(const Option& option, Configuration& configuration, std::string_view value);

/// A message as the user can act on it: what the libraries name in back quotes (`label column`) is
/// called as the option of that name is (--label-column).
std::string with_option_names(std::string_view message);

}  // namespace sgdbench

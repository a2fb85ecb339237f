// Options of the measurement: how long, how often, to which target.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "cli/options/helpers.h"

namespace sgdbench {
namespace {

std::string optional_text(const std::optional<double>& value) {
  return value ? number_text(*value) : "";
}

std::string percent(double value) {
  return number_text(value) + '%';
}

/// Each once, the loosest first: the last one is the row's own target.
void set_targets(Configuration& configuration, Text text) {
  std::vector<double> targets;
  for (const auto& item : split_list(text))
    targets.push_back(parse_percent(item, {.least = 0, .most = 100, .open_below = true}));
  std::sort(targets.begin(), targets.end(), std::greater<>());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  configuration.targets = std::move(targets);
}
std::string show_targets(const Configuration& configuration) {
  std::string text;
  for (const double target : configuration.targets)
    text += (text.empty() ? "" : ",") + percent(target);
  return text;
}

void set_evaluations(Configuration& configuration, Text text) {
  const auto colon = text.find(':');
  const bool geometric =
      colon != Text::npos && choose(text.substr(0, colon), "spacing", {"even", "geometric"}) == 1;
  configuration.spec.spacing = geometric ? Spacing::geometric : Spacing::even;
  configuration.spec.evaluations =
      parse_count(colon == Text::npos ? text : text.substr(colon + 1), geometric ? 2 : 0, 100'000);
}
std::string show_evaluations(const Configuration& configuration) {
  return (configuration.spec.spacing == Spacing::even ? "" : "geometric:") +
         std::to_string(configuration.spec.evaluations);
}

constexpr Scope kRecorded{[](const Configuration& c) { return c.spec.recording; },
                          [] { return std::string("--recording full"); }, "--recording"};
constexpr Scope kRepeatedUntil{
    [](const Configuration& c) { return c.until_ci > 0 || c.until_gate > 0; },
    [] { return std::string("--until-ci or --until-gate"); }};

constexpr Option kMeasurement[] = {
    {"--epochs", "", "N", "passes over the data", "10, or enough for --updates", Group::measurement,
     kTraining, nullptr,
     [](Configuration& c, Text v) { c.epochs = parse_count(v, 1, 1'000'000'000); },
     [](const Configuration& c) { return c.epochs ? std::to_string(*c.epochs) : std::string(); }},
    {"--updates", "", "N", "stop after so many updates of the shared parameters; 0: no limit", "0",
     Group::measurement, kTraining, nullptr,
     [](Configuration& c, Text v) { c.spec.updates = parse_count(v, 0, kMany); },
     [](const Configuration& c) { return std::to_string(c.spec.updates); }},
    {"--max-seconds", "", "X",
     "stop training after so many seconds, of virtual time where that is told; 0: no limit", "0",
     Group::measurement, kTraining, nullptr,
     [](Configuration& c, Text v) {
       c.spec.max_seconds = parse_real(v, {.least = 0, .most = 1e9});
     },
     [](const Configuration& c) { return number_text(c.spec.max_seconds); }},
    {"--evaluations", "", "[SPACING:]N",
     "points of the loss curve after the first, even or geometric: geometric:30; 0: one per epoch, "
     "with a target four and at least 10, at most 100 in all",
     "0", Group::measurement, kMeasured, nullptr, set_evaluations, show_evaluations, kRecorded},
    {"--recording", "", "HOW,…",
     "full, or none: no curve, staleness or phases, to see what these cost", "full",
     Group::measurement, kMeasured, one_list,
     [](Configuration& c, Text v) {
       c.spec.recording = choose(v, "recording", {"full", "none"}) == 0;
     },
     [](const Configuration& c) { return std::string(c.spec.recording ? "full" : "none"); }},
    {"--target", "", "Q,…",
     "report the time until the training loss is at most Q above the computed optimum: 1%, or "
     "10%,5%,2%,1% (convex workloads)",
     "", Group::measurement, kMeasured, nullptr, set_targets, show_targets},
    {"--target-loss", "", "X", "report the time until the training loss is at most X", "",
     Group::measurement, kMeasured, nullptr,
     [](Configuration& c, Text v) { c.target_loss = parse_real(v); },
     [](const Configuration& c) { return optional_text(c.target_loss); }},
    {"--target-accuracy", "", "X", "report the time until held-out accuracy is at least X", "",
     Group::measurement, kMeasured, nullptr,
     [](Configuration& c, Text v) { c.target_accuracy = parse_real(v, {.least = 0, .most = 1}); },
     [](const Configuration& c) { return optional_text(c.target_accuracy); }},
    {"--stop-at-target", "", "",
     "pause all workers at each point of the curve to evaluate it, and stop at the target", "",
     Group::measurement, kMeasured, nullptr,
     [](Configuration& c, Text) { c.stop_at_target = true; },
     [](const Configuration& c) { return std::string(c.stop_at_target ? "1" : ""); }},
    {"--seed", "", "N", "of the parameters, the order and the hold-out; repeat r adds r", "1",
     Group::measurement, kCells | kOptimum, nullptr,
     [](Configuration& c, Text v) { c.spec.seed = c.data.seed = parse_count(v); },
     [](const Configuration& c) { return std::to_string(c.spec.seed); }},
    {"--repeats",
     "",
     "N",
     "timed runs of each configuration",
     "5",
     Group::measurement,
     kTraining,
     nullptr,
     [](Configuration& c, Text v) { c.repeats = parse_count(v, 1, 100'000); },
     [](const Configuration& c) { return std::to_string(c.repeats); },
     {},
     false,
     false},
    {"--until-ci",
     "",
     "Q",
     "repeat until the median time (to the target, where there is one) of every configuration is "
     "known to ±Q, with the confidence of tables (90 %); --repeats is then the least",
     "",
     Group::measurement,
     kMeasured,
     nullptr,
     [](Configuration& c, Text v) {
       c.until_ci = parse_percent(v, {.least = 0, .most = 100, .open_below = true});
     },
     [](const Configuration& c) { return c.until_ci > 0 ? percent(c.until_ci) : std::string(); },
     {},
     false,
     false},
    {"--until-gate",
     "",
     "X",
     "repeat until `compare` of two such reports would find a configuration that is X slower in 90 "
     "of 100 comparisons: 10%; --repeats is then the least",
     "",
     Group::measurement,
     kRun,
     nullptr,
     [](Configuration& c, Text v) {
       c.until_gate = parse_percent(v, {.least = 0, .most = 1000, .open_below = true});
     },
     [](const Configuration& c) {
       return c.until_gate > 0 ? percent(c.until_gate) : std::string();
     },
     {},
     false,
     false},
    {"--budget", "", "SECONDS",
     "with --until-ci or --until-gate, the longest to repeat the runs of one problem", "600",
     Group::measurement, kMeasured, nullptr,
     [](Configuration& c, Text v) { c.budget_s = parse_real(v, {.least = 0, .most = 1e9}); },
     [](const Configuration& c) { return number_text(c.budget_s); }, kRepeatedUntil, false, false},
    {"--warmup", "", "N", "untimed runs of one epoch before them", "1", Group::measurement,
     kMeasured, nullptr, [](Configuration& c, Text v) { c.warmup = parse_count(v, 0, 1000); },
     [](const Configuration& c) { return std::to_string(c.warmup); },
     for_backends<on_a_real_clock, kZero>, false, false},
};

}  // namespace

std::span<const Option> measurement_options() {
  return kMeasurement;
}

}  // namespace sgdbench

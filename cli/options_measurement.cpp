// Options of the measurement: how long, how often, to which target.
#include <fmt/format.h>

#include "cli/option_helpers.h"

namespace sgdbench {
namespace {

std::string optional_text(const std::optional<double>& value) {
  return value ? number_text(*value) : "";
}

constexpr Option kMeasurement[] = {
    {"--epochs", "", "N", "passes over the data", "10, or enough for --updates", Group::measurement,
     kRun, nullptr, [](Cell& c, Text v) { c.epochs = parse_count(v, 1, 1'000'000'000); },
     [](const Cell& c) { return c.epochs ? std::to_string(*c.epochs) : std::string(); }},
    {"--updates", "", "N", "stop after so many updates; 0: no limit", "0", Group::measurement, kRun,
     nullptr, [](Cell& c, Text v) { c.spec.updates = parse_count(v, 0, kMany); },
     [](const Cell& c) { return std::to_string(c.spec.updates); }},
    {"--max-seconds", "", "X", "stop training after so long; 0: no limit", "0", Group::measurement,
     kRun, nullptr,
     [](Cell& c, Text v) { c.spec.max_seconds = parse_real(v, {.least = 0, .most = 1e9}); },
     [](const Cell& c) { return number_text(c.spec.max_seconds); }},
    {"--evaluations", "", "N", "points of the loss curve after the first; 0: one per epoch", "0",
     Group::measurement, kRun, nullptr,
     [](Cell& c, Text v) { c.spec.evaluations = parse_count(v, 0, 100'000); },
     [](const Cell& c) { return std::to_string(c.spec.evaluations); }},
    {"--recording", "", "HOW,…",
     "full, or none: no curve, staleness or phases, to see what these cost", "full",
     Group::measurement, kRun, one_list,
     [](Cell& c, Text v) {
       c.spec.recording = choose(v, "recording", {"full", "none"}) == 0;
     },
     [](const Cell& c) { return std::string(c.spec.recording ? "full" : "none"); }},
    {"--target-loss", "", "X", "report the time until the training loss is at most X", "",
     Group::measurement, kRun, nullptr, [](Cell& c, Text v) { c.target_loss = parse_real(v); },
     [](const Cell& c) { return optional_text(c.target_loss); }},
    {"--target-accuracy", "", "X", "report the time until held-out accuracy is at least X", "",
     Group::measurement, kRun, nullptr,
     [](Cell& c, Text v) { c.target_accuracy = parse_real(v, {.least = 0, .most = 1}); },
     [](const Cell& c) { return optional_text(c.target_accuracy); }},
    {"--seed", "", "N", "of the parameters, the order and the hold-out; repeat r adds r", "1",
     Group::measurement, kCells | kOptimum, nullptr,
     [](Cell& c, Text v) { c.spec.seed = c.data.seed = parse_count(v); },
     [](const Cell& c) { return std::to_string(c.spec.seed); }},
    {"--repeats", "", "N", "timed runs of each configuration", "5", Group::measurement, kRun,
     nullptr, [](Cell& c, Text v) { c.repeats = parse_count(v, 1, 100'000); },
     [](const Cell& c) { return std::to_string(c.repeats); }, false, false},
    {"--warmup", "", "N", "untimed runs of one epoch before them", "1", Group::measurement, kRun,
     nullptr, [](Cell& c, Text v) { c.warmup = parse_count(v, 0, 1000); },
     [](const Cell& c) { return std::to_string(c.warmup); }, false, false},
};

}  // namespace

std::span<const Option> measurement_options() {
  return kMeasurement;
}

}  // namespace sgdbench

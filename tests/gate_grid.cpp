// The gate's operating characteristics, counted: gate_grid [TRIALS] writes a CSV to stdout, a row
// per scenario and number of repeats. results/reference/gate keeps one.
#include <fmt/format.h>

#include <cstdlib>

#include "tests/gate_scenarios.h"

using namespace sgdbench;
using Noise = Scenario::Noise;

namespace {

constexpr Scenario kScenarios[] = {
    {.name = "equal"},
    {.name = "equal, heavy tails", .noise = Noise::heavy},
    {.name = "equal, autocorrelated", .noise = Noise::autocorrelated},
    {.name = "all 3 % slower", .slowdown = 0.03},
    {.name = "all 3 % slower, heavy tails", .noise = Noise::heavy, .slowdown = 0.03},
    {.name = "all 3 % slower, autocorrelated", .noise = Noise::autocorrelated, .slowdown = 0.03},
    {.name = "all 5 % slower", .slowdown = 0.05},
    {.name = "all 5 % slower, heavy tails", .noise = Noise::heavy, .slowdown = 0.05},
    {.name = "all 5 % slower, autocorrelated", .noise = Noise::autocorrelated, .slowdown = 0.05},
    {.name = "all 5 % slower, shared minutes and probes",
     .slowdown = 0.05,
     .probes = true,
     .shared = 0.05},
    {.name = "all 5 % slower, pairs", .slowdown = 0.05, .paired = true, .shared = 0.1},
    {.name = "equal, drift of 10 % that probes see", .probes = true, .drift = 0.1},
    {.name = "equal, drift of 10 % that no probe sees",
     .probes = true,
     .drift = 0.1,
     .drift_is_seen = false},
    {.name = "all 10 % slower, drift of 10 % that probes see",
     .slowdown = 0.1,
     .probes = true,
     .drift = 0.1},
    {.name = "one (1 worker) 10 % slower, probes", .slowdown = 0.1, .slow = 1, .probes = true},
    {.name = "one (1 worker) 15 % slower, probes", .slowdown = 0.15, .slow = 1, .probes = true},
    {.name = "one (1 worker) 20 % slower, probes", .slowdown = 0.2, .slow = 1, .probes = true},
    {.name = "one (2 workers) 15 % slower, probes",
     .slowdown = 0.15,
     .slow = 1,
     .slow_has_two_workers = true,
     .probes = true},
    {.name = "all 10 % slower, probes", .slowdown = 0.1, .probes = true},
    {.name = "one 20 % slower, heavy tails", .noise = Noise::heavy, .slowdown = 0.2, .slow = 1},
    {.name = "one 10 % slower, pairs", .slowdown = 0.1, .slow = 1, .paired = true},
    {.name = "one 15 % slower, pairs", .slowdown = 0.15, .slow = 1, .paired = true},
};

}  // namespace

int main(int argc, char** argv) {
  const int trials = argc > 1 ? std::atoi(argv[1]) : 1000;
  fmt::print("scenario,repeats,trials,exit_1,any_fine,intervals,intervals_that_hold\n");
  for (const auto& scenario : kScenarios)
    for (const std::size_t repeats : {5, 10, 20}) {
      const auto counts = count(scenario, repeats, trials, 1000 + repeats, 1000);
      fmt::print("\"{}\",{},{},{},{},{},{}\n", scenario.name, repeats, trials, counts.regression,
                 counts.fine, counts.intervals, counts.held);
      std::fflush(stdout);
    }
}

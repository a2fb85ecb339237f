// The micro-benchmarks, with the machine's limits in their context.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "tests/bench/limits.h"

namespace {

/// Prints a share of a limit as the plain number it is: the library only knows how to make it as a
/// rate.
class Reporter : public benchmark::ConsoleReporter {
 public:
  Reporter() : ConsoleReporter(OO_None) {}

 private:
  void ReportRuns(const std::vector<Run>& runs) override {
    auto shown = runs;
    for (auto& run : shown)
      for (auto& [name, counter] : run.counters)
        if (name.starts_with("of_")) counter.flags = benchmark::Counter::kDefaults;
    ConsoleReporter::ReportRuns(shown);
  }
};

}  // namespace

int main(int argc, char** argv) {
  using namespace sgdbench::bench;
  const bool other_format = std::any_of(argv, argv + argc, [](std::string_view word) {
    return word.starts_with("--benchmark_format");
  });
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const Limits& machine = limits();
  benchmark::AddCustomContext("read_bandwidth",
                              fmt::format("{:.1f} GB/s", machine.read_bytes_per_s / 1e9));
  benchmark::AddCustomContext("fma_peak", fmt::format("{:.0f} GFLOP/s", machine.flops_per_s / 1e9));
  if (machine.line_transfer_ns)
    benchmark::AddCustomContext("line_transfer",
                                fmt::format("{:.0f} ns", *machine.line_transfer_ns));
  Reporter reporter;
  if (other_format)
    benchmark::RunSpecifiedBenchmarks();
  else
    benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::Shutdown();
}

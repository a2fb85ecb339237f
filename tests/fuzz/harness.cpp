// The table of harnesses, and libFuzzer's entry to the one that SGDBENCH_HARNESS names.
#include "tests/fuzz/harness.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "results/atomic_file.h"
#include "results/journal.h"
#include "results/reading/report_reader.h"
#include "workloads/names.h"

namespace sgdbench::fuzz {
namespace {

constexpr Harness kHarnesses[] = {
    {"libsvm", fuzz_libsvm},         {"table", fuzz_table},         {"idx", fuzz_idx},
    {"compressed", fuzz_compressed}, {"durations", fuzz_durations}, {"options", fuzz_options},
    {"command", fuzz_command},       {"suite", fuzz_suite},         {"printable", fuzz_printable},
    {"journal", fuzz_journal},       {"report", fuzz_report},       {"trace", fuzz_trace},
    {"optimum", fuzz_optimum},       {"winner", fuzz_winner},
};

const Harness& chosen() {
  const char* const name = std::getenv("SGDBENCH_HARNESS");
  for (const auto& harness : kHarnesses)
    if (name && harness.name == name) return harness;
  std::fputs("SGDBENCH_HARNESS names the reader:", stderr);
  for (const auto& harness : kHarnesses) std::fprintf(stderr, " %s", harness.name.data());
  std::fputs("\n", stderr);
  std::exit(2);
}

}  // namespace

std::span<const Harness> harnesses() {
  return kHarnesses;
}

void with_refusals(void (*body)(std::string_view), std::string_view input) try {
  body(input);
} catch (const UsageError&) {
} catch (const BadData&) {
} catch (const MissingData&) {
} catch (const Interrupted&) {
} catch (const BadJournal&) {
} catch (const BadReport&) {
} catch (const MissingReport&) {
}

void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "this does not hold: %s\n", property);
  std::abort();
}

}  // namespace sgdbench::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto& harness = sgdbench::fuzz::chosen();
  sgdbench::fuzz::with_refusals(harness.run, {reinterpret_cast<const char*>(data), size});
  return 0;
}

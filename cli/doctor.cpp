// `sgdbench doctor`: what this machine is, and what differences it can resolve today.
#include "cli/doctor.h"

#include <fmt/format.h>

#include "cli/numbers.h"
#include "cli/outputs.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

struct Format {
  std::string_view name;
  std::string (*render)(const MachineReport&);
};
constexpr Format kFormats[] = {{"table", doctor_table}, {"json", doctor_json}};

}  // namespace

int doctor_verb(const Invocation& invocation) {
  const auto& given = invocation.given;
  const auto& format = find_by_name(kFormats, "format", given.text("--format", "table"));
  const auto environment = read_environment();
  std::size_t workers = environment.cores_available;
  if (given.has("--workers")) workers = parse_count(given.text("--workers"), 1, 4096);
  Progress progress(1, given.has("--quiet"));
  progress.say(fmt::format("examining the machine: about {:.0f} s", examination_seconds(workers)));
  const auto report = examine_machine(environment, workers);
  progress.clear();
  print(format.render(report));
  return 0;
}

}  // namespace sgdbench

// `sgdbench doctor`: what this machine is, and what differences it can resolve today.
#include "cli/doctor/doctor.h"

#include <fmt/format.h>

#include "cli/outputs.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

struct DoctorFormat {
  std::string_view name;
  std::string (*render)(const MachineReport&);
};
constexpr DoctorFormat kDoctorFormats[] = {{"table", doctor_table}, {"json", doctor_json}};

std::size_t workers_of(const Given& given, std::size_t usual) {
  constexpr std::string_view kOption = "--workers";
  if (!given.has(kOption)) return usual;
  Cell cell;
  apply(find_option(kDoctor, kOption), cell, given.text(kOption));
  return cell.spec.workers;
}

}  // namespace

int doctor_verb(const Invocation& invocation) {
  const auto& given = invocation.given;
  const auto& format = find_by_name(kDoctorFormats, "format", given.text("--format", "table"));
  const auto environment = read_environment();
  const auto workers = workers_of(given, environment.cores_available);
  Progress progress(1, given.has("--quiet"));
  progress.say(fmt::format("examining the machine: about {:.0f} s", examination_seconds(workers)));
  const auto report = examine_machine(environment, workers);
  progress.clear();
  print(format.render(report));
  return 0;
}

}  // namespace sgdbench

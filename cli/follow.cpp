#include "cli/follow.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "backends/backend.h"
#include "backends/fork_join.h"
#include "backends/mpi/job.h"
#include "cli/files.h"
#include "cli/setup.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/environment.h"
#include "results/text.h"
#include "workloads/registry.h"

namespace sgdbench {
namespace {

std::string checksum_text(const TrainTest& data) {
  auto text = hex_text(data.train.checksum);
  if (data.test) text += ' ' + hex_text(data.test->checksum);
  return text;
}

/// A problem beside the data that it refers to.
struct LoadedProblem {
  TrainTest data;
  std::unique_ptr<const Problem> problem;
};

/// `words` are those of a configuration.
SharedProblem load_problem(std::vector<std::string> words, const ParallelFor& parallel) {
  words.insert(words.begin(), "run");
  const auto configurations =
      expand_configurations(parse(words).invocation.given, available_cores());
  const auto& configuration = configurations.front();
  auto loaded = std::make_shared<LoadedProblem>();
  loaded->data = load_interruptibly(configuration.data, parallel);
  loaded->problem = make_problem(configuration.workload, loaded->data);
  return {{loaded, loaded->problem.get()}, checksum_text(loaded->data)};
}

}  // namespace

bool joins_as_first(const std::vector<std::string>& words) {
  const auto build = fmt::format("{} {} {} {} {}", version(), kGitRevision, compiler(),
                                 compiler_flags(), instruction_set());
  return join_job({{"build", build}, {"command line", shell_line(words)}}).rank == 0;
}

std::string binding_warning() {
  const auto environment = read_environment();
  if (place_in_job().ranks == 1 || environment.cores_available == environment.cores_online)
    return "";
  return fmt::format(
      "this process has {} of {} cores, and so have backends of threads: mpirun --bind-to none "
      "leaves it all of them",
      environment.cores_available, environment.cores_online);
}

int follow_verb() {
  // A signal here ends no run: that is the first process's to say, which a launcher signals too.
  catch_interrupts();
  const auto parallel = threaded_for(available_cores());
  follow([&](const auto& words) { return load_problem(words, parallel); });
  return 0;
}

void share_problem(const std::vector<Configuration>& group, const TrainTest& data) {
  const auto over_processes = [](const Configuration& configuration) {
    return backend_of(configuration).processes != nullptr;
  };
  if (std::none_of(group.begin(), group.end(), over_processes)) return;
  const DataRequest& request = group.front().data;
  for (const auto& source : {request.source, request.test_source}) {
    std::error_code ignored;
    const bool is_there = std::filesystem::exists(source, ignored);
    if (place_in_job().ranks > 1 &&
        (source == "-" || (is_there && !std::filesystem::is_regular_file(source, ignored))))
      throw UsageError(fmt::format(
          "{} gives its content once, and every process reads its own: put it into a file",
          source));
  }
  lead_to_problem(arguments_of(group.front()), checksum_text(data));
}

}  // namespace sgdbench

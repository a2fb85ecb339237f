// What is left of backends over processes in a build without MPI: a process is alone, and says why.
#include <cstdlib>
#include <stdexcept>

#include "backends/backend.h"
#include "backends/mpi/collective.h"
#include "backends/mpi/job.h"
#include "workloads/names.h"

namespace sgdbench {

const JobPlace& place_in_job() {
  static const JobPlace alone;
  return alone;
}

std::string why_no_mpi() {
  return "built without MPI";
}
std::string mpi_library() {
  return "";
}

/// Several processes that know nothing of each other would all write the same reports.
const JobPlace& join_job(const std::vector<std::pair<std::string, std::string>>&) {
  for (const char* const name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const char* const text = std::getenv(name);
    const auto ranks = text ? parse_number<std::size_t>(text) : std::nullopt;
    if (ranks && *ranks > 1)
      throw UsageError("the launcher started " + std::to_string(*ranks) +
                       " processes, and this program was " + why_no_mpi() +
                       ": each of them is alone");
  }
  return place_in_job();
}

void lead_to_problem(const std::vector<std::string>&, const std::string&) {}
void follow(const std::function<SharedProblem(const std::vector<std::string>&)>&,
            const std::atomic<bool>&) {}
void leave_job() {}

CollectiveTimes measure_collective(const CollectiveTask&) {
  throw std::logic_error(why_no_mpi());
}

std::unique_ptr<Backend> make_mpi_allreduce(const RunSpec&, const Problem&) {
  return nullptr;
}
std::unique_ptr<Backend> make_mpi_parameter_server(const RunSpec&, const Problem&) {
  return nullptr;
}

}  // namespace sgdbench

// The processes that a launcher (mpirun, srun) started together, as the command line sees them.
//
// The idea: the first process, rank 0, does everything that one process does: it parses, decides,
// measures and reports. The others follow: they load the problem that it names, make the backend
// that it makes and take part in its runs, and sleep otherwise. So every decision (repeats,
// targets, tuning, journals, interrupts) is made once, and whatever runs on one process runs beside
// runs on several. Backends themselves know nothing of leading: their calls are made by all ranks
// alike.
//
// A process that no launcher started is rank 0 of 1, and MPI is never initialised.
//
// Thread safety: all of it by the main thread, which alone talks to other processes
// (MPI_THREAD_FUNNELED).
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workloads/problem.h"

namespace sgdbench {

/// Who this process is.
struct JobPlace {
  std::size_t rank = 0, ranks = 1;
  std::size_t hosts = 1;  ///< that the ranks are on
};

/// Joins the others where a launcher started this process; only the first call does anything.
/// Throws UsageError where the launcher's processes can't meet in this build.
const JobPlace& place_in_job();

/// "" if this build has MPI, else why not.
std::string why_no_mpi();
/// "Open MPI 4.1.4", or "" where built without.
std::string mpi_library();

/// The same, and rank 0 leads from now on. `identity` is what all ranks have to agree in, part by
/// part (what it is, its text): the build, the arguments. Throws UsageError on rank 0 where one
/// differs, which names rank and host.
const JobPlace& join_job(const std::vector<std::pair<std::string, std::string>>& identity);

/// A problem with what has to be the same on all ranks: what its data is.
struct SharedProblem {
  std::shared_ptr<const Problem> problem;  ///< with the data that it refers to
  std::string checksum;
};

/// Rank 0: the backends that are made from now on are for the problem that `words` describe; the
/// others load it, and what they have must have this checksum. Throws BadData, which names rank and
/// host, where one has other data, and what loading throws there where one can't load it.
void lead_to_problem(const std::vector<std::string>& words, const std::string& checksum);

/// All other ranks: does what rank 0 says until it leaves. `load` makes of the words what they
/// describe.
void follow(const std::function<SharedProblem(const std::vector<std::string>&)>& load);

/// At the end of the program; on rank 0, the others are let go first.
void leave_job();

}  // namespace sgdbench

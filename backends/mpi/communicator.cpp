#include "backends/mpi/communicator.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "backends/mpi/job.h"
#include "workloads/names.h"

namespace sgdbench {

Communicator::Communicator(MPI_Comm comm, std::vector<std::string> hosts)
    : comm_(comm), hosts_(std::move(hosts)) {
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  rank_ = static_cast<std::size_t>(rank);
}

std::string Communicator::name_of(std::size_t rank) const {
  return "rank " + std::to_string(rank) + " on host " + hosts_[rank];
}

void wait_sleeping(MPI_Request& request, std::chrono::microseconds longest) {
  std::chrono::microseconds pause{10};
  for (int done = 0;;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done != 0) return;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, longest);
  }
}

void Communicator::broadcast(std::span<Real> values) const {
  MPI_Bcast(values.data(), static_cast<int>(values.size()), MPI_FLOAT, 0, comm_);
}

namespace {

static_assert(sizeof(Real) == sizeof(float));

void broadcast_bytes(void* bytes, std::size_t count, MPI_Comm comm) {
  MPI_Request request;
  MPI_Ibcast(bytes, static_cast<int>(count), MPI_BYTE, 0, comm, &request);
  wait_sleeping(request);
}

}  // namespace

std::string Communicator::broadcast_sleeping(std::string text) const {
  std::uint64_t size = text.size();
  broadcast_bytes(&size, sizeof size, comm_);
  text.resize(size);
  broadcast_bytes(text.data(), size, comm_);
  return text;
}

std::vector<std::string> Communicator::gather(const std::string& text) const {
  const std::uint64_t mine = text.size();
  std::vector<std::uint64_t> all_sizes(size());
  MPI_Request request;
  MPI_Iallgather(&mine, 1, MPI_UINT64_T, all_sizes.data(), 1, MPI_UINT64_T, comm_, &request);
  wait_sleeping(request);
  std::uint64_t all = 0;
  std::vector<int> sizes, places;
  for (const std::uint64_t one : all_sizes) {
    sizes.push_back(static_cast<int>(one));
    places.push_back(static_cast<int>(all));
    all += one;
  }
  if (all > std::numeric_limits<int>::max())  // all ranks see that
    throw SharedTrouble("what " + std::to_string(size()) +
                        " processes report to each other takes " + std::to_string(all) +
                        " bytes, and MPI counts to 2147483647");
  std::string joined(static_cast<std::size_t>(all), '\0');
  MPI_Iallgatherv(text.data(), static_cast<int>(mine), MPI_BYTE, joined.data(), sizes.data(),
                  places.data(), MPI_BYTE, comm_, &request);
  wait_sleeping(request);
  std::vector<std::string> texts;
  for (std::size_t r = 0; r < size(); ++r)
    texts.push_back(
        joined.substr(static_cast<std::size_t>(places[r]), static_cast<std::size_t>(sizes[r])));
  return texts;
}

void Communicator::throw_first(const std::string& trouble) const {
  const auto troubles = gather(trouble);
  for (std::size_t r = 0; r < troubles.size(); ++r)
    if (!troubles[r].empty())
      throw SharedTrouble(name_of(r) + ": " + troubles[r].substr(1), troubles[r].front());
}

namespace {

constexpr char kUsageError = 'u', kBadData = 'd', kMissingData = 'm', kInterrupted = 'i';

}  // namespace

char SharedTrouble::kind_of(const std::exception& error) {
  if (dynamic_cast<const UsageError*>(&error) != nullptr) return kUsageError;
  if (dynamic_cast<const BadData*>(&error) != nullptr) return kBadData;
  if (dynamic_cast<const MissingData*>(&error) != nullptr) return kMissingData;
  if (dynamic_cast<const Interrupted*>(&error) != nullptr) return kInterrupted;
  return kOther;
}

void SharedTrouble::rethrow_as_it_was() const {
  switch (kind_) {
    case kUsageError:
      throw UsageError(what());
    case kBadData:
      throw BadData(what());
    case kMissingData:
      throw MissingData(what());
    case kInterrupted:
      throw Interrupted(what());
    default:
      throw *this;
  }
}

void Communicator::end_job(const std::string& why) const {
  constexpr int kInternalError = 70;  // as of any exception that nobody expects
  std::fputs(("sgdbench: " + name_of(rank_) + ": " + why + '\n').c_str(), stderr);
  MPI_Abort(MPI_COMM_WORLD, kInternalError);
  std::abort();
}

// What a launcher says to the processes that it starts, in their environment.
namespace {

/// Of several kinds of launchers: Open MPI's, and those that speak PMI (MPICH's, srun).
constexpr const char* kRanksVariables[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
/// Where a launcher says no more than which rank a process is.
constexpr const char* kRankVariables[] = {"PMIX_RANK", "PMI_RANK"};

std::optional<std::size_t> launched_ranks() {
  for (const char* const name : kRanksVariables)
    if (const char* const text = std::getenv(name))
      if (const auto number = parse_number<std::size_t>(text)) return number;
  return {};
}

bool is_launched() {
  const auto is_set = [](const char* name) { return std::getenv(name) != nullptr; };
  return launched_ranks() ||
         std::any_of(std::begin(kRankVariables), std::end(kRankVariables), is_set);
}

std::string host_name() {
  char name[MPI_MAX_PROCESSOR_NAME];
  int length = 0;
  MPI_Get_processor_name(name, &length);
  return {name, static_cast<std::size_t>(length)};
}

struct World {
  JobPlace place;
  std::optional<Communicator> ranks;
  std::map<std::size_t, Communicator> firsts;
};

World& world() {
  static World joined;
  return joined;
}

void join(World& joined) {
  int given = 0, is_initialised = 0, size = 0;
  MPI_Initialized(&is_initialised);
  if (is_initialised == 0) MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const auto launched = launched_ranks();
  if (launched && *launched != static_cast<std::size_t>(size))
    throw UsageError("the launcher started " + std::to_string(*launched) + " processes, and to " +
                     mpi_library() +
                     ", which this program was built with, each is alone: start "
                     "it by that library's own mpirun");
  // The first gathering needs no names.
  const Communicator nameless(MPI_COMM_WORLD,
                              std::vector<std::string>(static_cast<std::size_t>(size)));
  const auto hosts = nameless.gather(host_name());
  joined.ranks.emplace(MPI_COMM_WORLD, hosts);
  joined.place = {joined.ranks->rank(), hosts.size(),
                  std::set<std::string>(hosts.begin(), hosts.end()).size()};
}

}  // namespace

const JobPlace& place_in_job() {
  static const bool joined = [] {
    if (is_launched()) join(world());
    return true;
  }();
  static_cast<void>(joined);
  return world().place;
}

std::string why_no_mpi() {
  return "";
}

std::string mpi_library() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  std::string version(text, static_cast<std::size_t>(length));
  // Open MPI: "Open MPI v4.1.4, package: …"; MPICH: "MPICH Version:      4.0.2\nMPICH Release …".
  version = version.substr(0, version.find_first_of(",\n"));
  for (const std::string_view word : {" v", " Version:"})
    if (const auto at = version.find(word); at != std::string::npos) {
      const auto number = version.find_first_not_of(" \t", at + word.size());
      return version.substr(0, at) + ' ' + version.substr(std::min(number, version.size()));
    }
  return version;
}

const Communicator& all_ranks() {
  return *world().ranks;
}

const Communicator& first_ranks(std::size_t ranks) {
  const Communicator& all = all_ranks();
  if (ranks == all.size()) return all;
  auto& firsts = world().firsts;
  if (const auto found = firsts.find(ranks); found != firsts.end()) return found->second;
  MPI_Group everybody, group;
  MPI_Comm comm;
  MPI_Comm_group(all.raw(), &everybody);
  int range[1][3] = {{0, static_cast<int>(ranks) - 1, 1}};
  MPI_Group_range_incl(everybody, 1, range, &group);
  MPI_Comm_create_group(all.raw(), group, static_cast<int>(ranks), &comm);
  MPI_Group_free(&group);
  MPI_Group_free(&everybody);
  std::vector<std::string> hosts;
  for (std::size_t r = 0; r < ranks; ++r) hosts.push_back(all.host_of(r));
  return firsts.emplace(ranks, Communicator(comm, std::move(hosts))).first->second;
}

}  // namespace sgdbench

#include "backends/mpi/rank_report.h"

#include <sched.h>

#include <algorithm>

#include "backends/worker_pool.h"
#include "results/cpu_state.h"

namespace sgdbench {

std::vector<Track> gathered_tracks(const Communicator& ranks, const Track& mine,
                                   std::size_t slices) {
  const auto own = mine.slices();
  const std::uint64_t forgotten = mine.forgotten();
  std::string text(reinterpret_cast<const char*>(&forgotten), sizeof forgotten);
  text.append(reinterpret_cast<const char*>(own.data()), own.size() * sizeof(Slice));
  std::vector<Track> all;
  for (const auto& each : ranks.gather(text)) {
    Track& track = all.emplace_back(slices);
    track.start(0);
    std::uint64_t before = 0;
    std::memcpy(&before, each.data(), sizeof before);
    for (; before > 0; --before) track.add({});
    Slice slice;
    for (std::size_t at = sizeof before; at < each.size(); at += sizeof slice) {
      std::memcpy(&slice, each.data() + at, sizeof slice);
      track.add(slice);
    }
  }
  return all;
}

bool ends_at(const Communicator& ranks, const AtPoint& at_point, const Snapshot& snapshot) {
  std::string verdict = "fails";
  std::exception_ptr error;
  if (ranks.is_first()) try {
      verdict = at_point(snapshot) ? "ends" : "";
    } catch (...) {
      error = std::current_exception();
    }
  verdict = ranks.broadcast_sleeping(verdict);
  ranks.barrier();
  if (error) std::rethrow_exception(error);
  if (verdict == "fails") throw std::runtime_error("rank 0 could not evaluate");
  return !verdict.empty();
}

TiedThread::TiedThread(bool wanted, std::size_t core) : is_tied_(wanted && pin_this_thread(core)) {}

TiedThread::~TiedThread() {
  if (!is_tied_) return;
  const auto& cpus = usable_cpus();
  const auto last = static_cast<std::size_t>(*std::max_element(cpus.begin(), cpus.end()));
  std::vector<cpu_set_t> mask(last / CPU_SETSIZE + 1);
  const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
  for (const int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), bytes, mask.data());
  ::sched_setaffinity(0, bytes, mask.data());
}

std::size_t core_of_rank(const Communicator& ranks, std::size_t first) {
  std::string cores = ranks.host_of(ranks.rank());
  for (const int cpu : usable_cpus()) cores += ' ' + std::to_string(cpu);
  const auto all = ranks.gather(cores);
  const auto at = [&](std::size_t rank) { return all.begin() + static_cast<std::ptrdiff_t>(rank); };
  return static_cast<std::size_t>(
      std::count(at(std::min(first, ranks.rank())), at(ranks.rank()), cores));
}

}  // namespace sgdbench

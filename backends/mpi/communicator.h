// What backends over processes need of MPI beside their own exchanges.
//
// Thread safety: the main thread's alone.
#pragma once

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/real.h"

namespace sgdbench {

/// What went wrong on one rank, and is known to all: it names the rank and its host.
class SharedTrouble : public std::runtime_error {
 public:
  explicit SharedTrouble(const std::string& what, char kind = kOther)
      : std::runtime_error(what), kind_(kind) {}

  /// Throws it as what it was on its rank: UsageError, BadData, MissingData or Interrupted; any
  /// other as itself.
  [[noreturn]] void rethrow_as_it_was() const;
  /// A letter for each of these, which travels.
  static char kind_of(const std::exception& error);

 private:
  static constexpr char kOther = 'o';
  char kind_;
};

/// Some of the job's processes, numbered from 0. A value: copies are the same processes.
class Communicator {
 public:
  /// `host` is the name of each rank's.
  Communicator(MPI_Comm comm, std::vector<std::string> hosts);

  MPI_Comm raw() const { return comm_; }
  std::size_t rank() const { return rank_; }
  std::size_t size() const { return hosts_.size(); }
  bool is_first() const { return rank_ == 0; }
  const std::string& host_of(std::size_t rank) const { return hosts_[rank]; }
  /// How many of them are on this one's host.
  std::size_t ranks_here() const {
    return static_cast<std::size_t>(std::count(hosts_.begin(), hosts_.end(), hosts_[rank_]));
  }
  /// "rank 1 on host b".
  std::string name_of(std::size_t rank) const;

  void barrier() const { MPI_Barrier(comm_); }
  /// Rank 0's values become everybody's.
  void broadcast(std::span<Real> values) const;
  /// Rank 0's text on all ranks. The others sleep meanwhile: it may come in an hour.
  std::string broadcast_sleeping(std::string text) const;
  /// Everybody's text, in the order of ranks, on every rank. Who comes first sleeps.
  std::vector<std::string> gather(const std::string& text) const;

  /// body() on every rank; what it throws on one of them is thrown on all, as the trouble of the
  /// first such rank.
  template <class Body>
  void together(Body body) const {
    std::string trouble;
    try {
      body();
    } catch (const std::exception& error) {
      trouble = SharedTrouble::kind_of(error) + std::string(error.what());  // never empty
    }
    throw_first(trouble);
  }
  /// body() where the others would wait for this rank if it didn't come to its end: what it throws,
  /// unless all know it, ends the job, with a line on stderr.
  template <class Body>
  auto or_end_job(Body body) const {
    try {
      return body();
    } catch (const SharedTrouble&) {
      throw;
    } catch (const std::exception& error) {
      end_job(error.what());
    }
  }

 private:
  [[noreturn]] void end_job(const std::string& why) const;
  void throw_first(const std::string& trouble) const;

  MPI_Comm comm_;
  std::vector<std::string> hosts_;
  std::size_t rank_;
};

/// All processes of the job; place_in_job() has been called, and there are several.
const Communicator& all_ranks();
/// The first `ranks` of them; called by these alone, all together the first time.
const Communicator& first_ranks(std::size_t ranks);

/// Returns when the request is complete; sleeps meanwhile, longer and longer up to `longest`.
void wait_sleeping(MPI_Request& request,
                   std::chrono::microseconds longest = std::chrono::milliseconds(1));
/// Where a run waits, and its clock runs.
inline constexpr std::chrono::microseconds kShortSleep{50};

}  // namespace sgdbench

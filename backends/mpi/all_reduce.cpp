#include "backends/mpi/all_reduce.h"

#include <bit>
#include <cstddef>

#include "backends/mpi/communicator.h"

namespace sgdbench {
namespace {

constexpr int kTag = 1;

/// One all-reduce as one rank sees it.
class AllReducing {
 public:
  AllReducing(std::span<Real> values, std::span<Real> scratch, MPI_Comm comm, bool sleeps)
      : values_(values), scratch_(scratch), comm_(comm), sleeps_(sleeps) {
    MPI_Comm_rank(comm, &rank_);
    MPI_Comm_size(comm, &ranks_);
  }

  /// In step s of the first half, rank r sends chunk r − s and adds what it receives to chunk
  /// r − s − 1; so chunk r + 1 is whole in the end, and goes round.
  void ring() {
    const int next = (rank_ + 1) % ranks_, previous = (rank_ + ranks_ - 1) % ranks_;
    for (int s = 0; s + 1 < ranks_; ++s) {
      const auto mine = chunk(rank_ - s), others = chunk(rank_ - s - 1);
      const auto came = scratch_.first(others.size());
      exchange(mine, next, came, previous);
      add(came, others);
    }
    for (int s = 0; s + 1 < ranks_; ++s)
      exchange(chunk(rank_ + 1 - s), next, chunk(rank_ - s), previous);
  }

  void recursive_doubling() {
    const int most = static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks_)));
    const int partner = rank_ < most ? rank_ + most : rank_ - most;
    if (rank_ >= most) {
      send(values_, partner);
      return receive(values_, partner);
    }
    const bool has_partner = partner < ranks_;
    if (has_partner) receive_and_add(partner);
    for (int bit = 1; bit < most; bit *= 2) {
      exchange(values_, rank_ ^ bit, scratch_, rank_ ^ bit);
      add(scratch_, values_);
    }
    if (has_partner) send(values_, partner);
  }

  /// The parent of a rank is its number without the lowest bit.
  void tree() {
    int bit = 1;
    for (; bit < ranks_ && (rank_ & bit) == 0; bit *= 2)
      if (rank_ + bit < ranks_) receive_and_add(rank_ + bit);
    if (rank_ != 0) {
      send(values_, rank_ - bit);
      receive(values_, rank_ - bit);
    }
    for (bit /= 2; bit > 0; bit /= 2)
      if (rank_ + bit < ranks_) send(values_, rank_ + bit);
  }

  std::uint64_t sent() const { return sent_; }

 private:
  std::span<Real> chunk(int number) const {
    const auto ranks = static_cast<std::size_t>(ranks_);
    const auto c = static_cast<std::size_t>((number + 2 * ranks_) % ranks_), n = values_.size();
    return values_.subspan(c * n / ranks, (c + 1) * n / ranks - c * n / ranks);
  }
  static void add(std::span<const Real> from, std::span<Real> to) {
#pragma omp simd
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
  }
  static int count(std::span<const Real> values) {
    return static_cast<int>(values.size());
  }

  void exchange(std::span<const Real> out, int to, std::span<Real> in, int from) {
    sent_ += out.size_bytes();
    if (!sleeps_) {
      MPI_Sendrecv(out.data(), count(out), MPI_FLOAT, to, kTag, in.data(), count(in), MPI_FLOAT,
                   from, kTag, comm_, MPI_STATUS_IGNORE);
      return;
    }
    MPI_Request requests[2];
    MPI_Irecv(in.data(), count(in), MPI_FLOAT, from, kTag, comm_, &requests[0]);
    MPI_Isend(out.data(), count(out), MPI_FLOAT, to, kTag, comm_, &requests[1]);
    for (MPI_Request& request : requests) wait_sleeping(request, kShortSleep);
  }
  void send(std::span<const Real> out, int to) {
    sent_ += out.size_bytes();
    MPI_Request request;
    MPI_Isend(out.data(), count(out), MPI_FLOAT, to, kTag, comm_, &request);
    wait(request);
  }
  void receive(std::span<Real> in, int from) {
    MPI_Request request;
    MPI_Irecv(in.data(), count(in), MPI_FLOAT, from, kTag, comm_, &request);
    wait(request);
  }
  void wait(MPI_Request& request) const {
    if (sleeps_)
      wait_sleeping(request, kShortSleep);
    else
      MPI_Wait(&request, MPI_STATUS_IGNORE);
  }
  void receive_and_add(int from) {
    receive(scratch_, from);
    add(scratch_, values_);
  }

  std::span<Real> values_, scratch_;
  MPI_Comm comm_;
  bool sleeps_;
  int rank_ = 0, ranks_ = 1;
  std::uint64_t sent_ = 0;
};

}  // namespace

std::uint64_t all_reduce(AllReduce how, std::span<Real> values, std::span<Real> scratch,
                         MPI_Comm comm, bool sleeps) {
  AllReducing exchange(values, scratch.first(values.size()), comm, sleeps);
  switch (how) {
    case AllReduce::ring:
      exchange.ring();
      break;
    case AllReduce::recursive_doubling:
      exchange.recursive_doubling();
      break;
    case AllReduce::tree:
      exchange.tree();
      break;
    default:
      const int n = static_cast<int>(values.size());
      if (!sleeps) {
        MPI_Allreduce(MPI_IN_PLACE, values.data(), n, MPI_FLOAT, MPI_SUM, comm);
        break;
      }
      MPI_Request request;
      MPI_Iallreduce(MPI_IN_PLACE, values.data(), n, MPI_FLOAT, MPI_SUM, comm, &request);
      wait_sleeping(request, kShortSleep);
  }
  return exchange.sent();
}

}  // namespace sgdbench

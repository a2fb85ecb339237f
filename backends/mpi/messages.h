// Messages between servers and workers: one form for all, {kind, version, count, coordinates,
// values}, over point-to-point messages of two ranks.
//
// Invariant: what one rank sends another arrives in the order in which it was sent, so that a last
// message says that there is none behind it; who has had it from everybody may go.
//
// Receives are persistent and posted before the message comes, two buffers for each sender: one is
// kept as long as what is in it is needed, while the other receives. Who waits looks for messages
// of all senders at once (MPI_Testsome, which is fair), for some microseconds without a pause, and
// then sleeps longer and longer: MPI's own waiting would take a core that workers need. But a large
// message moves on only while both ranks look, so that one is announced by a small one in front of
// it, and who sends or awaits it does not sleep.
//
// Thread safety: the main thread's alone.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <exception>
#include <span>
#include <vector>

#include "backends/waiting.h"
#include "workloads/real.h"

namespace sgdbench {

enum class Kind : std::uint32_t {
  // A worker to every server.
  ask,    ///< names the coordinates that it needs for its next work
  push,   ///< what it made of its work, and what its next work is, if it knows
  leave,  ///< its last message; `reason` says why
  // A server to a worker.
  deal,     ///< `task` is its next one; the first server alone says so
  values,   ///< the parameters for its work; `task`, if any, comes behind all that it has
  cancel,   ///< its work of this number is wanted no more
  end,      ///< there is no more work
  stop,     ///< the run ends; `reason` says why
  observe,  ///< all stand still while the first server evaluates
  bye,      ///< the last message
  // The first server to the others: what happens next.
  arrive,  ///< the push of `worker` is taken, and becomes an update now or later
  drop,    ///< the push of `worker` is thrown away
  update,  ///< what is held becomes an update
  serve,   ///< `worker` gets the parameters for its work of this number
  copy,    ///< the parameters are wanted
  finish,  ///< all workers have left
  // And back.
  slice,  ///< the parameters
  // Anybody to anybody, and seen by mailboxes alone.
  announce,  ///< a large message follows
};

/// What stands in front of every message; which members mean something, the kind says.
struct Header {
  static constexpr std::uint64_t kNone = UINT64_MAX;

  Kind kind{};
  std::uint32_t coordinates = 0, values = 0;  ///< how many follow
  std::uint32_t worker = 0;
  std::uint64_t version = 0;
  std::uint64_t number = 0;    ///< of the work that it is about
  std::uint64_t task = kNone;  ///< of the next one
  Nanoseconds waited = 0;      ///< of the time since the push, for the protocol's leave
  std::uint32_t reason = 0;    ///< a Stopped
  bool whole = false;          ///< a push: there is a gradient, or a replica
  bool applies = false;        ///< an arrival: it becomes an update now
  std::uint64_t became = 0;  ///< to a worker: the update that its last push became, or was held for
};
static_assert(sizeof(Header) == 64);

/// A message in somebody's memory.
struct Message {
  Header header;
  std::span<std::uint32_t> coordinates;
  std::span<Real> values;

  static std::size_t bytes(std::size_t coordinates, std::size_t values) {
    return sizeof(Header) + coordinates * sizeof(std::uint32_t) + values * sizeof(Real);
  }
  std::size_t bytes() const { return bytes(coordinates.size(), values.size()); }
};

/// Waits between two looks for messages: not at first, then longer and longer.
class Patience {
 public:
  /// `has_core`: no other rank of this host needs the core that looking takes.
  explicit Patience(bool has_core) : eager_(has_core ? 50'000 : 5'000) {}
  void reset() { begun_ = 0; }
  /// `moves`: a large message is under way.
  void wait(bool moves = false);

 private:
  Nanoseconds eager_, begun_ = 0, pause_ = 0;
};

/// Messages to one rank. A message that is under way keeps its memory.
class Sender {
 public:
  /// `bytes` is what most messages have at most.
  Sender(MPI_Comm comm, int to, std::size_t bytes);
  ~Sender();
  Sender(Sender&&) = default;
  Sender& operator=(Sender&&) = delete;

  /// Memory for the next message, to be filled in before send().
  Message begin(std::size_t coordinates, std::size_t values);
  /// Sends it with this header, whose counts are begin()'s.
  void send(Header header);
  void send_alone(const Header& header) {
    begin(0, 0);
    send(header);
  }
  std::uint64_t sent() const { return sent_; }  ///< bytes
  /// Whether a large message is under way.
  bool is_moving();

 private:
  void announce();

  struct Slot {
    AlignedVector<std::byte> memory;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  static constexpr std::size_t kSlots = 4;

  MPI_Comm comm_;
  int to_;
  std::vector<Slot> slots_;
  std::size_t next_ = 0, large_ = kSlots;  // the latter: of a large message that is under way
  Slot announcement_;
  std::uint32_t coordinates_ = 0, values_ = 0;
  std::uint64_t sent_ = 0;
};

/// Messages from some ranks, which are numbered in the order given.
class Mailbox {
 public:
  /// What becomes of a message that was seen.
  enum class Then {
    done,  ///< its memory is free
    keep,  ///< it stays where it is until the next one that is kept
    last,  ///< this sender sends no more
  };

  Mailbox(MPI_Comm comm, const std::vector<int>& from, std::size_t bytes);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// visit(sender, message) → Then, for each that has come; false: none has. What it throws comes
  /// through when all have been visited, and its message is done.
  template <class Visit>
  bool poll(Visit visit) {
    const int came = test();
    std::exception_ptr first;
    for (int i = 0; i < came; ++i) {
      const auto sender = static_cast<std::size_t>(indices_[static_cast<std::size_t>(i)]);
      const Message seen = message(sender, i);
      Then then = Then::done;
      try {
        if (seen.header.kind != Kind::announce) then = visit(sender, seen);
      } catch (...) {
        if (!first) first = std::current_exception();
      }
      go_on(sender, then);
    }
    if (first) std::rethrow_exception(first);
    return came > 0;
  }
  std::uint64_t received() const { return received_; }  ///< bytes
  /// Whether a large message is under way.
  bool is_moving() const { return announced_ > 0; }

 private:
  struct Box {
    AlignedVector<std::byte> memory[2];
    MPI_Request requests[2];
    std::size_t current = 0;
  };

  int test();
  /// Which has come from this sender, the index-th of those that test() found.
  Message message(std::size_t sender, int index);
  void go_on(std::size_t sender, Then then);

  std::vector<Box> boxes_;
  std::vector<MPI_Request> active_;
  std::vector<int> indices_;
  std::vector<MPI_Status> statuses_;
  std::size_t announced_ = 0;
  std::uint64_t received_ = 0;
};

}  // namespace sgdbench

// The server ranks of a run: the first one decides, all others repeat.
//
// The idea: a protocol decides once. The first server follows it, for its own range of the
// coordinates, as a server among threads does (parameter_server.cpp), and tells the other servers
// what it decided, in order: this push is taken, it becomes an update now, this worker goes on.
// They do the same on theirs, with the same Server, whose protocol says what they are told. So
// every gradient lands whole or nowhere, under every protocol, and the order of updates is the same
// on all ranges.
//
// Real parameter servers (Li et al., OSDI 2014) leave it to each server: a gradient may then be
// too late for one and in time for another, half of a replica be averaged with half of another, and
// an example land in part. That is no protocol of this list, and no count of examples means
// anything under it. What is kept of it is that no server waits to answer: one whose part of
// somebody's push has not come yet gives other workers what it has, where the protocol lets
// gradients be stale. So a worker may read ranges of different versions; how far they are apart is
// reported (`version spread`). τ of a gradient counts the updates of the first server, whose
// versions decide; each server damps a step by the versions of its own range.
//
// A worker reads what it wrote: no server answers it before its own pushes have landed there, or
// are held, so that one worker with any number of servers is sequential SGD.
//
// Thread safety: the main thread's alone.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "backends/mpi/shard.h"

namespace sgdbench {

class Ordered;

/// What a server sent and received in a run, in bytes, and when it last looked at the parameters.
struct ServedOutcome {
  std::uint64_t sent = 0, received = 0;
  Nanoseconds seen = 0;
};

class Coordinator {
 public:
  /// On rank 0.
  Coordinator(const ServedRun& served, std::unique_ptr<Protocol> protocol, WorkQueue& queue);

  /// Until every worker has left and all parameters are in the run's state.
  ServedOutcome serve();

 private:
  struct Client {
    std::uint64_t next = Header::kNone;  ///< its next work, which it knows of
    bool asks = false;                   ///< it may go on once it has said what it needs for that
    std::uint64_t end = 0;               ///< behind the last work of the task that it is in
    std::uint64_t ahead = Header::kNone, ahead_end = 0;  ///< the first of a task behind that
    bool may_go = true, waiting = false, cancelled = false, computes = false, left = false;
    std::uint64_t became = 0;
    Nanoseconds since = 0;  ///< when it had to wait
  };

  bool running() const { return run_.stop.reason() == Stopped::completed; }
  bool finished() const { return server_.landed_work() == queue_.tasks(); }
  bool may_get_more() const {
    return server_.may_return_work() && !finished() && run_.spec.assign == Assign::dynamic;
  }
  void step();
  bool do_what_is_due();
  Mailbox::Then take(std::size_t worker, const Message& message);
  void deliver(std::size_t worker);
  void update();
  void give_back(std::size_t worker);
  void release();
  void make_ready(std::size_t worker);
  void next_turn(std::size_t worker);
  void serve(std::size_t worker);
  void deal(std::size_t worker, const Task& task);
  bool take_ahead(std::size_t worker, Header& header);
  void end(std::size_t worker);
  void stop_all();
  void observe();
  void collect();
  void order(Kind kind, std::size_t worker = 0, std::uint64_t number = 0, bool applies = false);
  Header header_for(std::size_t worker, Kind kind);

  const ServedRun& served_;
  Run& run_;
  WorkQueue& queue_;
  Shard shard_;
  Server& server_;
  Mailbox from_workers_, from_shards_;
  std::vector<Sender> to_shards_;
  std::vector<Client> clients_;
  std::deque<std::size_t> ready_;    ///< whose turn it may be
  std::deque<std::size_t> stalled_;  ///< whose pushes have come
  std::size_t left_ = 0, computing_ = 0;
  bool takes_ahead_ = false, blocks_ = false;
  bool work_returned_ = false, observe_due_ = false, has_stopped_ = false;
  std::uint64_t next_point_ = 0;
  std::uint64_t observed_before_ = 0, observed_after_ = 0;
  Nanoseconds seen_ = 0;  // the last point of the curve
};

/// A server but the first.
class FollowingShard {
 public:
  /// `stand_still` is called where all do, for the first server's evaluation.
  FollowingShard(const ServedRun& served, std::size_t number, const WorkQueue& queue,
                 std::function<void()> stand_still);

  ServedOutcome serve();

 private:
  FollowingShard(const ServedRun& served, std::size_t number, const WorkQueue& queue,
                 std::function<void()> stand_still, std::unique_ptr<Ordered> protocol);
  Mailbox::Then take(std::size_t worker, const Message& message);
  void obey_what_can_be();
  void obey(const Header& order);
  std::size_t next_possible() const;
  bool is_possible(const Header& order) const;
  void send_slice();

  const ServedRun& served_;
  Ordered* const protocol_;  ///< the server's
  Shard shard_;
  std::function<void()> stand_still_;
  Mailbox from_workers_, from_first_;
  Sender to_first_;
  std::deque<Header> orders_;
  std::vector<unsigned char> has_left_;
  std::size_t left_ = 0;
  bool finished_ = false;
};

}  // namespace sgdbench

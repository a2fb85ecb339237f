// Simulated time around a server: the same protocols as on real threads, under a virtual clock.
//
// The model. One event per iteration of a worker: its push arrives at the server. The server's link
// (conditions/link.h) takes arrivals one after the other; when the turn of one is over, it has its
// effect: the server takes the gradient and lets go whom the protocol lets go, each of whom pulls
// at that moment. A worker that is let go alone by its own arrival has its push and its pull in one
// turn; those who are let go together share the link for their pulls, in one turn of all. Then:
//
//   pull latency → the gradient's time → push latency → the next arrival
//
// With an all-reduce by ring or tree there is no link and no latency but its formula's: all are let
// go so long after the last one's arrival.
//
// Invariants: time never runs back; events at one time are taken by the lower worker number; a
// duration is a pure function of seed, worker and number, so that runs under different protocols
// draw the same. Times are doubles made of IEEE operations: multiplying every distribution by a
// power of two multiplies every time by it, exactly.
//
// The first pulls are on the clock, here as on real threads, so that U rounds are U times a round.
//
// Real threads have the same link and latencies (conditions/injector.h). There openmp-sync, which
// has no server, takes what bsp takes here. They differ from this in one thing: a worker that goes
// on alone has its push and its pull in two turns, between which another's message may come.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/conditions/link.h"
#include "backends/protocols/protocol.h"
#include "backends/run.h"
#include "backends/simulator/event_queue.h"
#include "backends/simulator/iterations.h"
#include "backends/simulator/simulation.h"

namespace sgdbench {

/// `Center` is what a server does beside taking time: Learner (real gradients) or Tally (none).
template <class Center>
class Engine {
 public:
  /// Both must outlive this.
  Engine(Run& run, Center& center);

  /// Trains to the end, or until something stops it.
  void run();

  Seconds end() const { return end_; }
  std::uint64_t events() const { return events_; }
  Accounts& accounts() { return accounts_; }
  const Traffic& traffic() const { return traffic_; }
  Seconds link_busy() const { return link_.busy(end_); }

 private:
  bool stopped() const { return run_.stop.reason() != Stopped::completed; }
  void loop();
  Seconds full_gradient(Seconds now);
  void out_of_time();
  void contact(std::uint32_t worker, Seconds arrival);
  Turn<Seconds> turn_of(Seconds arrival, double bytes, Seconds service, bool applies);
  void updated(Turn<Seconds> turn, std::span<const std::uint32_t> cancelled);
  void cut(std::uint32_t worker, Seconds now);
  void let_go(Seconds now);
  bool start(std::uint32_t worker, Seconds now);
  void retire(std::uint32_t worker, Seconds now);
  void wake_idle(Seconds now);
  double count_pull(std::uint32_t worker);
  void go(std::uint32_t worker, Seconds now, Turn<Seconds> pull);

  struct Counts {
    std::uint64_t stream = 0;     ///< of its computing times
    std::uint64_t gradients = 0;  ///< begun
    std::uint64_t iterations = 0;
  };

  Run& run_;
  Center& center_;
  const ProtocolTraits traits_;
  Durations durations_;
  EventQueue queue_;
  Link link_;
  Traffic traffic_;
  bool all_reduces_;
  Seconds all_reduce_time_ = 0;
  Seconds limit_;
  Accounts accounts_;
  std::vector<Counts> counts_;
  std::vector<std::uint32_t> ready_;  // let go, and not yet started
  std::vector<std::uint32_t> started_;
  std::vector<std::uint32_t> idle_;  // let go, and without a task
  std::vector<unsigned char> is_idle_;
  std::uint32_t current_ = 0;     // whose event is being taken
  bool current_goes_on_ = false;  // it has a new one
  bool work_returned_ = false;    // there may be a task for who is idle
  Seconds end_ = 0;               // of the last effect
  std::uint64_t events_ = 0;
};

}  // namespace sgdbench

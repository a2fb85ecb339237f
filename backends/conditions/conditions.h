// What a run is exposed to: how long gradients and messages take beyond what they take by
// themselves. One definition for real threads, which wait so long, and for the simulator, whose
// clock moves on so far.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/conditions/distribution.h"

namespace sgdbench {

/// Workers that are slower than their distribution says, always or sometimes.
///
///   WORKER:FACTOR        this worker's every gradient takes FACTOR times as long
///   random:P:FACTOR      each gradient of any worker does, with probability P
///   periodic:N:FACTOR    every N-th gradient of each worker does: worker w's gradients w mod N,
///                        w mod N + N, …, counted from 0, so that workers take turns
struct Straggler {
  enum class Kind { worker, random, periodic } kind = Kind::worker;
  std::uint64_t which = 0;  ///< the worker, or N
  double probability = 0;
  double factor = 1;  ///< > 0; below 1 is a faster worker
};

/// Several are joined by '+': "0:4+random:0.1:8". Throws UsageError.
std::vector<Straggler> parse_stragglers(std::string_view text);

/// The product of the factors of gradient number `gradient` (from 0) of `worker`.
double slowdown(const std::vector<Straggler>& stragglers, std::uint64_t seed, std::uint64_t worker,
                std::uint64_t gradient);

/// How an injected delay passes on a real thread.
enum class DelayMode {
  sleep,  ///< costs no core
  spin    ///< keeps a core busy
};

/// An immutable value, part of a RunSpec.
struct Conditions {
  Distribution compute_delay;         ///< added to each gradient
  std::vector<Straggler> stragglers;  ///< multiply the time of a gradient, its delay included
  std::string straggler_text;         ///< as written; "" where there are none
  Distribution latency;               ///< of each pull and each push
  double bandwidth = 0;  ///< of the link that all messages share, bytes per second; 0: unlimited
  DelayMode mode = DelayMode::sleep;

  bool delays_compute() const { return !compute_delay.is_zero() || !stragglers.empty(); }
  bool delays_messages() const { return !latency.is_zero() || bandwidth > 0; }
  bool any() const { return delays_compute() || delays_messages(); }
};

/// What a worker's times are drawn for: each purpose is a stream of its own.
enum class Purpose : std::uint64_t { compute = 1, delay, pull, push, service, straggler };

/// The stream of one worker's draws: the same whatever the protocol.
std::uint64_t stream_of(std::uint64_t seed, std::uint64_t worker, Purpose purpose);

/// The time of gradient number `gradient` of `worker`, whose own time is `own`:
/// slowdown · (own + delay).
Seconds compute_time(const Conditions& conditions, std::uint64_t seed, std::uint64_t worker,
                     std::uint64_t gradient, Seconds own);

/// How long a message is under way, beside its turn on the link (link.h). `number` is the worker's
/// gradient that it belongs to.
Seconds message_latency(const Conditions& conditions, std::uint64_t seed, std::uint64_t worker,
                        std::uint64_t number, Purpose purpose);

/// "" if so many workers can have these stragglers, else why not.
std::string why_not_stragglers(const Conditions& conditions, std::size_t workers);

/// Conditions under which a strategy does the same things and waits for a moment only: to check
/// what it computes.
Conditions momentary(const Conditions& conditions);

}  // namespace sgdbench

// One run from start to end, as all strategies share it: the plan of work, the order of examples,
// the parameters, the loss curve, each worker's means and records. What a strategy adds is the loop
// of one worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "backends/clock.h"
#include "backends/conditions/injector.h"
#include "backends/curve.h"
#include "backends/pause.h"
#include "backends/stop.h"
#include "backends/work_plan.h"
#include "workloads/problem.h"
#include "workloads/sample_order.h"

namespace sgdbench {

/// What one worker owns. On cache lines of its own, so that no recording disturbs another worker.
struct alignas(64) Seat {
  std::unique_ptr<Worker> compute;
  std::vector<std::uint32_t> rows;  ///< the row numbers of the current stretch
  WorkerReport report;
  WriteProbe probe;
  std::uint64_t taken = 0;  ///< stretches taken so far

  // Written by one thread at a time (this worker, or whoever holds the server's lock) and read by
  // others who only watch: relaxed, a stale count is a count of a moment ago.
  alignas(64) std::atomic<std::uint64_t> updates{0};
  std::atomic<std::uint64_t> examples{0};

  bool recording = true;   ///< RunSpec::recording
  std::size_t number = 0;  ///< of this worker
  Pause* pause = nullptr;  ///< where workers may be asked to stand still
  Injector injector;       ///< makes gradients and messages as slow as the run's conditions say

  void reset(const RunSpec& spec, std::size_t worker, Pause* shared_pause, StopControl& stop);
  Nanoseconds time() const { return pause ? pause->clock() : now(); }
  /// Begins a phase. Whoever waits stands still; whoever goes on may have to.
  void enter(Phase phase) {
    if (recording) switch_to(phase);
  }
  /// Injector::fetch() and push(), on the phase communicate; the phase afterwards is `next`.
  bool fetch(std::uint64_t bytes, Phase next) {
    return message(next, [&] { return injector.fetch(bytes); });
  }
  bool push(std::uint64_t bytes, Phase next) {
    return message(next, [&] { return injector.push(bytes); });
  }
  /// The rest of the run is waiting for the others.
  void finish() { switch_to(Phase::wait); }
  /// `count` updates landed with this staleness.
  void note_staleness(std::uint64_t tau, std::uint64_t count = 1) {
    if (recording) report.staleness.add(tau, count);
  }

 private:
  template <class Wait>
  bool message(Phase next, Wait wait) {
    if (!injector.delays_messages()) return true;
    enter(Phase::communicate);
    const bool whole = wait();
    enter(next);
    return whole;
  }
  void switch_to(Phase phase) {
    if (pause && phase == Phase::wait) pause->idle(number);
    if (pause && phase != Phase::wait) pause->busy(number);
    report.time.enter(phase, time());
  }
};

/// What a direction takes up in a message: values, and their places where not all are there.
inline std::uint64_t message_bytes(const Direction& direction) {
  return direction.everywhere ? direction.values.size_bytes()
                              : direction.support.size() * (sizeof(Real) + sizeof(std::uint32_t));
}

/// How a strategy cuts its work.
struct Cut {
  std::size_t batch = 1;   ///< examples of one update
  std::size_t length = 1;  ///< updates that a worker makes before it asks for more
};

/// Where nothing else is asked for, a curve has a point for every epoch, and at most so many.
inline constexpr std::size_t kUsualPoints = 100;

/// Inner points and end of the curve of a run over `planned` examples: what the spec asks for, or
/// one for every epoch begun.
std::size_t curve_points(const RunSpec& spec, std::uint64_t planned, std::size_t examples);

/// Examples from one point of that curve to the next, at the least.
std::uint64_t curve_distance(const RunSpec& spec, std::uint64_t planned, std::size_t examples);

/// Thread safety: each seat belongs to one worker; the rest is immutable during the run, or
/// synchronised as its class says, or (state) owned as the strategy says.
class Course {
 public:
  /// `at_point` as in Backend::run(); it must outlive the course.
  Course(const Problem& problem, const RunSpec& spec, Cut cut, const std::atomic<bool>& interrupt,
         const AtPoint& at_point, std::vector<Seat>& seats);

  const Problem& problem;
  const RunSpec& spec;
  const WorkPlan plan;
  const SampleOrder order;
  const std::unique_ptr<Pause> pause;  ///< null where points are copied on the way
  StopControl stop;
  CurveRecorder curve;
  std::vector<Seat>& seats;
  AlignedVector<Real> state;  ///< [w | state of the rule]
  Nanoseconds start = 0;      ///< set by begin(), before any worker's loop

  /// Starts the clock of the run and of every worker.
  void begin(Nanoseconds now);

  std::span<Real> w() { return std::span(state).first(problem.parameters()); }

  /// Takes the next stretch for `worker`; false when the work is done or the run must stop.
  bool take(std::size_t worker, Stretch& stretch);
  /// Takes the next round for a worker that takes part in every one of them; false as above.
  bool take_round(Seat& seat, Stretch& round);
  /// The rows of a stretch, in the seat's own memory.
  std::span<const std::uint32_t> rows(Seat& seat, const Stretch& stretch) const;

  /// The step size of update t in an epoch, damped for its staleness.
  Real step(std::uint64_t epoch, std::uint64_t update, std::uint64_t staleness = 0) const {
    return spec.step.during(epoch).at(update) * spec.step.damping(staleness);
  }

  /// Where the finished stretch crosses a point of the curve: copies w on the observe phase, or
  /// evaluates it in a pause, and stops the run if w is no longer finite or the pause found that it
  /// should. The phase afterwards is `next`.
  void observe(Seat& seat, const Stretch& done, std::span<const Real> w, Access access,
               Phase next = Phase::compute);
  bool crosses(const Stretch& done) const { return point_of(done) != 0; }

  std::uint64_t updates_now() const;  ///< over all workers, a moment ago
  std::uint64_t examples_now() const;

 private:
  std::size_t point_of(const Stretch& done) const;
  void record(std::size_t point, Nanoseconds time, std::span<const Real> w, Access access);

  const AtPoint& at_point_;
  alignas(64) std::atomic<std::uint64_t> next_{0};
};

}  // namespace sgdbench

#include "backends/run.h"

#include <algorithm>

namespace sgdbench {

void WorkerContext::reset(const RunSpec& spec, std::size_t worker, Pause* shared_pause,
                          StopControl& stop, SharedLink& link) {
  recording = spec.recording;
  number = worker;
  pause = shared_pause;
  staleness = nullptr;
  report = {};
  if (compute) {  // not while it is timed
    report.staleness.reserve();
    track = Track(spec.recording ? spec.timeline_slices : 0);
  }
  probe = {};
  contacts_ = {};
  taken = 0;
  if (compute) injector.reset(spec.conditions, spec.seed, worker, shared_pause, stop, link);
  updates.store(0, std::memory_order_relaxed);
  examples.store(0, std::memory_order_relaxed);
}

std::size_t curve_points(const RunSpec& spec, std::uint64_t planned, std::size_t examples) {
  if (!spec.recording) return 1;
  if (spec.evaluations != 0) return spec.evaluations;
  const std::uint64_t epochs = (planned + examples - 1) / examples;
  if (!spec.to_target) return std::min<std::uint64_t>(kUsualPoints, epochs);
  // No more than kUsualPoints epochs, so that the product is no more than a number can hold.
  return std::clamp<std::uint64_t>(
      kPerEpochToTarget * std::min<std::uint64_t>(kUsualPoints, epochs), kFewestToTarget,
      kUsualPoints);
}

namespace {

/// The spec's step size, for a run whose plan is `plan` or, of a longer one, a part.
StepSize planned_step(const RunSpec& spec, const Partition& partition, std::size_t n,
                      const WorkPlan& plan) {
  StepSize step = spec.step;
  step.workers = spec.workers;
  step.horizon = spec.whole_epochs == 0
                     ? plan.updates()
                     : WorkPlan(n, partition.batch, partition.length, spec.whole_epochs,
                                spec.whole_updates, partition.limit)
                           .updates();
  step.average_from = updates_before_average(spec.rule.average, step.horizon);
  return step;
}

}  // namespace

Run::Run(const Problem& problem_, const Rule& rule_, const RunSpec& spec_, Partition partition,
         const std::atomic<bool>& interrupt, const AtPoint& at_point,
         std::vector<WorkerContext>& contexts_)
    : problem(problem_),
      rule(rule_),
      spec(spec_),
      plan(problem_.examples(), partition.batch, partition.length, spec_.epochs, spec_.updates,
           partition.limit, rule_.full_gradients(spec_.seed)),
      order(problem_.examples(), spec_.epochs,
            problem_.parameters() == 0 ? Shuffle{Shuffle::Kind::none} : spec_.shuffle, spec_.seed),
      pause(at_point && spec_.recording ? std::make_unique<Pause>(contexts_.size()) : nullptr),
      stop(interrupt, spec_.max_seconds, pause.get()),
      link(LinkSpeed(1, spec_.conditions.bandwidth)),
      curve(problem_.parameters(), plan.examples(),
            {curve_points(spec_, plan.examples(), problem_.examples()), spec_.spacing,
             pause == nullptr}),
      contexts(contexts_),
      step_size(planned_step(spec_, partition, problem_.examples(), plan)),
      state(rule_.state_size()),
      makes_full_gradients_(rule_.full_gradients(spec_.seed) != nullptr),
      blocks_are_updates_(partition.limit == WorkPlan::Limit::blocks),
      at_point_(at_point) {
  problem.initialise(w(), spec.seed);
  for (std::size_t worker = 0; worker < contexts.size(); ++worker) {
    WorkerContext& context = contexts[worker];
    // A round is longer than what one worker takes of it: that is a mini-batch of its own.
    const std::size_t most = std::min(problem.examples(), spec.batch * partition.length);
    if (context.compute) context.rows.resize(std::max(context.rows.size(), most));
    context.reset(spec, worker, pause.get(), stop, link);
  }
}

void Run::begin(Nanoseconds now) {
  start = now;
  stop.start(now);
  for (auto& context : contexts) {
    context.report.time.start(now);
    context.track.start(now);
  }
}

void Run::fail(std::exception_ptr error) {
  stop.stop(Stopped::failed);
  const std::lock_guard lock(observing_);
  if (!error_) error_ = std::move(error);
}

void Run::keep_server_track() {
  if (spec.recording) server_track = Track(server_slices(contexts.size(), spec.timeline_slices));
}

void Run::note_apply(const WorkerContext& context, Nanoseconds begun, std::uint64_t update,
                     std::uint64_t staleness) {
  if (!server_track.records()) return;
  server_track.add({.begin = begun - start,
                    .end = context.time() - start,
                    .activity = Activity::apply,
                    .update = update,
                    .staleness = staleness});
}

bool Run::take(std::size_t worker, Block& block) {
  WorkerContext& context = contexts[worker];
  if (!may_go_on(worker)) return false;
  const std::uint64_t k = spec.assign == Assign::dynamic
                              ? next_.fetch_add(1, std::memory_order_relaxed)
                              : context.taken * contexts.size() + worker;
  if (k >= plan.blocks()) return false;
  ++context.taken;
  block = plan.block(k);
  return true;
}

bool Run::open_next() {
  if (!plan.open_next()) return false;
  next_.store(plan.first_block(), std::memory_order_relaxed);
  return true;
}

bool Run::next_part(Block& rest, Block& part, std::uint64_t longest) const {
  const std::uint64_t left = rest.end - rest.begin;
  if (left == 0 || stop.reason() != Stopped::completed) return false;
  part = rest;
  const std::uint64_t before = rest.examples_after - left;
  const std::uint64_t to_point = std::min(longest, curve.next_after(before) - before);
  if (to_point < left && !blocks_are_updates_) {
    const std::uint64_t steps = (to_point + rest.batch - 1) / rest.batch;
    part.end = part.begin + steps * rest.batch;
    part.examples_after = before + steps * rest.batch;
    rest.first_update += steps;
  }
  rest.begin = part.end;
  return true;
}

bool Run::take_rounds(WorkerContext& context, Block& rest, Block& rounds) {
  if (stop.should_stop()) return false;
  if (rest.begin == rest.end && context.taken < plan.blocks()) rest = plan.block(context.taken++);
  return next_part(rest, rounds);
}

std::span<const std::uint32_t> Run::rows(WorkerContext& context, const Block& block) const {
  return order.rows(block.epoch, block.begin, block.end,
                    std::span(context.rows).first(block.end - block.begin));
}

void Run::observe(WorkerContext& context, std::uint64_t before, std::uint64_t after,
                  std::span<const Real> w_now, Access access, Activity next) {
  observe(context, before, after, access, next, [&] { return view(w_now); });
}

void Run::observe_at(Nanoseconds time, std::uint64_t before, std::uint64_t after) {
  const std::size_t point = curve.crossed(before, after);
  if (point == 0) return;
  if (at_point_ && spec.recording)
    show(point, time, view(w()), Access::exclusive);
  else
    record(point, time, view(w()), Access::exclusive);
}

/// Lets the point be evaluated now, while nobody changes w.
void Run::show(std::size_t point, Nanoseconds time, const View& shown, Access access) {
  record(point, time, shown, access);
  if (stop.reason() != Stopped::completed) return;  // not finite: a copy for afterwards
  if (at_point_(curve.at(point))) stop.stop(Stopped::target);
  curve.forget(point);
}

void Run::record(std::size_t point, Nanoseconds time, const View& shown, Access access) {
  if (!curve.record(point, time, shown.updates, shown.examples, shown.w, access))
    stop.stop(Stopped::not_finite);
  if (const Real* const u = rule.average(shown.w.data());
      u != nullptr && shown.updates > step_size.average_from)
    curve.average(point, u, shown.updates - step_size.average_from, access);
  if (access == Access::exclusive) return;
  // What landed while parameters without versions were copied may be in the copy: it counts.
  // Acquire: who counts what lands before it lands (downpour) is not seen the other way round.
  std::atomic_thread_fence(std::memory_order_acquire);
  curve.recount(point, updates_now(), examples_now());
}

std::uint64_t Run::updates_now() const {
  std::uint64_t sum = 0;
  for (const auto& context : contexts) sum += context.updates.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t Run::examples_now() const {
  std::uint64_t sum = 0;
  for (const auto& context : contexts) sum += context.examples.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace sgdbench

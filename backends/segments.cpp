#include "backends/segments.h"

#include <algorithm>
#include <numeric>

#include "backends/topology.h"

namespace sgdbench {

Segments::Segments(std::size_t workers)
    : barrier_(workers, workers <= usable_cpus().size()),
      sums_(workers),
      views_(workers),
      rows_(workers) {}

void Segments::open() {
  barrier_.reset();
  is_cut_short_.store(false, std::memory_order_relaxed);
}

void Segments::reserve(const Run& run, std::size_t me) {
  sums_[me].assign(run.problem.parameters(), Real(0));
  views_[me] = sums_[me];
  rows_[me].resize(std::min(run.spec.batch, run.problem.examples()));
}

void Segments::train_segments(Run& run, std::size_t me, const std::function<void()>& train,
                              const std::function<void()>& reopen) {
  WorkerContext& context = run.contexts[me];
  while (full_gradient(run, me)) {
    train();
    if (!meet(context, me)) break;
    if (me == 0) {
      goes_on_ = run.stop.reason() == Stopped::completed && run.open_next();
      if (goes_on_) reopen();
    }
    if (!meet(context, me) || !goes_on_) break;
  }
  // Some may learn of a failure at one meeting and some at the next: nobody waits for the former.
  if (barrier_.is_left()) barrier_.leave(me);
  context.finish();
}

/// The time until the last worker arrives is waiting. False where one has failed.
bool Segments::meet(WorkerContext& context, std::size_t me) {
  if (sums_.size() == 1) return true;
  if (!barrier_.arrive(me)) {
    context.enter(Phase::wait);
    barrier_.wait(me);
  }
  context.enter(Phase::compute);
  return !barrier_.is_left();
}

/// False where the run ends in it: then nothing of it lands.
bool Segments::full_gradient(Run& run, std::size_t me) {
  WorkerContext& context = run.contexts[me];
  context.enter(Phase::compute);
  const Nanoseconds begun = context.time();
  context.compute->difference_from({});
  add_share(run, me);
  bool whole = meet(context, me) && !is_cut_short_.load(std::memory_order_relaxed);
  if (whole) {
    const std::size_t n = run.problem.parameters(), workers = sums_.size();
    const std::size_t slice = padded_to_line((n + workers - 1) / workers);
    const std::size_t begin = std::min(n, me * slice), end = std::min(n, begin + slice);
    run.rule.take_full_gradient(run.state, views_, begin, end);
    whole = meet(context, me) && context.pull(n * sizeof(Real), Activity::compute);
    context.compute->difference_from(run.rule.anchor(run.state));
  }
  std::fill(sums_[me].begin(), sums_[me].end(), Real(0));
  context.report.full_gradient += context.time() - begun;
  return whole;
}

void Segments::add_share(Run& run, std::size_t me) {
  const std::size_t n = run.problem.examples(), workers = sums_.size();
  WorkerContext& context = run.contexts[me];
  const std::uint64_t bytes = sums_[me].size() * sizeof(Real);
  const bool added =
      add_gradients(run, context, me * n / workers, (me + 1) * n / workers, rows_[me], sums_[me]);
  if (!added || !context.push(bytes, Activity::compute))
    is_cut_short_.store(true, std::memory_order_relaxed);
}

namespace {

void add(const GradientSum& gradient_sum, std::span<Real> sum) {
  if (gradient_sum.dense)
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += gradient_sum.values[i];
  else
    for (std::size_t k = 0; k < gradient_sum.support.size(); ++k) {
      const std::uint32_t i = gradient_sum.support[k];
      sum[i] += gradient_sum.values[gradient_sum.packed ? k : i];
    }
}

}  // namespace

bool add_gradients(Run& run, WorkerContext& context, std::size_t begin, std::size_t end,
                   std::span<std::uint32_t> rows, std::span<Real> sum) {
  for (std::size_t first = begin; first < end;) {
    const auto mini_batch = rows.first(std::min(rows.size(), end - first));
    std::iota(mini_batch.begin(), mini_batch.end(), static_cast<std::uint32_t>(first));
    const bool passed = context.injector.gradient([&] {
      context.compute->prepare(mini_batch);
      context.compute->compute_from(run.w());
    });
    if (!passed || run.stop.should_stop()) return false;
    const GradientSum gradient_sum = context.compute->gradient_sum();
    run.rule.remember_all(run.state, gradient_sum);
    add(gradient_sum, sum);
    context.report.full_gradient_examples += mini_batch.size();
    first += mini_batch.size();
  }
  return true;
}

}  // namespace sgdbench

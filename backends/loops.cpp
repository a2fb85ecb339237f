#include "backends/loops.h"

#include <algorithm>

namespace sgdbench {
namespace {

constexpr std::size_t kShortestBlock = 128, kLongestBlock = 2048;  // examples of a block
/// Blocks that each of several workers takes at least, where they are longer than kShortestBlock:
/// so much of its time is the most that it may wait for the others at the end.
constexpr std::size_t kBlocksOfWorker = 128;

}  // namespace

Partition in_blocks_of(const RunSpec& spec, std::size_t longest) {
  return {spec.batch, std::max<std::size_t>(1, longest / spec.batch)};
}

Partition in_place_partition(const RunSpec& spec, std::size_t examples) {
  if (spec.workers == 1) return in_blocks_of(spec, kLongestBlock);
  double planned = static_cast<double>(examples) * static_cast<double>(spec.epochs);
  if (spec.updates != 0)
    planned =
        std::min(planned, static_cast<double>(spec.updates) * static_cast<double>(spec.batch));
  const double share = planned / static_cast<double>(spec.workers * kBlocksOfWorker);
  return in_blocks_of(spec, static_cast<std::size_t>(
                                std::clamp(share, double{kShortestBlock}, double{kLongestBlock})));
}

std::uint64_t train_replica(const Run& run, WorkerContext& context, const Task& task,
                            std::span<Real> replica) {
  std::atomic<std::uint64_t> made{0};
  for (std::size_t k = 0; k < task.steps; ++k) {
    Block step = task.step(k);
    if (step.begin == step.end) continue;
    step.batch = step.end - step.begin;
    context.compute->run_in_place(
        replica, in_place(run, step, run.rows(context, step), Access::exclusive, made));
    context.report.computed += step.batch;
  }
  return made.load(std::memory_order_relaxed);
}

void train_alone(Run& run, WorkerContext& context) {
  const auto made = context.updates.load(std::memory_order_relaxed);
  AlignedVector<Real> before;  // where the end of the run may come before a part's time has passed
  train_blocks(run, context, Access::exclusive, [&](const Block& part, const auto& rows) {
    if (run.spec.conditions.any()) before = run.state;
    const std::uint64_t examples = part.end - part.begin;
    context.report.computed += examples;
    const bool whole = context.injector.gradients(part.updates() * run.rule.evaluations(), [&] {
      context.compute->run_in_place(run.state,
                                    in_place(run, part, rows, Access::exclusive, context.updates));
    });
    if (whole) return context.note_examples(examples);
    run.state = before;
    context.report.dropped += examples;
    context.updates.store(context.updates.load(std::memory_order_relaxed) - part.updates(),
                          std::memory_order_relaxed);
  });
  const auto updates = context.updates.load(std::memory_order_relaxed);
  context.note_staleness(0, updates - made);
  context.report.last_update = updates;
}

}  // namespace sgdbench

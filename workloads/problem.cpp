#include "workloads/problem.h"

#include <algorithm>
#include <vector>

namespace sgdbench {
namespace {

/// Fixed, so that the order of summation is too.
constexpr std::size_t kChunk = 1024;

double squared_norm(std::span<const Real> w) {
  double sum = 0;
  for (const Real x : w) sum += static_cast<double>(x) * x;
  return sum;
}

}  // namespace

Evaluation evaluate(const Problem& problem, std::span<const Real> w, Part part,
                    const ParallelFor& parallel) {
  const std::size_t n = problem.rows(part);
  std::vector<RowSums> chunks((n + kChunk - 1) / kChunk);
  parallel(chunks.size(), [&](std::size_t k) {
    chunks[k] = problem.sum_rows(w, part, k * kChunk, std::min(n, (k + 1) * kChunk));
  });
  RowSums total;
  for (const RowSums& chunk : chunks) {
    total.loss += chunk.loss;
    total.correct += chunk.correct;
  }
  Evaluation result;
  const double rows = static_cast<double>(std::max<std::size_t>(1, n));
  result.loss = total.loss / rows;
  if (part == Part::train)
    result.loss += problem.l2() / 2 * squared_norm(w.first(problem.regularised()));
  if (problem.classifies()) result.accuracy = static_cast<double>(total.correct) / rows;
  return result;
}

}  // namespace sgdbench

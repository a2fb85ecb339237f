#include "workloads/problem.h"

#include <algorithm>
#include <vector>

#include "workloads/worker_base.h"

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

namespace {

constexpr std::size_t kExamples = 1'000'000'000'000;

class NoWorker final : public WorkerBase {
 public:
  NoWorker(const WorkerOptions& options, std::size_t bytes) : WorkerBase(options), bytes_(bytes) {}
  void prepare(std::span<const std::uint32_t> rows) override { next_ = rows.size(); }
  void read(std::span<const Real>, Access) override { examples_ = next_; }
  void compute() override {}
  void compute_from(std::span<const Real>) override { examples_ = next_; }
  GradientSum gradient_sum() const override {
    GradientSum gradient_sum;
    gradient_sum.dense = true;
    gradient_sum.examples = examples_;
    return gradient_sum;
  }
  std::size_t read_bytes() const override { return bytes_; }
  std::size_t gradient_bytes() const override { return bytes_; }

 private:
  std::size_t bytes_, next_ = 0, examples_ = 0;
};

class Nothing final : public Problem {
 public:
  explicit Nothing(std::size_t message_parameters) : bytes_(message_parameters * sizeof(Real)) {}

  std::size_t examples() const override { return kExamples; }
  std::size_t parameters() const override { return 0; }
  double l2() const override { return 0; }
  bool has_test() const override { return false; }
  bool classifies() const override { return false; }
  void initialise(std::span<Real>, std::uint64_t) const override {}
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override {
    return std::make_unique<NoWorker>(options, bytes_);
  }
  RowSums sum_rows(std::span<const Real>, Part, std::size_t, std::size_t) const override {
    return {};
  }
  std::size_t rows(Part) const override { return 0; }
  std::size_t suggested_batch() const override { return 1; }
  double suggested_step(std::size_t) const override { return 1; }
  void reference_gradient(std::span<const double>, std::span<const std::uint32_t>,
                          std::span<double>) const override {}
  double reference_loss(std::span<const double>, std::span<const std::uint32_t>) const override {
    return 0;
  }

 private:
  std::size_t bytes_;
};

}  // namespace

double automatic_step(const Problem& problem, const RuleSpec& rule, std::size_t averaged,
                      const std::function<double(std::size_t)>& sgd_step) {
  const std::size_t n = problem.examples();
  const Estimate estimate = rule_entry(rule.name).estimate;
  if (estimate != Estimate::saga && estimate != Estimate::svrg)
    return automatic_step(rule, averaged, n, sgd_step);
  const double of_loss = automatic_step(
      rule, averaged, n, [&](std::size_t b) { return problem.suggested_step_of_loss(b); });
  return std::min(of_loss, 2 * sgd_step(averaged));
}

std::unique_ptr<Problem> make_nothing(std::size_t message_parameters) {
  return std::make_unique<Nothing>(message_parameters);
}

}  // namespace sgdbench

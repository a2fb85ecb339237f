// The contract between what is trained (workloads) and how (backends).
//
// A Problem is an objective over a data set:  f(w) = 1/n ∑ᵢ ℓᵢ(w) + λ/2·‖w‖², where an intercept,
// which is part of w, stays out of the norm.
// A Worker is one thread's (or process's) means of computing its gradients; it owns all scratch
// memory, so nothing is allocated while training is timed. A backend decides which version of the
// parameters a Worker reads and when its update lands, in one of two ways:
//
//   in place:                 run_in_place() updates the shared parameters as it goes.
//   read → compute → commit:  prepare(rows)  notes which coordinates the mini-batch touches,
//                             read(w)        copies those to a private frozen copy (of a single
//                                            sparse row it takes ⟨w, x⟩ on the way),
//                             compute()      makes the gradient sum from that copy, or of a single
//                                            row the number that the row is multiplied by,
//                             gradient_sum() is then applied by the owner (rules/rule.h),
//                                            or commit() does it, where it lands alone.
//                             compute_from(w) skips the copy when w stays frozen by agreement.
//                             Where w is elsewhere, the values of wanted() are pulled from there,
//                             and accept() takes them in the place of read().
//
// Calls are made per block of examples; loops over examples are below them, free of virtual calls.
// On sparse data the regulariser is estimated on the support: example i adds λ·w_v/d_v for each of
// its coordinates v, d_v being the fraction of examples that contain v. Its mean over all examples
// is λw exactly (Recht et al. 2011), and no dense pass is needed. An intercept is in the support of
// every mini-batch, and its λ is 0.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "workloads/parallel.h"
#include "workloads/real.h"
#include "workloads/rules/rule.h"
#include "workloads/step_size.h"

namespace sgdbench {

struct DenseKernels;

struct WorkerOptions {
  /// For updates in place and commit(); null: it makes gradients only. It outlives the worker.
  const Rule* rule = nullptr;
  std::size_t max_batch = 1;  ///< no mini-batch that this worker is given is longer
  const DenseKernels* kernels = nullptr;
  Team team = {};  ///< threads for what is inside of one step
  /// GradientSum::read stands beside what is made by read() or accept(), and compute().
  bool keeps_read = false;
};

/// A run of consecutive mini-batches for one worker to make in place.
struct InPlaceRun {
  std::span<const std::uint32_t> rows;  ///< example numbers, mini-batch after mini-batch
  std::size_t batch = 1;                ///< rows per update; the last one may be shorter
  std::uint64_t first_update = 0;       ///< t of the first update, for the step size
  EpochStep step;
  Access access = Access::exclusive;
  /// This worker's own count of updates made, raised after each one so that others can watch
  /// (relaxed: a watcher that sees an old count sees a slightly older run, which is all it
  /// samples). Never null.
  std::atomic<std::uint64_t>* applied = nullptr;
  WriteProbe* probe = nullptr;  ///< when not null and access is racy_store: watch for lost writes
  /// So many example numbers lie behind `rows` in memory: those that the worker will train on next,
  /// worth asking for in advance.
  std::size_t ahead = 0;

  std::span<const std::uint32_t> rows_and_ahead() const {
    return {rows.data(), rows.size() + ahead};
  }
};

/// Thread safety: one thread at a time per Worker; different Workers of a Problem at once.
class Worker {
 public:
  virtual ~Worker() = default;

  /// Makes ⌈rows/batch⌉ updates of `state` = [w | rule's state] in place.
  virtual void run_in_place(std::span<Real> state, const InPlaceRun& run) = 0;

  /// Names the next mini-batch. May be called while the current gradient_sum() still waits to be
  /// applied: it does not disturb it. `rows` must stay valid until compute() is done.
  virtual void prepare(std::span<const std::uint32_t> rows) = 0;
  /// Makes the prepared mini-batch current and copies what it needs of w. Invalidates
  /// gradient_sum().
  virtual void read(std::span<const Real> w, Access access) = 0;
  /// The coordinates whose values read() copies for the prepared mini-batch; nothing: all of them.
  virtual std::optional<std::span<const std::uint32_t>> wanted() const { return {}; }
  /// read() of values that came from elsewhere: those of wanted(), in its order.
  virtual void accept(std::span<const Real> values) { read(values, Access::exclusive); }
  /// The current mini-batch's gradient sum, at the copy; once for each read(), which it may use up.
  virtual void compute() = 0;
  /// Makes the prepared mini-batch current and computes its gradient sum at w itself, which nobody
  /// changes meanwhile.
  virtual void compute_from(std::span<const Real> w) = 0;
  virtual GradientSum gradient_sum() const = 0;
  /// Gradient sums are ∑ᵢ (∇fᵢ(w) − ∇fᵢ(a)) from the next read() or compute_from() on, a being
  /// these parameters as they are then, in this memory; empty, as at first: ∑ᵢ ∇fᵢ(w). For a rule
  /// that lands such differences (Rule::anchor()); run_in_place() makes them by itself.
  virtual void difference_from(std::span<const Real>) {}
  /// Applies the current gradient sum, alone, to all of `state` = [w | rule's state], which nobody
  /// else touches now: as the rule would, but for a rounding. Step γ.
  virtual void commit(std::span<Real> state, UpdateStep step) const = 0;

  /// Bytes that the last read() copied.
  virtual std::size_t read_bytes() const = 0;
  /// Bytes of the current gradient sum as a message.
  virtual std::size_t gradient_bytes() const { return gradient_sum().bytes(); }
};

enum class Part { train, test };

/// Mean loss (training: with the regulariser) and, for classifiers, the share classified right.
struct Evaluation {
  double loss = 0;
  std::optional<double> accuracy;
};

/// Sums over a range of rows.
struct RowSums {
  double loss = 0;
  std::uint64_t correct = 0;
};

/// Thread safety: immutable once made; any number of threads may use it.
class Problem {
 public:
  virtual ~Problem() = default;

  virtual std::size_t examples() const = 0;    ///< n, of the training part
  virtual std::size_t parameters() const = 0;  ///< length of w
  /// How many of them λ covers: the first ones. Behind them lie a linear model's intercepts.
  virtual std::size_t regularised() const { return parameters(); }
  virtual double l2() const = 0;  ///< λ
  virtual bool has_test() const = 0;
  virtual bool classifies() const = 0;                       ///< accuracy has a meaning
  virtual bool uses_dense_kernels() const { return false; }  ///< WorkerOptions::kernels matters

  /// w before training: zeros for linear models, He initialisation for networks.
  virtual void initialise(std::span<Real> w, std::uint64_t seed) const = 0;

  virtual std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const = 0;
  /// The rule for this problem's gradients and parameters; the problem must outlive it.
  std::unique_ptr<const Rule> make_rule(const RuleSpec& spec) const {
    return sgdbench::make_rule(spec, rule_input());
  }
  /// "" if there is such a rule for it, else why not.
  std::string why_no_rule(const RuleSpec& spec) const {
    return sgdbench::why_no_rule(spec, rule_input());
  }
  /// What rules may know of it.
  virtual RuleInput rule_input() const { return {parameters(), examples()}; }

  /// ∑ ℓᵢ (without the regulariser) and correct answers over rows [begin, end), in double.
  virtual RowSums sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                           std::size_t end) const = 0;
  virtual std::size_t rows(Part part) const = 0;

  /// The mini-batch to use where none is asked for.
  virtual std::size_t suggested_batch() const = 0;
  /// A good step size γ₀ for sgd with this mini-batch; a starting point, not an optimum.
  virtual double suggested_step(std::size_t batch) const = 0;
  /// The same for the loss with λ·w, without what the estimate of λ·w from rows adds to the largest
  /// slope of a gradient: for rules whose gradients of the loss alone are noisy.
  virtual double suggested_step_of_loss(std::size_t batch) const { return suggested_step(batch); }
  /// The schedule to use where none is asked for, as parse_schedule() reads it.
  virtual std::string_view suggested_schedule() const { return "constant"; }

  /// ∇f's naive reference at w over the given rows, in double: the mean over the rows, with the
  /// same regulariser estimate as the workers (see reference.h).
  virtual void reference_gradient(std::span<const double> w, std::span<const std::uint32_t> rows,
                                  std::span<double> gradient) const = 0;
  /// The mean over the rows of Dᵢz, which stands for z in an estimate from these rows: its
  /// coordinates v on a sparse row i, divided by the share of rows that have them; z itself of
  /// dense rows.
  virtual void reference_spread(std::span<const double> z, std::span<const std::uint32_t>,
                                std::span<double> spread) const {
    std::copy(z.begin(), z.end(), spread.begin());
  }
  /// Its loss: the function whose gradient reference_gradient() is, for finite differences.
  virtual double reference_loss(std::span<const double> w,
                                std::span<const std::uint32_t> rows) const = 0;
};

/// f(w), or the mean test loss and accuracy. Rows are summed in fixed chunks in a fixed order: the
/// result does not depend on the number of threads.
Evaluation evaluate(const Problem& problem, std::span<const Real> w, Part part,
                    const ParallelFor& parallel);

/// The step that a rule is given on this problem where nobody says one and an update averages so
/// many examples; sgd_step(b) is suggested_step(b). Where remembered gradients are taken from those
/// of the loss it is 1/(3L), with L, the largest slope of an example's gradient, that of the loss
/// and λ: what their estimate of λ·w adds to a gradient, nobody remembers. With that, too, it is at
/// most 1/L. Of all others as automatic_step() says for the rule.
double automatic_step(const Problem& problem, const RuleSpec& rule, std::size_t averaged,
                      const std::function<double(std::size_t)>& sgd_step);

/// A problem without data, parameters and gradients: what is left of a run is its coordination. It
/// has so many examples that no study comes to the end of an epoch, and every mini-batch is full.
/// Its messages have the size of those of a model with so many parameters.
std::unique_ptr<Problem> make_nothing(std::size_t message_parameters);

}  // namespace sgdbench

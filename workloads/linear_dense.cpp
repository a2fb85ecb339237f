// Linear models on dense rows.
//
// Mini-batches are taken a few rows at a time: their margins, then their slopes (a loop over the
// loss, which vectorises), then their sum. One example in place:
//
//   s = ℓ′(⟨w, x⟩ + b, y),    w ← w − γ·(s·x + λ·w),    b ← b − γ·s
//
// An intercept b is known to the compiler: without one, rows cost nothing for it.
#include <algorithm>
#include <utility>

#include "workloads/kernels/example_step.h"
#include "workloads/kernels/memory.h"
#include "workloads/kernels/row.h"
#include "workloads/linear.h"
#include "workloads/worker_base.h"

namespace sgdbench {
namespace {

template <class Loss, bool with_intercept>
class DenseLinearWorker final : public WorkerBase {
 public:
  DenseLinearWorker(const DenseLinear& model, const WorkerOptions& options)
      : WorkerBase(options),
        model_(model),
        ahead_(rows_ahead(model.matrix.stride)),
        changes_(slope_memory()),
        sarah_(dynamic_cast<const Sarah*>(options.rule)),
        vectors_(sarah_ != nullptr ? SarahUpdate::kVectors * model.matrix.stride : 0),
        slopes_(options.max_batch),
        copy_(padded_to_line(model.matrix.columns + (with_intercept ? 1 : 0))),
        anchor_copy_(reads_anchor() ? copy_.size() : 0),
        values_(copy_.size()) {
    if (slope_memory() != nullptr && slope_memory()->keeps_lost()) lost_.resize(copy_.size());
  }

  void run_in_place(std::span<Real> state, const InPlaceRun& run) override {
    // Under watch, the general loop: it watches a stripe of the coordinates, not each of them.
    const bool remembers = slope_memory() != nullptr;
    Real* const u = average(state);
    if (run.batch == 1 && sarah_ != nullptr && run.access == Access::exclusive)
      return step_recursively(state, run);
    if (run.batch != 1 || (!plain_sgd() && !remembers && u == nullptr) || run.probe)
      return WorkerBase::run_in_place(state, run);
    if (u != nullptr)
      in_place(AveragedStep(u), state, run);
    else if (remembers)
      with_remembered_step<true>(*slope_memory(), state, &changes_,
                                 [&](auto step) { in_place(step, state, run); });
    else
      in_place(SgdStep{}, state, run);
  }

  void prepare(std::span<const std::uint32_t> rows) override { next_ = rows; }
  void read(std::span<const Real> w, Access access) override {
    rows_ = keep(next_);
    const auto copy = [access](std::span<const Real> from, Real* to) {
      if (access == Access::exclusive)
        std::copy(from.begin(), from.end(), to);
      else
        racy::copy(from.data(), to, from.size());
    };
    copy(w, copy_.data());
    differs_ = !anchor().empty();
    if (differs_) copy(anchor(), anchor_copy_.data());
  }
  /// values = ∑ᵢ (ℓ′(⟨w, xᵢ⟩ + b, yᵢ)·xᵢ + λ·w), and ∑ᵢ ℓ′ for the intercept; each less what it is
  /// at the anchor, if there is one
  void compute() override {
    examples_ = rows_.size();
    const Real shrink = static_cast<Real>(examples_) * model_.l2;
    slope_sum_ = 0;
    for (std::size_t v = 0; v < model_.matrix.stride; ++v) values_[v] = shrink * copy_[v];
    if (differs_)
      for (std::size_t v = 0; v < model_.matrix.stride; ++v) values_[v] -= shrink * anchor_copy_[v];
    std::size_t k = 0;
    for (; k + kRowGroup <= rows_.size(); k += kRowGroup) add_group<kRowGroup>(k);
    for (; k < rows_.size(); ++k) add_group<1>(k);
    if constexpr (with_intercept) *intercept_of(values_) = slope_sum_;
  }
  /// w is copied all the same: into a padded vector, which costs less than remainders would.
  void compute_from(std::span<const Real> w) override {
    read(w, Access::exclusive);
    compute();
  }
  GradientSum gradient_sum() const override {
    return {std::span(values_).first(parameters()),
            {},
            true,
            examples_,
            false,
            rows_,
            std::span(slopes_).first(examples_),
            std::span(copy_).first(parameters())};
  }
  std::size_t read_bytes() const override {
    return (differs_ ? 2 : 1) * parameters() * sizeof(Real);
  }

 private:
  std::size_t parameters() const { return model_.matrix.columns + (with_intercept ? 1 : 0); }
  std::span<Real> features_of(std::span<Real> w) const { return w.first(model_.matrix.columns); }
  /// Past the end, and not to be looked at, where there is none.
  Real* intercept_of(std::span<Real> w) const { return w.data() + model_.matrix.columns; }

  template <std::size_t count>
  void add_group(std::size_t k) {
    const Real* x[count];
    Real y[count], s[count];
    for (std::size_t r = 0; r < count; ++r) {
      x[r] = model_.matrix.row(rows_[k + r]).data();
      y[r] = model_.targets[rows_[k + r]];
    }
    // One half before each pass: asked for all at once, rows would wait for each other.
    for (std::size_t r = 0; r < count / 2; ++r) ask_ahead(k + r);
    slopes_at<count>(copy_, x, y, s);
    for (std::size_t r = count / 2; r < count; ++r) ask_ahead(k + r);
    if (differs_) {
      Real there[count];
      slopes_at<count>(anchor_copy_, x, y, there);
      for (std::size_t r = 0; r < count; ++r) s[r] -= there[r];
    }
    for (std::size_t r = 0; r < count; ++r) slopes_[k + r] = s[r];
    add_rows<count>(values_.data(), x, model_.matrix.stride, s);
    if constexpr (with_intercept)
      for (std::size_t r = 0; r < count; ++r) slope_sum_ += s[r];
  }

  /// s = ℓ′(⟨w, x⟩ + b, y) of a few rows; w is padded.
  template <std::size_t count>
  void slopes_at(std::span<Real> w, const Real* const* x, const Real* y, Real* s) const {
    dot_rows<count>(w.data(), x, model_.matrix.stride, s);
    if constexpr (with_intercept)
      for (std::size_t r = 0; r < count; ++r) s[r] += *intercept_of(w);
    for (std::size_t r = 0; r < count; ++r) s[r] = Loss::slope(s[r], y[r]);
  }

  /// Asks for a row that comes soon after the k-th of the mini-batch, in it or behind it. Always
  /// inlined: see fetch_ahead() of kernels/row.h.
  [[gnu::always_inline]] void ask_ahead(std::size_t k) const {
    k += ahead_;
    if (k < rows_.size())
      prefetch_row(model_.matrix.row(rows_[k]).data(), model_.matrix.stride);
    else if (k - rows_.size() < following().size())
      prefetch_row(model_.matrix.row(following()[k - rows_.size()]).data(), model_.matrix.stride);
  }

  template <class Step>
  void in_place(Step step, std::span<Real> state, const InPlaceRun& run) {
    if (run.access == Access::exclusive) return step_through_copy(step, state, run);
    with_memory(run.access, nullptr, [&](const auto& memory) {
      step_through(memory, step, features_of(state), intercept_of(state), run);
    });
  }

  AlignedVector<Real>& beside_copy(std::size_t k) { return k == 0 ? values_ : lost_; }

  /// On padded copies of w and of what is remembered of its coordinates, where a row is whole
  /// vectors: nobody else looks at them meanwhile.
  template <class Step>
  void step_through_copy(Step step, std::span<Real> w, const InPlaceRun& run) {
    const std::size_t size = parameters(), features = model_.matrix.columns;
    std::copy_n(w.begin(), features, copy_.begin());
    std::fill(copy_.begin() + static_cast<std::ptrdiff_t>(features), copy_.end(), Real(0));
    Real intercept = with_intercept ? *intercept_of(w) : 0;
    Real* beside[Step::kVectors + 1] = {};
    if constexpr (Step::kVectors != 0)
      for (std::size_t k = 0; k < Step::kVectors; ++k) {
        // What lies behind the features moves the padding of w, which meets zeros only.
        AlignedVector<Real>& copy = beside_copy(k);
        beside[k] = std::exchange(step.vector(k), copy.data());
        std::copy_n(beside[k], size, copy.begin());
        std::fill(copy.begin() + static_cast<std::ptrdiff_t>(size), copy.end(), Real(0));
      }
    step_through(ExclusiveMemory{}, step, std::span(copy_).first(model_.matrix.stride), &intercept,
                 run);
    std::copy_n(copy_.begin(), features, w.begin());
    if constexpr (with_intercept) *intercept_of(w) = intercept;
    for (std::size_t k = 0; k < Step::kVectors; ++k)
      std::copy_n(beside_copy(k).begin(), size, beside[k]);
  }

  /// Under sarah, on a padded copy of its state [w | v | a]: both slopes of a row, then one pass.
  ///   v ← v + (ℓ′(⟨w, x⟩ + b, y) − ℓ′(⟨a, x⟩ + b_a, y))·x + λ·(w − a),  a ← w,  w ← w − γ·v
  void step_recursively(std::span<Real> state, const InPlaceRun& run) {
    const std::size_t stride = model_.matrix.stride, features = model_.matrix.columns;
    constexpr std::size_t kVectors = SarahUpdate::kVectors;
    Real beside[kVectors] = {};  // of the intercept
    for (std::size_t k = 0; k < kVectors; ++k) {
      const Real* const from = &state[k * parameters()];
      std::copy_n(from, features, &vectors_[k * stride]);
      if constexpr (with_intercept) beside[k] = from[features];
    }
    recursive_steps(run, beside);
    for (std::size_t k = 0; k < kVectors; ++k) {
      Real* const to = &state[k * parameters()];
      std::copy_n(&vectors_[k * stride], features, to);
      if constexpr (with_intercept) to[features] = beside[k];
    }
  }
  void recursive_steps(const InPlaceRun& run, Real* beside) {
    const ExclusiveMemory memory;
    const std::size_t stride = model_.matrix.stride;
    Real* const w = vectors_.data();
    Real* const a = w + SarahUpdate::kAnchor * stride;
    const auto update = sarah_->update();
    const auto rows = run.rows_and_ahead();
    UpdateCounter updates(run);
    for (std::size_t k = 0; k < run.rows.size(); ++k) {
      if (k + ahead_ < rows.size())
        prefetch_row(model_.matrix.row(rows[k + ahead_]).data(), stride);
      const Real* const x[] = {model_.matrix.row(rows[k]).data()};
      const Real y = model_.targets[rows[k]];
      Real z, z_a;
      dot_rows<1>(w, x, stride, &z);
      dot_rows<1>(a, x, stride, &z_a);
      const Real s =
          Loss::slope(z + beside[0], y) - Loss::slope(z_a + beside[SarahUpdate::kAnchor], y);
      const Coefficients c{updates.step(), 1, 0};
      const auto step_along = [&]<class T>(Real* w_v, std::size_t apart, T sum) {
        const T change = c.step * update.template operator()<T>(memory, c, {w_v, apart}, sum);
        plain::store(w_v, plain::load<T>(w_v) - change);
      };
      for (std::size_t v = 0; v < stride; v += kLanes)
        step_along.template operator()<Vec>(
            w + v, stride,
            s * plain::load<Vec>(x[0] + v) +
                model_.l2 * (plain::load<Vec>(w + v) - plain::load<Vec>(a + v)));
      if constexpr (with_intercept) step_along.template operator()<Real>(beside, 1, s);
      updates.made();
    }
  }

  /// w may be as long as the rows, or as long as their padding; the intercept is no part of it.
  template <class Memory, class Step>
  void step_through(const Memory& memory, Step step, std::span<Real> w, Real* intercept,
                    const InPlaceRun& run) {
    const auto rows = run.rows_and_ahead();
    UpdateCounter updates(run);
    for (std::size_t k = 0; k < run.rows.size(); ++k) {
      if (k + ahead_ < rows.size())
        prefetch_row(model_.matrix.row(rows[k + ahead_]).data(), model_.matrix.stride);
      const std::span x(model_.matrix.row(rows[k]).data(), w.size());
      Real z = dot(memory, w.data(), x);
      if constexpr (with_intercept) z += memory.template load<Real>(intercept);
      if (k + ahead_ < rows.size()) step.ask_for(rows[k + ahead_]);
      step.place(updates);
      const Real s = step.weigh(memory, rows[k], Loss::slope(z, model_.targets[rows[k]]));
      move_all(memory, step, w.data(), x, s, updates.step());
      if constexpr (with_intercept)
        move<Real>(memory, step, intercept, model_.matrix.columns, 1, s, 0, updates.step());
      updates.made();
    }
    step.end(memory);
  }

  template <class Memory>
  static Real dot(const Memory& memory, const Real* w, std::span<const Real> x) {
    Vec sum[2] = {};
    std::size_t v = 0;
    for (; v + 2 * kLanes <= x.size(); v += 2 * kLanes)
      unrolled<2>([&](std::size_t j) {
        sum[j] +=
            memory.template load<Vec>(w + v + j * kLanes) * plain::load<Vec>(&x[v + j * kLanes]);
      });
    Real z = sum_lanes(sum[0] + sum[1]);
    for (; v < x.size(); ++v) z += memory.template load<Real>(w + v) * x[v];
    return z;
  }

  template <class Memory, class Step>
  void move_all(const Memory& memory, const Step& step, Real* w, std::span<const Real> x, Real s,
                Real gamma) const {
    const Real l2 = model_.l2;
    std::size_t v = 0;
    if constexpr (Memory::kVectors)
      for (; v + kLanes <= x.size(); v += kLanes)
        move<Vec>(memory, step, w + v, v, plain::load<Vec>(&x[v]), s, l2, gamma);
    for (; v < x.size(); ++v) move<Real>(memory, step, w + v, v, x[v], s, l2, gamma);
  }

  /// w_v ← w_v − γ·(s·x_v + λ·w_v) under sgd, or what another rule does to coordinate v
  /// (kernels/example_step.h); T is Real or Vec.
  template <class T, class Memory, class Step>
  [[gnu::always_inline]] void move(const Memory& memory, const Step& step, Real* w, std::size_t v,
                                   T x, Real s, Real l2, Real gamma) const {
    if constexpr (Step::kPlain)
      memory.template modify<T>(w, [&](T w_v) { return w_v - gamma * (s * x + l2 * w_v); });
    else
      step.template move<T>(memory, w, v, x, s, 1, l2, gamma);
  }

  DenseLinear model_;
  std::size_t ahead_;  ///< rows to ask for in advance
  std::span<const std::uint32_t> next_, rows_;
  std::size_t examples_ = 0;
  MeanChanges changes_;
  const Sarah* sarah_;                        ///< the rule, if it is that
  AlignedVector<Real> vectors_;               ///< its state, padded with zeros
  AlignedVector<Real> slopes_;                ///< ℓ′ of each row of the mini-batch
  Real slope_sum_ = 0;                        ///< of all
  bool differs_ = false;                      ///< whether there is an anchor
  AlignedVector<Real> copy_, lost_;           ///< of w and of what additions to it lost, padded
  AlignedVector<Real> anchor_copy_, values_;  ///< of the anchor, the gradient sum, padded
};

}  // namespace

std::unique_ptr<Worker> make_worker(const DenseLinear& model, const WorkerOptions& options) {
  return with_loss(model.kind, [&](auto loss) -> std::unique_ptr<Worker> {
    if (model.intercept)
      return std::make_unique<DenseLinearWorker<decltype(loss), true>>(model, options);
    return std::make_unique<DenseLinearWorker<decltype(loss), false>>(model, options);
  });
}

}  // namespace sgdbench

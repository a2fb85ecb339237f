// Linear models on sparse rows. One update from one example, in place:
//
//   s = ℓ′(⟨w, x⟩, y),    w_v ← w_v − γ·(s·x_v + λ/d_v·w_v)    for each v in x
//
// in two passes over the row, to which an intercept adds an entry of 1; the gradient is nowhere. It
// is what read → compute → apply does but for roundings, which compilers leave out here and there.
//
// An update from a mini-batch in place goes over its rows twice: first the sum of the gradients is
// gathered, coordinate by coordinate, then the first entry to meet a coordinate again takes all of
// its sum and leaves zero behind. So nobody has to know which coordinates there are.
#include "workloads/kernels/example_step.h"
#include "workloads/kernels/memory.h"
#include "workloads/kernels/row.h"
#include "workloads/linear.h"
#include "workloads/worker_base.h"

namespace sgdbench {
namespace {

/// What both workers below share: the model, and one update from one example in place. The
/// intercept is known to the compiler: without one, rows cost nothing for it.
template <class Loss, bool with_intercept>
class SparseRows {
 public:
  explicit SparseRows(const SparseLinear& model)
      : matrix_(model.matrix),
        regulariser_(model.regulariser.data()),
        inverse_shares_(model.inverse_shares.data()),
        targets_(model.targets.data()),
        one_{static_cast<std::uint32_t>(model.matrix.columns), 1} {}

  std::span<const Entry> row(std::uint32_t row) const { return matrix_.row(row); }
  Real target(std::uint32_t row) const { return targets_[row]; }
  const Real* regulariser() const { return regulariser_; }
  /// What the intercept adds to every row.
  const Entry& intercept_entry() const { return one_; }

  /// s = ℓ′(⟨w, x⟩ + b, y) of the k-th of `rows`; asks for rows that come later. Always inlined: a
  /// call for each row was measured at one per cent.
  template <class Memory>
  [[gnu::always_inline]] Real slope(const Memory& memory, const Real* w,
                                    std::span<const std::uint32_t> rows, std::size_t k) const {
    fetch_ahead(matrix_, rows, k, targets_);
    return slope(memory, w, rows[k]);
  }
  template <class Memory>
  [[gnu::always_inline]] Real slope(const Memory& memory, const Real* w, std::uint32_t row) const {
    Real z = dot(memory, w, matrix_.row(row));
    if constexpr (with_intercept) z += memory.template load<Real>(w + one_.column);
    return Loss::slope(z, targets_[row]);
  }

  /// The updates of single examples under a rule that remembers slopes, or adagrad, or, without
  /// either, sgd, which `u` averages the iterates of if there is one.
  ///
  /// `memory` is how run.access touches w: modify(p, next) is *p ← next(*p), by a plain load and
  /// store, by relaxed ones, which may overwrite what another thread stored in between, or by
  /// compare-and-swap, tried until nobody did.
  void in_place(std::span<Real> state, const InPlaceRun& run, const SlopeMemory* rule, Real* u,
                const Adagrad* adagrad = nullptr) const {
    with_memory(run.access, run.probe, [&](const auto& memory) {
      if (u != nullptr) return through(memory, AveragedStep(u), state.data(), run);
      if (adagrad != nullptr)
        return through(memory, CoordinateStep(adagrad->update(), adagrad->parameters()),
                       state.data(), run);
      if (rule == nullptr) return through(memory, SgdStep{}, state.data(), run);
      with_remembered_step<false>(*rule, state, nullptr, [&](const auto& step) {
        through(memory, step, state.data(), run);
      });
    });
  }

 private:
  /// Under sgd `step` has nothing to do: weigh() is its s.
  template <class Memory, class Step>
  void through(const Memory& memory, Step step, Real* w, const InPlaceRun& run) const {
    const Real* const r = regulariser_;
    const Real* const shares = inverse_shares_;
    const auto rows = run.rows_and_ahead();
    constexpr std::size_t kAhead = 8;  // rows whose slopes are asked for
    UpdateCounter updates(run);        // γ of each, and the count that others watch
    for (std::size_t k = 0; k < run.rows.size(); ++k) {
      if (k + kAhead < rows.size()) step.ask_for(rows[k + kAhead]);
      step.place(updates);
      const Real s = step.weigh(memory, rows[k], slope(memory, w, rows, k));
      const Real gamma = updates.step();
      for_each_entry(
          matrix_.row(rows[k]), [&](const Entry& e) __attribute__((always_inline)) {
            if constexpr (Step::kRemembers)
              move(memory, step, w, e, s, shares[e.column], step.l2, gamma);
            else
              move(memory, step, w, e, s, 1, r[e.column], gamma);
          });
      if constexpr (with_intercept) move(memory, step, w, one_, s, 1, 0, gamma);
      updates.made();
    }
    step.end(memory);
  }

  /// w_v ← w_v − γ·(s·x_v + r·w_v) for one entry of the row, r being λ/d_v: sgd. What another rule
  /// does there: kernels/example_step.h.
  template <class Memory, class Step>
  [[gnu::always_inline]] static void move(const Memory& memory, const Step& step, Real* w,
                                          const Entry& e, Real s, Real share, Real r, Real gamma) {
    const std::uint32_t v = e.column;
    const Real x_v = e.value;
    if constexpr (Step::kPlain)
      memory.template modify<Real>(w + v,
                                   [&](Real w_v) { return w_v - gamma * (s * x_v + r * w_v); });
    else
      step.template move<Real>(memory, w + v, v, x_v, s, share, r, gamma);
  }

  const SparseMatrix& matrix_;
  const Real* regulariser_;
  const Real* inverse_shares_;
  const Real* targets_;
  Entry one_;
};

/// Mini-batches of one row, under a rule that stays on its support: all that is known of it lies
/// entry by entry behind each other, so that only w and λ/d_v are met at random. The gradient sum
/// is packed, and nothing is to be cleared.
template <class Loss, bool with_intercept>
class OneRowWorker final : public WorkerBase {
 public:
  OneRowWorker(const SparseLinear& model, const WorkerOptions& options)
      : WorkerBase(options),
        rows_(model),
        adagrad_(dynamic_cast<const Adagrad*>(options.rule)),
        copy_(model.longest_row + 1),
        values_(model.longest_row + 1),
        support_(model.longest_row + 1),
        wanted_(model.longest_row + 1) {}

  void run_in_place(std::span<Real> state, const InPlaceRun& run) override {
    Real* const u = average(state);
    if (!plain_sgd() && slope_memory() == nullptr && u == nullptr && adagrad_ == nullptr)
      return WorkerBase::run_in_place(state, run);
    rows_.in_place(state, run, slope_memory(), u, adagrad_);
  }

  void prepare(std::span<const std::uint32_t> rows) override {
    next_ = rows[0];
    constexpr std::size_t kPerLine = kAlignment / sizeof(Entry);
    const auto x = rows_.row(next_);
    for (std::size_t k = 0; k < x.size(); k += kPerLine) __builtin_prefetch(x.data() + k);
  }

  void read(std::span<const Real> w, Access access) override {
    const auto from = [&](const auto& memory) {
      take([&](std::size_t, std::uint32_t v) { return memory.template load<Real>(&w[v]); });
    };
    if (access == Access::exclusive)
      from(ExclusiveMemory{});
    else
      from(RacyMemory{});
  }

  std::optional<std::span<const std::uint32_t>> wanted() const override {
    std::size_t size = 0;
    for (const Entry& e : rows_.row(next_)) wanted_[size++] = e.column;
    if constexpr (with_intercept) wanted_[size++] = rows_.intercept_entry().column;
    return std::span(wanted_).first(size);
  }
  void accept(std::span<const Real> values) override {
    take([&](std::size_t k, std::uint32_t) { return values[k]; });
  }

  void compute() override {
    slope_ = Loss::slope(margin_, rows_.target(row_));
    packed_ = false;
  }

  void compute_from(std::span<const Real> w) override {
    const auto x = begin();
    slope_ = rows_.slope(ExclusiveMemory{}, w.data(), row_);
    pack(x, slope_, [&](std::size_t, std::uint32_t v) { return w[v]; });
  }

  /// Packed when somebody asks for it.
  GradientSum gradient_sum() const override {
    if (!packed_)
      pack(rows_.row(row_), slope_,
           [copy = copy_.data()](std::size_t k, std::uint32_t) { return copy[k]; });
    return {std::span(values_).first(size_),
            std::span(support_).first(size_),
            false,
            1,
            true,
            {&row_, 1},
            {&slope_, 1},
            std::span(copy_).first(size_)};
  }
  std::size_t read_bytes() const override { return size_ * sizeof(Real); }

  /// w_v ← w_v − γ·(s·x_v + λ/d_v·copy_v)    for each v in x
  void commit(std::span<Real> state, UpdateStep step) const override {
    if (packed_ || !plain_sgd()) return WorkerBase::commit(state, step);
    const Real s = slope_, *const r = rows_.regulariser(), *const copy = copy_.data();
    Real* const w = state.data();
    const auto x = rows_.row(row_);
    const auto step_along = [&](std::size_t k) {
      const auto [v, x_v] = x[k];
      w[v] -= step.size * (s * x_v + r[v] * copy[k]);
    };
    std::size_t k = 0;
    for (; k + 4 <= x.size(); k += 4)
      for (std::size_t j = 0; j < 4; ++j) step_along(k + j);
    for (; k < x.size(); ++k) step_along(k);
    if constexpr (with_intercept) w[rows_.intercept_entry().column] -= step.size * s;
  }

 private:
  /// Makes the prepared row current and copies its parameters: the k-th is from(k, v). ⟨w, x⟩ is
  /// made on the way, in the order of dot().
  template <class From>
  [[gnu::always_inline]] void take(From from) {
    const auto x = begin();
    const auto product = [&, copy = copy_.data() ](std::size_t k) __attribute__((always_inline)) {
      copy[k] = from(k, x[k].column);
      return copy[k] * x[k].value;
    };
    Real sum[4] = {};
    std::size_t k = 0;
    for (; k + 4 <= x.size(); k += 4)
      for (std::size_t j = 0; j < 4; ++j) sum[j] += product(k + j);
    for (; k < x.size(); ++k) sum[0] += product(k);
    margin_ = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    if constexpr (with_intercept)
      margin_ += copy_[x.size()] = from(x.size(), rows_.intercept_entry().column);
  }

  /// Makes the prepared row current.
  std::span<const Entry> begin() {
    row_ = next_;
    const auto x = rows_.row(row_);
    size_ = x.size() + (with_intercept ? 1 : 0);
    return x;
  }

  /// s·x + ∑_{v ∈ x} λ/d_v·w_v·e_v
  template <class Parameter>
  void pack(std::span<const Entry> x, Real s, Parameter w) const {
    packed_ = true;
    const Real* const r = rows_.regulariser();
    Real* const values = values_.data();
    std::uint32_t* const support = support_.data();
    for (std::size_t k = 0; k < x.size(); ++k) {
      const auto [v, x_v] = x[k];
      values[k] = s * x_v + r[v] * w(k, v);
      support[k] = v;
    }
    if constexpr (with_intercept) {
      values_[x.size()] = s;
      support_[x.size()] = rows_.intercept_entry().column;
    }
  }

  SparseRows<Loss, with_intercept> rows_;
  const Adagrad* adagrad_;  ///< the rule, if it is that
  std::uint32_t next_ = 0, row_ = 0;
  std::size_t size_ = 0;
  Real margin_ = 0, slope_ = 0;  ///< ⟨w, x⟩ of the last read, and ℓ′ there
  AlignedVector<Real> copy_;
  mutable bool packed_ = false;  ///< the gradient sum lies in the next two
  mutable AlignedVector<Real> values_;
  mutable std::vector<std::uint32_t> support_, wanted_;
};

template <class Loss, bool with_intercept>
class SparseLinearWorker final : public SparseWorker {
 public:
  SparseLinearWorker(const SparseLinear& model, const WorkerOptions& options)
      : SparseWorker(model.matrix, model.longest_row, 1, model.regulariser, options),
        rows_(model),
        shrinkage_(dense() ? model.regulariser.size() : 0),
        sums_(options.max_batch == 1 ? 0 : model.regulariser.size()) {}

  void run_in_place(std::span<Real> state, const InPlaceRun& run) override {
    // Only where nobody else writes: a whole vector written back would undo others' updates.
    const bool whole_vectors = dense() && run.batch > 1 && run.access == Access::exclusive;
    Real* const u = average(state);
    if (run.batch == 1 && (plain_sgd() || slope_memory() != nullptr || u != nullptr))
      return rows_.in_place(state, run, slope_memory(), u);
    if ((!plain_sgd() && u == nullptr) || whole_vectors)
      return SparseWorker::run_in_place(state, run);
    with_memory(run.access, run.probe,
                [&](const auto& memory) { batch_through(memory, state.data(), u, run); });
  }

 protected:
  /// values += ∑ᵢ (ℓ′(⟨w, xᵢ⟩, yᵢ)·xᵢ + ∑_{v ∈ i} λ/d_v·w_v·e_v)
  void accumulate(std::span<const Real> w, std::span<const std::uint32_t> rows,
                  std::span<Real> values) override {
    const ExclusiveMemory memory;
    if (!dense())
      return add_gradients(memory, w.data(), rows, 0, rows.size(), values.data(), slopes().data());
    // In a large mini-batch an entry finds the second term ready: one pass makes it for all
    // features.
    const auto r = regulariser();
    for (std::size_t v = 0; v < r.size(); ++v) shrinkage_[v] = r[v] * w[v];
    for (std::size_t k = 0; k < rows.size(); ++k)
      slopes()[k] = add_gradient(memory, w.data(), rows, k, values.data(),
                                 [this](std::uint32_t v) { return shrinkage_[v]; });
  }

 private:
  /// values += s·x + ∑_{v ∈ x} shrinkage(v)·e_v for the k-th of `rows`; returns s.
  template <class Memory, class Shrinkage>
  Real add_gradient(const Memory& memory, const Real* w, std::span<const std::uint32_t> rows,
                    std::size_t k, Real* values, Shrinkage shrinkage) const {
    const Real s = rows_.slope(memory, w, rows, k);
    for (const auto& [v, x_v] : matrix().row(rows[k])) values[v] += s * x_v + shrinkage(v);
    if constexpr (with_intercept) values[intercept_entry().column] += s;
    return s;
  }

  /// Slopes are those of the rows from `begin` on.
  template <class Memory>
  void add_gradients(const Memory& memory, const Real* w, std::span<const std::uint32_t> rows,
                     std::size_t begin, std::size_t end, Real* values, Real* slopes) const {
    const Real* const r = regulariser().data();
    for (std::size_t k = begin; k < end; ++k)
      slopes[k - begin] = add_gradient(
          memory, w, rows, k, values,
          [&memory, w, r](std::uint32_t v) { return r[v] * memory.template load<Real>(w + v); });
  }

  /// `u` as in SparseRows::in_place().
  template <class Memory>
  void batch_through(const Memory& memory, Real* w, Real* u, const InPlaceRun& run) {
    UpdateCounter updates(run);
    for (std::size_t begin = 0; begin < run.rows.size(); begin += run.batch) {
      const std::size_t end = std::min(begin + run.batch, run.rows.size());
      add_gradients(memory, w, run.rows_and_ahead(), begin, end, sums_.data(), slopes().data());
      const Real mean = Real(1) / static_cast<Real>(end - begin);
      for (std::size_t k = begin; k < end; ++k)
        take_sums(memory, w, u, matrix().row(run.rows[k]), updates.step() * mean,
                  updates.averaged());
      if constexpr (with_intercept) {
        const Entry last[] = {intercept_entry()};
        take_sums(memory, w, u, last, updates.step() * mean, updates.averaged());
      }
      updates.made();
    }
  }

  /// w_v ← w_v − rate·sums_v,  u_v ← u_v − averaged·rate·sums_v,  sums_v ← 0    for each v in x
  template <class Memory>
  void take_sums(const Memory& memory, Real* w, Real* u, std::span<const Entry> x, Real rate,
                 Real averaged) {
    for (const Entry& e : x) {
      Real& sum = sums_[e.column];
      // Where nobody else writes, subtracting zero is cheaper than asking.
      if constexpr (!Memory::kPlain)
        if (sum == 0) continue;
      memory.template modify<Real>(w + e.column, [&](Real w_v) { return w_v - rate * sum; });
      if (averaged != 0)
        memory.template modify<Real>(u + e.column,
                                     [&](Real u_v) { return u_v - averaged * rate * sum; });
      sum = 0;
    }
  }

  SparseRows<Loss, with_intercept> rows_;
  AlignedVector<Real> shrinkage_;  ///< λ/d_v·w_v, for mini-batches that are dense
  AlignedVector<Real> sums_;       ///< of one mini-batch in place; zero between them
};

}  // namespace

std::unique_ptr<Worker> make_worker(const SparseLinear& model, const WorkerOptions& options) {
  const auto* const rule = options.rule;
  const bool one_row = options.max_batch == 1 && (rule == nullptr || rule->stays_on_support());
  return with_loss(model.kind, [&](auto loss) -> std::unique_ptr<Worker> {
    using Loss = decltype(loss);
    const auto make = [&]<bool intercept>() -> std::unique_ptr<Worker> {
      if (one_row) return std::make_unique<OneRowWorker<Loss, intercept>>(model, options);
      return std::make_unique<SparseLinearWorker<Loss, intercept>>(model, options);
    };
    return model.intercept ? make.template operator()<true>() : make.template operator()<false>();
  });
}

}  // namespace sgdbench

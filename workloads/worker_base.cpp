#include "workloads/worker_base.h"

#include <algorithm>

#include "workloads/kernels/memory.h"

namespace sgdbench {

void WorkerBase::run_in_place(std::span<Real> state, const InPlaceRun& run) {
  const auto w = state.first(rule_->parameters());
  difference_from(rule_->anchor(state));
  UpdateCounter updates(run);
  for (std::size_t begin = 0; begin < run.rows.size(); begin += run.batch) {
    const std::size_t end = std::min(begin + run.batch, run.rows.size());
    following_ = run.rows_and_ahead().subspan(end);
    prepare(run.rows.subspan(begin, end - begin));
    if (run.access == Access::exclusive) {
      compute_from(w);
    } else {
      read(w, run.access);
      compute();
    }
    rule_->land(state, gradient_sum(), updates.averaged_step(), run.access, run.probe, &total_);
    updates.made();
  }
  following_ = {};
}

void WorkerBase::commit(std::span<Real> state, UpdateStep step) const {
  rule_->land(state, gradient_sum(), step, Access::exclusive, nullptr, &total_);
}

namespace {

/// Moving a coordinate with all others costs about as much as this share of one entry's random
/// accesses to collect, clear and apply it.
constexpr std::size_t kDenseShare = 8;

bool is_dense_batch(const SparseMatrix& matrix, std::size_t batch) {
  const std::size_t rows = std::max<std::size_t>(1, matrix.rows());
  const std::size_t mean_row = matrix.entries.size() / rows;
  return batch > 1 && mean_row * std::min(batch, rows) > matrix.columns / kDenseShare;
}

}  // namespace

SparseWorker::SparseWorker(const SparseMatrix& matrix, std::size_t longest, std::size_t width,
                           std::span<const Real> regulariser, const WorkerOptions& options)
    : WorkerBase(options),
      matrix_(matrix),
      width_(width),
      regulariser_(regulariser),
      dense_(is_dense_batch(matrix, options.max_batch)),
      copy_(regulariser.size() * width),
      anchor_copy_(reads_anchor() ? copy_.size() : 0),
      values_(regulariser.size() * width),
      slopes_(options.max_batch * width) {
  if (dense_) return;
  stamps_.resize(matrix.columns);
  const std::size_t rows = std::max<std::size_t>(1, options.max_batch);
  const bool all = longest != 0 && rows > matrix.columns / longest;
  const std::size_t features = all ? matrix.columns : rows * longest;
  // One place more: the branch-free collection writes before it knows whether it keeps; and one for
  // the intercept.
  for (auto& batch : batches_) batch.support.resize((features + 2) * width);
}

/// The features of the rows, each once; returns how many.
std::size_t SparseWorker::collect_features(std::span<const std::uint32_t> rows,
                                           std::uint32_t* features) {
  std::size_t count = 0;
  if (rows.size() == 1) {
    for (const Entry& entry : matrix_.row(rows[0])) features[count++] = entry.column;
    return count;
  }
  if (++generation_ == 0) {
    std::fill(stamps_.begin(), stamps_.end(), 0u);
    generation_ = 1;
  }
  for (const std::uint32_t row : rows) {
    for (const Entry& entry : matrix_.row(row)) {
      features[count] = entry.column;
      count += stamps_[entry.column] != generation_;
      stamps_[entry.column] = generation_;
    }
  }
  return count;
}

void SparseWorker::prepare(std::span<const std::uint32_t> rows) {
  const std::size_t next = 1 - current_;
  MiniBatch& batch = batches_[next];
  if (dirty_ == next) clear(batch);
  batch.rows = rows;
  batch.examples = rows.size();
  if (!dense_) collect_support(batch);
}

void SparseWorker::collect_support(MiniBatch& batch) {
  std::uint32_t* const support = batch.support.data();
  std::size_t features = collect_features(batch.rows, support);
  if (intercept()) support[features++] = intercept_entry().column;
  batch.size = features * width_;
  if (width_ == 1) return;
  // Widened in place, from the back, where nothing is still to be read.
  for (std::size_t k = features; k-- > 0;) {
    const auto first = static_cast<std::uint32_t>(support[k] * width_);
    for (std::size_t c = width_; c-- > 0;)
      support[k * width_ + c] = first + static_cast<std::uint32_t>(c);
  }
}

void SparseWorker::read(std::span<const Real> w, Access access) {
  current_ = 1 - current_;
  copy_current(w, access, copy_);
  if (!anchor().empty()) copy_current(anchor(), access, anchor_copy_);
}

/// What the current mini-batch needs of them.
void SparseWorker::copy_current(std::span<const Real> from, Access access,
                                std::span<Real> to) const {
  if (dense_) {
    if (access == Access::exclusive)
      std::copy(from.begin(), from.end(), to.begin());
    else
      racy::copy(from.data(), to.data(), from.size());
    return;
  }
  const MiniBatch& batch = batches_[current_];
  const std::uint32_t* const support = batch.support.data();
  if (access == Access::exclusive)
    for (std::size_t k = 0; k < batch.size; ++k) to[support[k]] = from[support[k]];
  else
    for (std::size_t k = 0; k < batch.size; ++k)
      to[support[k]] = racy::load<Real>(&from[support[k]]);
}

std::optional<std::span<const std::uint32_t>> SparseWorker::wanted() const {
  if (dense_) return {};
  const MiniBatch& next = batches_[1 - current_];
  return std::span(next.support).first(next.size);
}

void SparseWorker::accept(std::span<const Real> values) {
  if (dense_) return read(values, Access::exclusive);
  current_ = 1 - current_;
  const MiniBatch& batch = batches_[current_];
  for (std::size_t k = 0; k < batch.size; ++k) copy_[batch.support[k]] = values[k];
}

void SparseWorker::compute_from(std::span<const Real> w) {
  current_ = 1 - current_;
  compute_current(w, anchor());
}

void SparseWorker::compute_current(std::span<const Real> w, std::span<const Real> at) {
  if (dirty_ != kNone) clear(batches_[dirty_]);
  const auto rows = keep(batches_[current_].rows);
  accumulate(w, rows, values_);
  dirty_ = current_;
  if (anchor().empty()) return;
  negate_current();
  accumulate(at, rows, values_);
  negate_current();
}

void SparseWorker::negate_current() {
  const MiniBatch& batch = batches_[current_];
  if (dense_)
    for (Real& value : values_) value = -value;
  else
    for (std::size_t k = 0; k < batch.size; ++k)
      values_[batch.support[k]] = -values_[batch.support[k]];
}

void SparseWorker::clear(MiniBatch& batch) {
  if (dense_)
    std::fill(values_.begin(), values_.end(), Real(0));
  else
    for (std::size_t k = 0; k < batch.size; ++k) values_[batch.support[k]] = 0;
  dirty_ = kNone;
}

GradientSum SparseWorker::gradient_sum() const {
  const MiniBatch& batch = batches_[current_];
  return {values_, std::span(batch.support).first(batch.size),        dense_, batch.examples, false,
          kept(),  std::span(slopes_).first(batch.examples * width_), copy_};
}

std::size_t SparseWorker::read_bytes() const {
  const std::size_t vectors = anchor().empty() ? 1 : 2;
  return vectors * (dense_ ? copy_.size() : batches_[current_].size) * sizeof(Real);
}

std::size_t longest_row(const SparseMatrix& matrix) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < matrix.rows(); ++i) longest = std::max(longest, matrix.row(i).size());
  return longest;
}

AlignedVector<Real> inverse_shares(const SparseMatrix& matrix, bool intercept) {
  std::vector<std::uint32_t> rows_with(matrix.columns);
  for (const Entry& entry : matrix.entries) ++rows_with[entry.column];
  AlignedVector<Real> inverse(matrix.columns);
  const double n = static_cast<double>(matrix.rows());
  for (std::size_t v = 0; v < matrix.columns; ++v)
    if (rows_with[v] != 0) inverse[v] = static_cast<Real>(n / rows_with[v]);
  if (intercept) inverse.push_back(1);
  return inverse;
}

AlignedVector<Real> support_regulariser(std::span<const Real> inverse_shares, double l2,
                                        bool intercept) {
  AlignedVector<Real> regulariser(inverse_shares.begin(), inverse_shares.end());
  for (Real& r : regulariser) r = static_cast<Real>(l2 * static_cast<double>(r));
  if (intercept) regulariser.back() = 0;
  return regulariser;
}

}  // namespace sgdbench

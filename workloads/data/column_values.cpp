#include "workloads/data/column_values.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <utility>

#include "workloads/data/storage.h"
#include "workloads/data/text.h"
#include "workloads/names.h"

namespace sgdbench {

void ColumnMoments::add(const ColumnMoments& other) {
  if (other.rows_ == 0) return;
  const double rows = rows_ + other.rows_;
  for (std::size_t j = 0; j < means_.size(); ++j) {
    const double difference = other.means_[j] - means_[j];
    means_[j] += difference * (other.rows_ / rows);
    squares_[j] += other.squares_[j] + difference * difference * (rows_ * other.rows_ / rows);
  }
  rows_ = rows;
}

Scaling ColumnMoments::scaling() && {
  for (double& square : squares_) square = square > 0 ? std::sqrt(square / rows_) : 1;
  return {std::move(means_), std::move(squares_)};
}

Scaling fit_scaling(const DenseMatrix& matrix, const ParallelFor& parallel) {
  std::vector<ColumnMoments> blocks((matrix.rows() + kRowBlock - 1) / kRowBlock);
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    ColumnMoments block(matrix.columns);
    for (std::size_t i = begin; i < end; ++i) block.add(matrix.row(i));
    blocks[begin / kRowBlock] = std::move(block);
  });
  ColumnMoments all(matrix.columns);
  for (const ColumnMoments& block : blocks) all.add(block);
  return std::move(all).scaling();
}

void apply_scaling(const Scaling& scaling, DenseMatrix& matrix, const ParallelFor& parallel) {
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = matrix.row(i);
      for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = static_cast<Real>(scaling.scaled(j, static_cast<double>(row[j])));
    }
  });
}

namespace {

constexpr std::size_t kMostSlots = 64;  // a kilobyte a column
constexpr std::size_t kMostLabels = kMaxClasses + 1;

std::size_t hash_of(float value) {
  return std::bit_cast<std::uint32_t>(value + 0.0f) * 0x9e3779b1u >> 16;
}

}  // namespace

MergedValues::MergedValues(std::size_t columns, std::size_t rows, bool watch_all)
    : count_(columns),
      slots_(std::bit_ceil(std::clamp(rows, std::size_t{1}, kMostSlots))),
      watch_all_(watch_all),
      watches_(watch_all) {}

void MergedValues::look(std::uint32_t column, const Decimal& decimal, float stored) {
  columns_.resize(count_);
  Watched& watched = columns_[column];
  if (watched.slots.empty()) {
    if (decimal.is_short && !watch_all_) return;
    watched.slots.resize(slots_);
    watches_ = true;
  }
  Slot& slot = watched.slots[hash_of(stored) & (slots_ - 1)];
  if (slot.value == decimal.value) return;
  ++watched.fresh;
  if (slot.stored == stored && watched.merged++ == 0)
    watched.pair = {column, std::min(slot.value, decimal.value),
                    std::max(slot.value, decimal.value)};
  slot = {stored, decimal.value};
}

std::vector<MergedPair> MergedValues::found() const {
  std::vector<MergedPair> pairs;
  for (const Watched& watched : columns_)
    if (watched.merged > 0 && watched.merged * 100 >= watched.fresh) pairs.push_back(watched.pair);
  return pairs;
}

void LabelValues::add(double value, const char* where) {
  if (labels_.size() == kMostLabels) return;
  const auto place =
      std::lower_bound(labels_.begin(), labels_.end(), value,
                       [](const Label& label, double other) { return label.value < other; });
  if (place != labels_.end() && place->value == value) return;
  labels_.insert(place, {value, where});
}

void LabelValues::add(const LabelValues& other) {
  for (const Label& label : other.labels_) add(label.value, label.where);
}

std::optional<std::pair<MergedPair, const char*>> LabelValues::merged() const {
  for (std::size_t i = 1; i < labels_.size(); ++i) {
    const Label &lower = labels_[i - 1], &upper = labels_[i];
    if (static_cast<float>(lower.value) == static_cast<float>(upper.value))
      return std::pair(MergedPair{0, lower.value, upper.value}, std::max(lower.where, upper.where));
  }
  return std::nullopt;
}

std::vector<double> LabelValues::rounded() const {
  std::vector<double> values;
  bool changed = false;
  for (const Label& label : labels_) {
    values.push_back(label.value);
    changed |= static_cast<double>(static_cast<float>(label.value)) != label.value;
  }
  return changed ? values : std::vector<double>();
}

std::string text_of(const MergedPair& pair) {
  return shortest_text(pair.lower) + " and " + shortest_text(pair.upper);
}

namespace {

/// Whatever a file holds, its features take no more memory than this many do.
constexpr std::size_t kMostFeatures = 1000;
constexpr std::size_t kWatchedRows = 64;

/// By the feature's number.
using Watched = std::map<std::uint32_t, MergedValues>;

void see(Watched& features, std::uint32_t feature, const Decimal& value) {
  auto found = features.find(feature);
  if (found == features.end()) {
    if (features.size() == kMostFeatures) return;
    found = features.emplace(feature, MergedValues(1, kWatchedRows, true)).first;
  }
  found->second.see(0, value, value.nearest);
}

/// Every "index:value" of a line has a colon, and so may its comment.
void see_line(Watched& features, std::string_view line) {
  line = line.substr(0, line.find('#'));
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    Decimal value;
    if (parse_decimal(line.data() + colon + 1, value) == nullptr ||
        std::abs(value.nearest) < kLargeValue)
      continue;
    std::size_t digit = colon;
    while (digit > 0 && line[digit - 1] >= '0' && line[digit - 1] <= '9') --digit;
    std::uint32_t feature = 0;
    for (; digit < colon; ++digit)
      feature = feature * 10 + static_cast<std::uint32_t>(line[digit] - '0');
    see(features, feature, value);
  }
}

}  // namespace

std::vector<MergedPair> merged_large_values(const std::vector<std::string_view>& pieces) {
  Watched features;
  for (std::string_view text : pieces)
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      see_line(features, text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  std::vector<MergedPair> pairs;
  for (const auto& [feature, values] : features)
    for (MergedPair pair : values.found()) {
      pair.column = feature;
      pairs.push_back(pair);
    }
  return pairs;
}

}  // namespace sgdbench

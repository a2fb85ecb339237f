#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "workloads/data/checksum.h"
#include "workloads/data/column_values.h"
#include "workloads/data/readers.h"
#include "workloads/data/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// The arrays of one part.
struct Arrays {
  SparseMatrix matrix;
  std::vector<float> targets;
  ContentSum content;
  std::size_t non_zeros = 0;

  bool has_gaps() const { return non_zeros != matrix.entries.size(); }
  void close_gaps();
};

/// Fills the room that a row didn't need. No entry has this column: indices end at 2^31.
constexpr std::uint32_t kGap = ~std::uint32_t{0};

/// Moves each row up to the end of the one before it.
void Arrays::close_gaps() {
  Entry* out = matrix.entries.data();
  const Entry* row = out;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Entry* const next = matrix.entries.data() + matrix.offsets[i + 1];
    const Entry* end = next;
    while (end != row && end[-1].column == kGap) --end;
    out = std::copy(row, end, out);
    row = next;
    matrix.offsets[i + 1] = static_cast<std::uint64_t>(out - matrix.entries.data());
  }
  matrix.entries.resize(non_zeros);
}

struct Chunk {
  std::string_view text;
  std::vector<std::uint32_t> bounds;  ///< of the length of each row
  std::size_t first_row = 0;
  Ranks ranks{};                         ///< of its first row
  std::array<ContentSum, 2> content{};   ///< of each part
  std::array<std::size_t, 2> entries{};  ///< of each part
  LabelValues labels;
  bool has_large_values = false;  ///< see column_values.h
};

/// Puts the rows of a chunk in their places.
class PlacedRows final : public RowSink {
 public:
  PlacedRows(Chunk& chunk, const Placement& placement, std::vector<Arrays>& parts)
      : chunk_(chunk), placement_(placement), parts_(parts), row_(chunk.first_row) {}

  Entry* begin_row() override {
    place_ = placement_.place(row_++);
    part_ = placement_.part_of(place_);
    place_ -= placement_.first_place(part_);
    SparseMatrix& matrix = parts_[part_].matrix;
    first_ = matrix.entries.data() + matrix.offsets[place_];
    return first_;
  }
  void end_row(const Decimal& target, const char* where, const Entry* end) override {
    const auto length = static_cast<std::size_t>(end - first_);
    parts_[part_].targets[place_] = target.nearest;
    SparseMatrix& matrix = parts_[part_].matrix;
    std::fill(first_ + length, matrix.entries.data() + matrix.offsets[place_ + 1], Entry(kGap, 0));
    chunk_.entries[part_] += length;
    chunk_.content[part_].add(content_of({first_, length}), target.nearest, chunk_.ranks[part_]++);
    chunk_.labels.add(target.value, where);
    chunk_.has_large_values |= has_large_value({first_, length});
  }

 private:
  Chunk& chunk_;
  const Placement& placement_;
  std::vector<Arrays>& parts_;
  std::size_t row_;
  std::size_t place_ = 0;  ///< in the part
  std::size_t part_ = 0;
  Entry* first_ = nullptr;
};

/// The chunks with their bounds; returns the number of rows.
std::size_t count_rows(const InputFile& file, std::vector<Chunk>& chunks,
                       const ParallelFor& parallel) {
  for (const std::string_view text : line_chunks(file.bytes(), kChunkBytes))
    chunks.emplace_back().text = text;
  for_each_chunk(file, chunks.size(), parallel,
                 [&](std::size_t i) { chunks[i].bounds = bounds_of_rows(chunks[i].text); });
  std::size_t rows = 0;
  for (Chunk& chunk : chunks) {
    chunk.first_row = rows;
    rows += chunk.bounds.size();
  }
  return rows;
}

void find_ranks(std::vector<Chunk>& chunks, const Placement& placement) {
  std::vector<std::size_t> rows;
  for (const Chunk& chunk : chunks) rows.push_back(chunk.first_row);
  const auto ranks = ranks_at(placement, rows);
  for (std::size_t i = 0; i < chunks.size(); ++i) chunks[i].ranks = ranks[i];
}

/// Each part's arrays with the rows' places, as far apart as their bounds ask for, which are freed.
std::vector<Arrays> make_arrays(std::vector<Chunk>& chunks, const Placement& placement) {
  std::vector<Arrays> parts(placement.parts());
  for (std::size_t part = 0; part < parts.size(); ++part)
    parts[part].matrix.offsets.resize(placement.rows_of(part) + 1);
  for (Chunk& chunk : chunks) {
    std::size_t row = chunk.first_row;
    for (const std::uint32_t bound : chunk.bounds) {
      const std::size_t place = placement.place(row++), part = placement.part_of(place);
      parts[part].matrix.offsets[place - placement.first_place(part) + 1] = bound;
    }
    std::exchange(chunk.bounds, std::vector<std::uint32_t>());
  }
  for (Arrays& part : parts) {
    auto& [columns, offsets, entries] = part.matrix;
    std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
    entries.resize(offsets.back());
    part.targets.resize(offsets.size() - 1);
  }
  return parts;
}

/// Adds up what the chunks counted, closes the gaps, and makes all parts equally wide.
void finish(const std::vector<Chunk>& chunks, std::vector<Arrays>& parts) {
  std::size_t columns = 0;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    for (const Chunk& chunk : chunks) {
      parts[part].content.add(chunk.content[part]);
      parts[part].non_zeros += chunk.entries[part];
    }
    columns = std::max(columns, parts[part].content.columns());
    if (parts[part].has_gaps()) parts[part].close_gaps();
  }
  for (Arrays& part : parts) part.matrix.columns = columns;
}

void add_remarks(const InputFile& file, const std::vector<Chunk>& chunks, LibsvmRemarks& remarks) {
  std::vector<std::string_view> with_large_values;
  for (const Chunk& chunk : chunks) {
    remarks.labels.add(chunk.labels);
    if (chunk.has_large_values) with_large_values.push_back(chunk.text);
  }
  for (const MergedPair& pair : merged_large_values(with_large_values))
    remarks.notes.push_back(file.path() + ": feature " + std::to_string(pair.column) + ": " +
                            text_of(pair) +
                            ", and others like them, are one value in single "
                            "precision; subtract a constant from the feature");
}

std::vector<SourcePart> stored(std::vector<Arrays> parts, const ParallelFor& parallel) {
  std::size_t rows = 0, non_zeros = 0;
  for (const Arrays& part : parts) {
    rows += part.targets.size();
    non_zeros += part.non_zeros;
  }
  const std::size_t columns = parts[0].matrix.columns;
  const bool dense = is_dense(non_zeros, rows, columns);
  std::vector<SourcePart> result;
  for (Arrays& part : parts) {
    SparseMatrix matrix = std::move(part.matrix);
    Features features;
    if (dense)
      features = to_dense(matrix, columns, parallel);
    else
      features = std::move(matrix);
    result.push_back({{std::move(features), std::move(part.targets)}, part.content.checksum()});
  }
  return result;
}

}  // namespace

std::vector<SourcePart> read_libsvm(const InputFile& file, std::uint32_t index_base,
                                    const Placer& placer, LibsvmRemarks& remarks,
                                    const ParallelFor& parallel) {
  std::vector<Chunk> chunks;
  const std::size_t rows = count_rows(file, chunks, parallel);
  if (rows == 0) throw BadData(file.path() + ":1:1: the file has no rows");
  const Placement placement = placer(rows);
  find_ranks(chunks, placement);
  std::vector<Arrays> parts = make_arrays(chunks, placement);
  for_each_chunk(file, chunks.size(), parallel, [&](std::size_t i) {
    PlacedRows sink(chunks[i], placement, parts);
    parse_libsvm(chunks[i].text, index_base, sink);
  });
  finish(chunks, parts);
  add_remarks(file, chunks, remarks);
  return stored(std::move(parts), parallel);
}

}  // namespace sgdbench

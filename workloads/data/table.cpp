#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "workloads/data/checksum.h"
#include "workloads/data/readers.h"
#include "workloads/data/table_lines.h"
#include "workloads/data/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

struct TableChunk {
  std::string_view text;
  std::size_t rows = 0, first_row = 0;
  Ranks ranks{};                        ///< of its first row
  std::array<ContentSum, 2> content{};  ///< of each part
  ColumnMoments moments;                ///< of its training rows
  LabelValues labels;
  std::vector<MergedPair> merged;
};

class TableReader {
 public:
  TableReader(const InputFile& file, const TableColumns& columns, const ParallelFor& parallel)
      : file_(file), columns_(columns), parallel_(parallel) {}

  void count_rows();
  void place_rows(const Placer& placer);
  Scaling fit();
  /// Scaled where `scaling` isn't null.
  std::vector<DenseMatrix> read(const Scaling* scaling);
  Table finish(std::vector<DenseMatrix> matrices, bool as_they_are);
  /// A sentence about columns whose values became one.
  std::vector<std::string> notes(bool is_scaled) const;

 private:
  bool has_short_rows() const;
  template <class Body>
  void for_chunks(const Body& body) {
    for_each_chunk(file_, chunks_.size(), parallel_, [&](std::size_t i) { body(chunks_[i]); });
  }
  void read_chunk(TableChunk& chunk, const Scaling* scaling, std::vector<DenseMatrix>& matrices);

  const InputFile& file_;
  const TableColumns& columns_;
  const ParallelFor& parallel_;
  std::vector<TableChunk> chunks_;
  std::size_t rows_ = 0;
  Placement placement_;
  std::vector<std::vector<float>> targets_;  ///< of each part
};

void TableReader::count_rows() {
  const std::string_view text = file_.bytes().substr(columns_.header.length);
  for (const std::string_view piece : line_chunks(text, kChunkBytes))
    chunks_.emplace_back().text = piece;
  for_chunks([](TableChunk& chunk) { chunk.rows = sgdbench::count_rows(chunk.text); });
  for (TableChunk& chunk : chunks_) {
    chunk.first_row = rows_;
    rows_ += chunk.rows;
  }
  if (rows_ == 0)
    throw BadData(
        file_.path() + ":1:1: " +
        (columns_.header.names.empty() ? "the file has no rows" : "a header and no rows"));
  // A broken file may have a long first line and many short ones: then there is nothing to store.
  if (has_short_rows())
    for_chunks(
        [&](TableChunk& chunk) { RowParser(chunk.text, columns_).parse([](auto...) {}, [] {}); });
}

/// Whether the text is too short for its rows: a separator or line end for each column, and a
/// character at least for those that are not left out.
bool TableReader::has_short_rows() const {
  return rows_ > (file_.bytes().size() + 1) / (columns_.roles.size() + columns_.features + 1);
}

void TableReader::place_rows(const Placer& placer) {
  placement_ = placer(rows_);
  std::vector<std::size_t> rows;
  for (const TableChunk& chunk : chunks_) rows.push_back(chunk.first_row);
  const auto ranks = ranks_at(placement_, rows);
  for (std::size_t i = 0; i < chunks_.size(); ++i) chunks_[i].ranks = ranks[i];
}

Scaling TableReader::fit() {
  for_chunks([&](TableChunk& chunk) {
    chunk.moments = ColumnMoments(columns_.features);
    std::vector<double> row(columns_.features);
    std::size_t number = chunk.first_row;
    RowParser(chunk.text, columns_)
        .parse(
            [&](std::uint32_t role, const Decimal& decimal, const char*) {
              if (role != TableColumns::kLabel) row[role] = decimal.value;
            },
            [&] {
              if (placement_.part_of(placement_.place(number++)) == 0)
                chunk.moments.add(std::span<const double>(row));
            });
  });
  ColumnMoments all(columns_.features);
  for (TableChunk& chunk : chunks_) {
    all.add(chunk.moments);
    chunk.moments = ColumnMoments();
  }
  return std::move(all).scaling();
}

std::vector<DenseMatrix> TableReader::read(const Scaling* scaling) {
  std::vector<DenseMatrix> matrices;
  for (std::size_t part = 0; part < placement_.parts(); ++part) {
    matrices.emplace_back(placement_.rows_of(part), columns_.features);
    targets_.emplace_back(placement_.rows_of(part));
  }
  for_chunks([&](TableChunk& chunk) { read_chunk(chunk, scaling, matrices); });
  return matrices;
}

void TableReader::read_chunk(TableChunk& chunk, const Scaling* scaling,
                             std::vector<DenseMatrix>& matrices) {
  const auto label_column = static_cast<std::uint32_t>(columns_.features);
  MergedValues merged(columns_.features + 1, chunk.rows, scaling != nullptr);
  std::size_t number = chunk.first_row;
  std::size_t part = 0, place = 0;
  std::span<Real> row;
  float target = 0;
  const auto find_place = [&] {
    if (number == rows_) return;
    place = placement_.place(number);
    part = placement_.part_of(place);
    place -= placement_.first_place(part);
    row = matrices[part].row(place);
  };
  find_place();
  RowParser(chunk.text, columns_)
      .parse(
          [&](std::uint32_t role, const Decimal& decimal, const char* where) {
            if (role == TableColumns::kLabel) {
              target = decimal.nearest;
              chunk.labels.add(decimal.value, where);
              merged.see(label_column, decimal, target);
              return;
            }
            Real stored = decimal.nearest;
            if (scaling != nullptr)
              stored = static_cast<Real>(scaling->scaled(role, decimal.value));
            row[role] = stored;
            merged.see(role, decimal, stored);
          },
          [&] {
            targets_[part][place] = target;
            chunk.content[part].add(content_of(std::span<const Real>(row)), target,
                                    chunk.ranks[part]++);
            ++number;
            find_place();
          });
  chunk.merged = merged.found();
}

/// `as_they_are`: stored dense with all columns, whatever they hold.
Table TableReader::finish(std::vector<DenseMatrix> matrices, bool as_they_are) {
  std::vector<Features> features;
  if (as_they_are)
    features.assign(std::make_move_iterator(matrices.begin()),
                    std::make_move_iterator(matrices.end()));
  else
    features = stored_by_density(std::move(matrices), parallel_);
  Table table;
  for (std::size_t part = 0; part < features.size(); ++part) {
    ContentSum content;
    for (const TableChunk& chunk : chunks_) content.add(chunk.content[part]);
    table.parts.push_back(
        {{std::move(features[part]), std::move(targets_[part])}, content.checksum()});
  }
  for (const TableChunk& chunk : chunks_) table.labels.add(chunk.labels);
  return table;
}

std::vector<std::string> TableReader::notes(bool is_scaled) const {
  std::vector<std::string> notes;
  std::set<std::uint32_t> said;
  for (const TableChunk& chunk : chunks_)
    for (const MergedPair& pair : chunk.merged) {
      if (!said.insert(pair.column).second) continue;
      const bool is_label = pair.column == columns_.features;
      const std::size_t column = is_label ? columns_.label() : columns_.column_of(pair.column);
      notes.push_back(file_.path() + ": " + columns_.column_name(column) + ": " + text_of(pair) +
                      ", and others like them, are one value in single precision" +
                      (is_label    ? "; subtract a constant from the labels"
                       : is_scaled ? ", also standardised"
                                   : "; `standardize` keeps them apart where that can be"));
    }
  return notes;
}

TableHeader header_of(const InputFile& file, HeaderRule rule) {
  TableHeader header = read_table_header(file, rule);
  if (header.columns == 0) throw BadData(file.path() + ":1:1: the file has no rows");
  if (header.columns > 1) return header;
  std::string_view text = file.bytes().substr(header.length);
  throw BadData(file.path() + ":1:1: one column, beginning with " + quoted_name(next_line(text)) +
                "; a table has a label and at least one feature, with a comma, tab, semicolon or "
                "bar between them");
}

}  // namespace

Table read_table(const InputFile& file, const DataRequest& request, const Placer& placer,
                 const ParallelFor& parallel) {
  std::vector<std::string> notes;
  auto facts = std::make_shared<TableFacts>(
      TableFacts{arrange_columns(header_of(file, request.header), file, request, notes), {}});
  TableReader reader(file, facts->columns, parallel);
  reader.count_rows();
  reader.place_rows(placer);
  if (request.standardize) facts->scaling = reader.fit();
  const Scaling* const scaling = facts->scaling ? &*facts->scaling : nullptr;
  Table table = reader.finish(reader.read(scaling), request.standardize);
  for (std::string& note : reader.notes(request.standardize)) notes.push_back(std::move(note));
  table.notes = std::move(notes);
  facts->columns.header.places.clear();
  table.facts = std::move(facts);
  return table;
}

Table read_test_table(const InputFile& file, const DataRequest& request,
                      const std::shared_ptr<const TableFacts>& training, const std::string& name,
                      const ParallelFor& parallel) {
  const TableColumns columns =
      match_columns(header_of(file, request.header), file, training->columns, name);
  TableReader reader(file, columns, parallel);
  reader.count_rows();
  reader.place_rows(in_file_order);
  const auto& scaling = training->scaling;
  Table table = reader.finish(reader.read(scaling ? &*scaling : nullptr), scaling.has_value());
  table.facts = training;
  return table;
}

}  // namespace sgdbench

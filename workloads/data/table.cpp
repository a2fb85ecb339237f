#include "workloads/data/table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "workloads/data/error.h"
#include "workloads/data/number.h"
#include "workloads/data/table_header.h"
#include "workloads/data/text.h"

namespace sgdbench {
namespace {

struct Layout {
  char separator;
  std::size_t columns;
  std::size_t label;
};

/// One chunk's rows. They are gathered piece by piece, and not in one matrix sized by lines times
/// columns, because a broken file may have a long first line and many short ones.
struct Piece {
  std::vector<float> features;
  std::vector<float> targets;
  std::size_t first_row = 0;
};

class RowParser {
 public:
  RowParser(std::string_view chunk, const Layout& layout)
      : end_(chunk.data() + chunk.size()), layout_(layout) {}

  const char* parse_row(const char* p, Piece& piece) const;
  const char* skip_blanks(const char* p) const {
    while (p < end_ && (*p == ' ' || *p == '\r' || (*p == '\t' && layout_.separator != '\t'))) ++p;
    return p;
  }
  bool ends_row(const char* p) const { return p == end_ || *p == '\n'; }

 private:
  bool ends_cell(const char* p) const { return ends_row(p) || *p == layout_.separator; }
  const char* parse_cell(const char* p, float& value) const;
  [[noreturn]] void refuse_cell(const char* p) const;

  const char* end_;
  Layout layout_;
};

const char* RowParser::parse_row(const char* p, Piece& piece) const {
  for (std::size_t column = 0; column < layout_.columns; ++column) {
    float value = 0;
    p = parse_cell(p, value);
    if (column == layout_.label)
      piece.targets.push_back(value);
    else
      piece.features.push_back(value);
    if (column + 1 == layout_.columns) break;
    if (ends_row(p))
      throw TextError{p, "the row ends after " + std::to_string(column + 1) +
                             " cells; the first row has " + std::to_string(layout_.columns)};
    ++p;
  }
  if (!ends_row(p))
    throw TextError{p, "the row goes on after " + std::to_string(layout_.columns) +
                           " cells; the first row has no more"};
  return p;
}

/// Reads the number at p; returns the separator or line end behind it.
const char* RowParser::parse_cell(const char* p, float& value) const {
  p = skip_blanks(p);
  const char* const cell = p;
  const bool is_quoted = p < end_ && *p == '"';
  if (is_quoted) p = skip_blanks(p + 1);
  const char* q = ends_cell(p) ? nullptr : parse_float(p, value);
  if (q == nullptr) refuse_cell(cell);
  if (is_quoted) {
    q = skip_blanks(q);
    if (q >= end_ || *q != '"') refuse_cell(cell);
    ++q;
  }
  q = skip_blanks(q);
  if (!ends_cell(q)) refuse_cell(cell);
  return q;
}

void RowParser::refuse_cell(const char* p) const {
  if (ends_cell(p)) throw TextError{p, "an empty cell; every cell must be a number"};
  const char* q = p;
  while (!ends_cell(q)) ++q;
  while (q > p + 1 && (q[-1] == ' ' || q[-1] == '\r')) --q;
  throw TextError{p, "cell " + describe_bad_number(p, q)};
}

Piece parse_piece(std::string_view chunk, const Layout& layout) {
  Piece piece;
  const RowParser parser(chunk, layout);
  const char* const end = chunk.data() + chunk.size();
  for (const char* p = chunk.data(); p < end; ++p) {
    const char* const q = parser.skip_blanks(p);
    p = parser.ends_row(q) ? q : parser.parse_row(p, piece);
  }
  return piece;
}

/// Lays the pieces out as one matrix, freeing each as it is done.
DenseMatrix assemble(std::vector<Piece>& pieces, std::size_t rows, std::size_t columns,
                     const ParallelFor& parallel) {
  DenseMatrix matrix(rows, columns);
  parallel(pieces.size(), [&](std::size_t k) {
    const Piece piece = std::move(pieces[k]);
    const float* from = piece.features.data();
    for (std::size_t i = 0; i < piece.targets.size(); ++i, from += columns)
      std::copy_n(from, columns, matrix.row(piece.first_row + i).data());
  });
  return matrix;
}

}  // namespace

Examples read_table(const InputFile& file, char separator, const std::string& label_column,
                    const ParallelFor& parallel) {
  const TableHeader header = read_table_header(file.bytes(), separator);
  if (header.columns == 0) throw BadData(file.path() + ":1:1: the file has no rows");
  if (header.columns == 1)
    throw BadData(file.path() + ":1:1: one column; a label and at least one feature are needed");
  const Layout layout{separator, header.columns,
                      find_label_column(header, label_column, file.path())};

  const auto chunks = line_chunks(file.bytes().substr(header.length), kChunkBytes);
  std::vector<Piece> pieces(chunks.size());
  for_each_chunk(file, chunks.size(), parallel,
                 [&](std::size_t i) { pieces[i] = parse_piece(chunks[i], layout); });
  std::vector<float> targets;
  for (Piece& piece : pieces) {
    piece.first_row = targets.size();
    targets.insert(targets.end(), piece.targets.begin(), piece.targets.end());
  }
  if (targets.empty()) throw BadData(file.path() + ":1:1: a header and no rows");
  auto matrix = assemble(pieces, targets.size(), header.columns - 1, parallel);
  return {std::move(matrix), std::move(targets)};
}

}  // namespace sgdbench

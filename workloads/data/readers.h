// Readers of data files: which format a file is in, and IDX, LIBSVM text and tables in memory.
//
// Which format it is follows from what the file contains, in this order:
//   1. 00 00, a type code 08 … 0e and a number of dimensions: IDX.
//   2. Something else that is known, or binary: refused (foreign_kind).
//   3. Text. Of its first line that is neither blank nor a comment: if the second word starts with
//      digits and a colon, or with "qid:", it is LIBSVM. Otherwise, if its lines have a separator
//      (table_lines.h), it is a table.
//   4. Where neither shows (rows without features, one column), a name in .csv or .tsv (before
//      .gz, .bz2, .xz or .zst) says table, and everything else is LIBSVM.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/data/catalog.h"
#include "workloads/data/column_values.h"
#include "workloads/data/input_file.h"
#include "workloads/data/placement.h"
#include "workloads/data/storage.h"
#include "workloads/data/text.h"
#include "workloads/parallel.h"

namespace sgdbench {

enum class FileFormat { libsvm, idx, table };

/// Throws BadData for what none of them is.
FileFormat detect_format(std::string_view path, std::string_view content);

/// What the content is and what would be right, as a clause for an error message; none for text and
/// for IDX files.
std::optional<std::string> foreign_kind(std::string_view content);

// IDX files, the format of the MNIST family: a magic number, sizes in big-endian order, bytes.
//
//   images  00 00 08 03  count  height  width   one byte per pixel
//   labels  00 00 08 01  count                  one byte per image
//
// A pair is named by its images file; the labels file stands beside it and is called the same with
// "labels-idx1" for "images-idx3" (or "labels.idx1" for "images.idx3"), with or without ".gz".
// Pixels become byte/255, in [0, 1]. The sizes are checked against the bytes that are really there
// and the memory that is free before anything is allocated. Images are dense, all pixels kept;
// those so narrow that the padding of a dense row would be most of it (1 × 1 to 2 × 3) are sparse.

bool looks_like_idx(std::string_view content);

/// Throws BadData, or MissingData if the labels file is missing. Adds the bytes of both files to
/// `bytes_read`.
Examples read_idx_pair(const InputFile& images, std::uint64_t& bytes_read,
                       const ParallelFor& parallel, const ReadLimits& limits = {});

/// The labels file beside these images; none where there is none, or the name is of no pair.
std::optional<std::string> labels_of(const std::string& images);

/// The images file of the t10k pair that stands beside a train pair; none if `images` is no train
/// file or stands alone.
std::optional<std::string> test_images_beside(const std::string& images);

/// The training images of Fashion-MNIST, so that `fashion-mnist` works as a name; searched in this
/// order: $SGDBENCH_DATA, $XDG_DATA_HOME/sgdbench (default
/// ~/.local/share/sgdbench), each also with a folder fashion-mnist in it, then where Debian's
/// package puts them. Throws MissingData with the command that installs that package.
std::string find_fashion_mnist();

// LIBSVM text to compressed sparse rows in their final order, on all cores, in hardly more memory
// than the result takes.
//
// Two passes over the text, in chunks cut at line ends. The first counts, at the speed of memory,
// the rows and the colons of each: an entry needs one, so they bound its length. With the
// number of rows known, each row's part and place are; with the lengths in the order of the places,
// so is where its entries start. The second pass parses every row straight to there. Nothing is
// copied or grown. Where the counts were too high (zeros written as 0.0, colons in comments), the
// gaps are closed at the end.
//
// Beside the result and the text there are 4 bytes a row, for its place. The checksums are summed
// up while each row is still in the nearest cache.

/// What is to be said of a file beside its parts.
struct LibsvmRemarks {
  LabelValues labels;              ///< their places are in the file's text
  std::vector<std::string> notes;  ///< whole sentences
};

/// Stored by the density rule (storage.h). `index_base` is 0 or 1; columns go up to the last
/// non-zero one of all parts. Throws BadData. The rules for what a row may look like stand at
/// parse_libsvm().
std::vector<SourcePart> read_libsvm(const InputFile& file, std::uint32_t index_base,
                                    const Placer& placer, LibsvmRemarks& remarks,
                                    const ParallelFor& parallel);

/// Takes a chunk's rows, one after the other.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Where the next row's entries go: room for as many as bounds_of_rows() says.
  virtual Entry* begin_row() = 0;
  /// `where` is the target's place in the text.
  virtual void end_row(const Decimal& target, const char* where, const Entry* end) = 0;
};

/// One chunk of LIBSVM text into rows: the loop that decides how fast files load.
///
///   row     = label { blanks index ":" value } [ "#" comment ] end of line
///   index   = digits, at most 2^31, not below the index base
///   value   = finite decimal number (text.h)
///
/// Rules. Blank lines and lines with only a comment are no rows. A row's indices may come in any
/// order and are sorted; a repeated one is refused. Explicit zeros are dropped, as a table of the
/// same numbers can't tell them from absent ones. `qid:` (ranking data) is refused.
///
/// Throws TextError. `chunk` holds whole lines and is followed by InputFile::kPadding readable
/// bytes; `index_base` is 0 or 1.
void parse_libsvm(std::string_view chunk, std::uint32_t index_base, RowSink& sink);

/// ' ', tab, or the '\r' of a line end.
inline bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// For each row of a piece of LIBSVM text, a number of entries that it doesn't exceed, at the speed
/// of memory. A line is a row if it has something before a '#' that is no blank, which is what the
/// parser will say as well. A row has at most as many entries as its line has colons, less those
/// that begin ":0" and a blank or line end: explicit zeros, which are dropped. `chunk` holds whole
/// lines and is followed by InputFile::kPadding readable bytes. Throws TextError where a number is
/// above 2^31.
std::vector<std::uint32_t> bounds_of_rows(std::string_view chunk);

// Dense tables: CSV, TSV and the like, to matrices in their final order.
//
// Rules. Cells are separated as table_lines.h says.
// Cells may have blanks around them and may be quoted ("" inside quotes is one "), but a quoted
// cell can't span lines. Every row has as many cells as the first line; all below the header are
// finite numbers, but for those of columns that are left out. Blank lines are skipped.
//
// Memory. The text is parsed twice or three times, so that beside it there is nothing but the
// result. The first pass counts rows; with them, each row's part and place are known. The second,
// for data that are to be standardised, parses in double and gathers mean and deviation of the
// training rows. The last parses in double again, scales, rounds once, and writes to the place.
//
// Columns. Each is the label, left out, or a feature. A first line is the header, with the columns'
// names, if none of its cells is a number and one of them is neither empty nor a missing value
// (nan, inf, na, null), or if the request says so. A line of numbers and names is refused unless
// the request says what it is, and so is 0,1,2,3…, as programs write it that number nameless
// columns. A table to test on has the training table's columns, in any order: they are matched by
// name. Two tables without headers are matched by position; one with and one without can't be
// matched.

/// The first line of a table.
struct TableHeader {
  char separator = ',';
  std::vector<std::string> names;   ///< empty: there is no header
  std::size_t columns = 0;          ///< cells of the first line
  std::vector<const char*> places;  ///< of these cells
  std::size_t length = 0;           ///< bytes before the first row
};

/// Throws BadData where the first line is neither a header nor a row.
TableHeader read_table_header(const InputFile& file, HeaderRule rule);

struct TableColumns {
  static constexpr std::uint32_t kLabel = ~std::uint32_t{0};
  static constexpr std::uint32_t kLeftOut = kLabel - 1;

  TableHeader header;
  std::vector<std::uint32_t> roles;  ///< of each column: its feature's number, or one of the above
  std::size_t features = 0;

  std::size_t label() const;  ///< the label's column, from 0
  /// "column 3", or "column 'width'" where there is a header.
  std::string column_name(std::size_t column) const;
  /// The column that is a feature.
  std::size_t column_of(std::uint32_t feature) const;
};

/// What a table says beside its rows, and a table to test on has to go by.
struct TableFacts {
  TableColumns columns;
  std::optional<Scaling> scaling;  ///< of the features, where they were standardised
};

/// The columns of a table to train on, and what is to be said about them. Throws BadData, or
/// UsageError for a column that was asked for and isn't there.
TableColumns arrange_columns(const TableHeader& header, const InputFile& file,
                             const DataRequest& request, std::vector<std::string>& notes);

/// The columns of a table to test on, each with the role that it has in the training table, `name`
/// being that one's. Throws BadData where they can't be matched.
TableColumns match_columns(const TableHeader& header, const InputFile& file,
                           const TableColumns& training, const std::string& name);

struct Table {
  std::vector<SourcePart> parts;
  std::shared_ptr<const TableFacts> facts;
  LabelValues labels;              ///< their places are in the file's text
  std::vector<std::string> notes;  ///< whole sentences
};

/// A table to train on, standardised if the request says so, or else stored by the density rule
/// (storage.h). Throws BadData, or UsageError for a column that was asked for and isn't there.
Table read_table(const InputFile& file, const DataRequest& request, const Placer& placer,
                 const ParallelFor& parallel);

/// A table to test on what `training` says, which is called `name`: with its columns, and scaled as
/// it is.
Table read_test_table(const InputFile& file, const DataRequest& request,
                      const std::shared_ptr<const TableFacts>& training, const std::string& name,
                      const ParallelFor& parallel);

}  // namespace sgdbench

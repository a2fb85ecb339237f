#include "workloads/data/libsvm.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "workloads/data/error.h"
#include "workloads/data/libsvm_parser.h"
#include "workloads/data/text.h"

namespace sgdbench {
namespace {

/// A chunk of the text and where its rows start in the final arrays.
struct Slot {
  std::string_view text;
  std::size_t first_row = 0;
  std::size_t first_entry = 0;
  ParsedRows parsed;
};

std::vector<Slot> make_slots(const InputFile& file, const ParallelFor& parallel, Tally& total) {
  const auto chunks = line_chunks(file.bytes(), kChunkBytes);
  std::vector<Tally> tallies(chunks.size());
  parallel(chunks.size(), [&](std::size_t i) { tallies[i] = tally(chunks[i]); });
  std::vector<Slot> slots(chunks.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    slots[i] = {chunks[i], total.lines, total.colons, {}};
    total.lines += tallies[i].lines;
    total.colons += tallies[i].colons;
  }
  return slots;
}

/// Moves each chunk's rows up to the end of the ones before it.
void close_gaps(const std::vector<Slot>& slots, SparseMatrix& matrix, std::vector<float>& targets) {
  std::size_t rows = 0;
  std::size_t entries = 0;
  for (const Slot& slot : slots) {
    const auto moved = slot.first_entry - entries;
    if (moved > 0) {
      const Entry* from = matrix.entries.data() + slot.first_entry;
      std::copy(from, from + slot.parsed.entries, matrix.entries.data() + entries);
    }
    for (std::size_t i = 0; i < slot.parsed.rows; ++i) {
      targets[rows + i] = targets[slot.first_row + i];
      matrix.offsets[rows + i + 1] = matrix.offsets[slot.first_row + i + 1] - moved;
    }
    rows += slot.parsed.rows;
    entries += slot.parsed.entries;
  }
  targets.resize(rows);
  matrix.offsets.resize(rows + 1);
  matrix.entries.resize(entries);
}

}  // namespace

Examples read_libsvm(const InputFile& file, std::uint32_t index_base, const ParallelFor& parallel) {
  Tally total;
  std::vector<Slot> slots = make_slots(file, parallel, total);
  SparseMatrix matrix;
  std::vector<float> targets(total.lines);
  matrix.offsets.resize(total.lines + 1);
  matrix.entries.resize(total.colons);
  prefer_huge_pages(matrix.entries.data(), total.colons * sizeof(Entry));
  for_each_chunk(file, slots.size(), parallel, [&](std::size_t i) {
    Slot& slot = slots[i];
    slot.parsed =
        parse_libsvm(slot.text, index_base,
                     {matrix.entries.data() + slot.first_entry, slot.first_entry,
                      matrix.offsets.data() + slot.first_row + 1, targets.data() + slot.first_row});
  });

  std::size_t rows = 0;
  std::size_t entries = 0;
  for (const Slot& slot : slots) {
    rows += slot.parsed.rows;
    entries += slot.parsed.entries;
    matrix.columns = std::max(matrix.columns, slot.parsed.columns);
  }
  if (rows == 0) throw BadData(file.path() + ":1:1: the file has no rows");
  if (rows != total.lines || entries != total.colons) close_gaps(slots, matrix, targets);
  return {std::move(matrix), std::move(targets)};
}

}  // namespace sgdbench

#include "workloads/data/generators/generators.h"

#include <algorithm>
#include <utility>

#include "workloads/data/generators/portable_math.h"

namespace sgdbench {
namespace {

constexpr std::size_t kBlock = 1024;

}  // namespace

const std::vector<Generator>& generator_catalog() {
  static const std::vector<Generator> catalog = {kRcv1Like,  kRealSimLike, kNews20Like,
                                                 kW8aLike,   kCovtypeLike, kEpsilonLike,
                                                 kMnistLike, kDisjoint,    kQuadratic};
  return catalog;
}

Examples make_sparse(std::size_t rows, std::size_t columns, const ParallelFor& parallel,
                     const MakeSparseRow& make_row) {
  SparseMatrix matrix;
  matrix.columns = columns;
  matrix.offsets.resize(rows + 1);
  std::vector<float> targets(rows);
  std::vector<std::vector<Entry>> blocks((rows + kBlock - 1) / kBlock);
  parallel(blocks.size(), [&](std::size_t block) {
    for (std::size_t i = block * kBlock; i < std::min(rows, (block + 1) * kBlock); ++i) {
      const std::size_t before = blocks[block].size();
      targets[i] = make_row(i, blocks[block]);
      matrix.offsets[i + 1] = blocks[block].size() - before;
    }
  });
  for (std::size_t i = 0; i < rows; ++i) matrix.offsets[i + 1] += matrix.offsets[i];
  matrix.entries.resize(matrix.offsets.back());
  parallel(blocks.size(), [&](std::size_t block) {
    const std::vector<Entry> entries = std::move(blocks[block]);
    std::copy(entries.begin(), entries.end(),
              matrix.entries.data() + matrix.offsets[block * kBlock]);
  });
  return {std::move(matrix), std::move(targets)};
}

Examples make_dense(std::size_t rows, std::size_t columns, const ParallelFor& parallel,
                    const MakeDenseRow& make_row) {
  DenseMatrix matrix(rows, columns);
  std::vector<float> targets(rows);
  parallel((rows + kBlock - 1) / kBlock, [&](std::size_t block) {
    for (std::size_t i = block * kBlock; i < std::min(rows, (block + 1) * kBlock); ++i)
      targets[i] = make_row(i, matrix.row(i));
  });
  return {std::move(matrix), std::move(targets)};
}

double dense_bytes(std::size_t rows, std::size_t columns) {
  return static_cast<double>(rows) * static_cast<double>(padded_to_line(columns)) * sizeof(Real);
}

float noisy_label(double margin, Random& random) {
  return random.uniform() < portable::sigmoid(std::clamp(margin, -500.0, 500.0)) ? 1.0f : -1.0f;
}

}  // namespace sgdbench

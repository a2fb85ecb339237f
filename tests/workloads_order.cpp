#include <doctest/doctest.h>

#include <map>

#include "tests/workloads_fixture.h"
#include "workloads/names.h"
#include "workloads/sample_order.h"

using namespace sgdbench;

namespace {

std::vector<std::uint32_t> epoch_of(const SampleOrder& order, std::uint64_t epoch, std::size_t n,
                                    std::size_t piece) {
  std::vector<std::uint32_t> all, scratch(piece);
  for (std::size_t begin = 0; begin < n; begin += piece) {
    const auto rows = order.rows(epoch, begin, std::min(n, begin + piece), scratch);
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace

TEST_CASE("Every epoch visits every row exactly once, in whatever pieces it is asked for") {
  for (const char* text : {"full", "none", "blocks:1", "blocks:7", "blocks:128"}) {
    for (const std::size_t n : {1u, 6u, 7u, 8u, 127u, 128u, 300u}) {
      CAPTURE(text);
      CAPTURE(n);
      const SampleOrder order(n, 5, Shuffle::parse(text), 3);
      for (std::uint64_t epoch = 0; epoch < 7; ++epoch) {
        auto rows = epoch_of(order, epoch, n, n);
        CHECK(rows == epoch_of(order, epoch, n, 5));
        std::sort(rows.begin(), rows.end());
        bool each_once = rows.size() == n;
        for (std::size_t i = 0; i < rows.size(); ++i) each_once = each_once && rows[i] == i;
        CHECK(each_once);
      }
    }
  }
}

TEST_CASE("The order is a function of the seed, and epochs differ") {
  for (const char* text : {"full", "blocks:3"}) {
    const Shuffle shuffle = Shuffle::parse(text);
    const SampleOrder a(100, 4, shuffle, 1), b(100, 4, shuffle, 1), c(100, 4, shuffle, 2);
    CHECK(epoch_of(a, 2, 100, 10) == epoch_of(b, 2, 100, 10));
    CHECK(epoch_of(a, 2, 100, 10) != epoch_of(c, 2, 100, 10));
    CHECK(epoch_of(a, 2, 100, 10) != epoch_of(a, 3, 100, 10));
  }
}

TEST_CASE("Rows within a block keep their order, and the short block moves like the others") {
  const SampleOrder order(10, 64, Shuffle::parse("blocks:4"), 5);
  std::map<std::size_t, int> short_block_at;
  for (std::uint64_t epoch = 0; epoch < 64; ++epoch) {
    const auto rows = epoch_of(order, epoch, 10, 10);
    for (std::size_t i = 1; i < rows.size(); ++i)
      if (rows[i] % 4 != 0) CHECK(rows[i] == rows[i - 1] + 1);
    ++short_block_at[static_cast<std::size_t>(std::find(rows.begin(), rows.end(), 8u) -
                                              rows.begin())];
  }
  CHECK(short_block_at.size() == 3);
}

TEST_CASE("A full shuffle hands out its own memory, the others fill what they are given") {
  std::vector<std::uint32_t> scratch(4);
  const SampleOrder full(100, 2, Shuffle::parse("full"), 1);
  CHECK(full.rows(0, 3, 7, {}).size() == 4);
  const SampleOrder none(100, 2, Shuffle::parse("none"), 1);
  CHECK(none.rows(0, 3, 7, scratch).data() == scratch.data());
  CHECK(scratch == std::vector<std::uint32_t>{3, 4, 5, 6});
}

TEST_CASE("Shuffles are read from text and written back") {
  for (const char* text : {"full", "none", "blocks:64"})
    CHECK(Shuffle::parse(text).to_string() == text);
  CHECK(Shuffle::parse("blocks").to_string() == "blocks:128");
  for (const char* text : {"", "ful", "blocks:", "blocks:0", "blocks:-1", "blocks:3x", "full:2",
                           "blocks:99999999999999999999"})
    CHECK_THROWS_AS(Shuffle::parse(text), UsageError);
}

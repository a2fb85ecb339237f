#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "backends/curve.h"
#include "backends/loops.h"
#include "backends/work_queue.h"

namespace sgdbench {
namespace {

/// Walks through a block, whose rows are its positions: its mini-batches are those of the plan.
void check_walk(const WorkPlan& plan, const Block& block) {
  std::vector<std::uint32_t> rows(block.end - block.begin);
  std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(block.begin));
  BlockWalk walk(block, rows);
  std::uint64_t t = block.first_update;
  bool same = true;
  do {
    const Block one = plan.mini_batch(t), walked = walk.mini_batch();
    same = same && walked.begin == one.begin && walked.end == one.end &&
           walked.batch == one.batch && walked.epoch == one.epoch && walked.first_update == t &&
           walk.update() == t && walk.rows().size() == one.end - one.begin &&
           walk.rows().front() == one.begin && walk.at_first() == (t == block.first_update) &&
           one.first_update == t;
    ++t;
  } while (walk.advance());
  CHECK(same);
  CHECK(t == block.first_update + block.updates());
  CHECK(plan.mini_batch(t - 1).examples_after == block.examples_after);
  CHECK_FALSE(walk.advance());
  CHECK_FALSE(BlockWalk().advance());
}

}  // namespace

TEST_CASE("A plan covers every position once, in mini-batches whose sizes differ by one at most") {
  for (const std::size_t examples : {1, 7, 128, 203}) {
    for (const std::size_t batch : {1, 3, 64, 500}) {
      for (const std::size_t length : {1, 5, 128}) {
        const WorkPlan plan(examples, batch, length, 3, 0);
        std::uint64_t position = 0, update = 0;
        std::set<std::size_t> sizes;
        for (std::uint64_t k = 0; k < plan.blocks(); ++k) {
          const Block s = plan.block(k);
          CHECK(s.epoch * examples + s.begin == position);
          CHECK(s.first_update == update);
          CHECK(s.end > s.begin);
          CHECK(s.end <= examples);
          position += s.end - s.begin;
          CHECK((s.end - s.begin) % s.batch == 0);
          CHECK(s.batch <= batch);
          sizes.insert(s.batch);
          update += (s.end - s.begin) / s.batch;
          CHECK(s.examples_after == position);
          check_walk(plan, s);
        }
        CHECK(position == 3 * examples);
        CHECK(*sizes.rbegin() - *sizes.begin() <= 1);
        CHECK(update == 3 * ((examples + batch - 1) / batch));
        CHECK(update == plan.updates());
        CHECK(plan.examples() == position);
      }
    }
  }
}

TEST_CASE("A block is no more than a small share of the run, and one mini-batch under delays") {
  RunSpec spec;
  spec.workers = 4;
  spec.epochs = 2;
  CHECK(committing_partition(spec, 100'000).length == 16);
  CHECK(committing_partition(spec, 300).length == 4);
  CHECK(committing_partition(spec, 10).length == 1);
  spec.batch = 4;
  CHECK(committing_partition(spec, 100'000).length == 4);
  spec.batch = 64;
  CHECK(committing_partition(spec, 100'000).length == 1);
  spec.batch = 1;
  spec.updates = 1000;
  CHECK(committing_partition(spec, 100'000).length == 7);
  spec.conditions.latency = Distribution::parse("constant:1ms");
  CHECK(committing_partition(spec, 100'000).length == 1);
}

TEST_CASE("A limit on updates cuts the plan within an epoch") {
  const WorkPlan plan(10, 3, 2, 5, 7);  // 4 mini-batches an epoch: 3, 3, 2, 2
  CHECK(plan.updates() == 7);
  CHECK(plan.blocks() == 4);
  CHECK(plan.examples() == 18);
  CHECK(plan.block(3).epoch == 1);
  CHECK(plan.block(3).end == 8);
}

TEST_CASE("Every inner point of a curve is crossed by exactly one block") {
  const WorkPlan plan(203, 4, 3, 4, 0);
  for (const std::size_t points : {1, 2, 4, 13}) {
    const CurveRecorder curve(1, plan.examples(), {.points = points});
    std::vector<int> crossed(curve.last() + 1);
    std::uint64_t before = 0;
    for (std::uint64_t k = 0; k < plan.blocks(); ++k) {
      const auto after = plan.block(k).examples_after;
      ++crossed[curve.crossed(before, after)];
      before = after;
    }
    for (std::size_t point = 1; point < curve.last(); ++point) CHECK(crossed[point] == 1);
    CHECK(crossed[curve.last()] == 0);
  }
}

TEST_CASE("Geometric points keep one ratio from a thousandth of the run to its end") {
  const CurveRecorder curve(1, 1'000'000, {.points = 4, .spacing = Spacing::geometric});
  REQUIRE(curve.last() == 4);
  CHECK(curve.crossed(0, 999) == 0);
  CHECK(curve.crossed(999, 1000) == 1);
  CHECK(curve.crossed(1000, 10'000) == 2);
  CHECK(curve.crossed(10'000, 99'999) == 0);
  CHECK(curve.crossed(10'000, 100'001) == 3);
  CHECK(curve.crossed(100'001, 1'000'000) == 0);
  const CurveRecorder few(1, 5, {.points = 100, .spacing = Spacing::geometric});
  CHECK(few.last() <= 5);
}

TEST_CASE("A curve says when what it copies is not finite") {
  CurveRecorder curve(2, 10, {.points = 2});
  const Real fine[] = {1, 2}, infinite[] = {1, HUGE_VALF}, nan[] = {NAN, 1};
  CHECK(curve.record(0, 0, 0, 0, fine, Access::exclusive));
  CHECK_FALSE(curve.record(1, 5, 0, 0, infinite, Access::exclusive));
  CHECK_FALSE(curve.record(1, 5, 0, 0, nan, Access::racy_store));
  const auto taken = curve.take();
  CHECK(taken.size() == 2);
  CHECK(taken.back().time == 5);
}

TEST_CASE("No block crosses a segment's border, and the segments are the plan") {
  for (const std::size_t examples : {1, 7, 203})
    for (const std::size_t batch : {1, 3, 64})
      for (const std::size_t length : {1, 5, 128})
        for (const std::uint64_t updates : {0, 11}) {
          CAPTURE(examples);
          CAPTURE(batch);
          CAPTURE(length);
          const std::vector<std::uint64_t> borders{0, 1, 2, 150, 203, 204, 500, 609, 5000};
          const WorkPlan whole(examples, batch, length, 3, updates);
          WorkPlan cut(examples, batch, length, 3, updates, WorkPlan::Limit::mini_batches,
                       [&, next = std::size_t{0}]() mutable {
                         return next < borders.size() ? borders[next++] : UINT64_MAX;
                       });
          CHECK(cut.updates() == whole.updates());
          CHECK(cut.examples() == whole.examples());
          std::uint64_t update = 0, k = 0, landed = 0;
          std::size_t segments = 0;
          do {
            CHECK(cut.first_block() == k);
            CHECK(cut.blocks() > k);
            for (++segments; k < cut.blocks(); ++k) {
              const Block block = cut.block(k);
              CHECK(block.first_update == update);
              CHECK(block.updates() <= length);
              check_walk(cut, block);
              // A border may be passed by less than the mini-batch that reaches it.
              for (const auto border : borders)
                CHECK((border <= landed || border > block.examples_after - block.batch));
              update += block.updates();
              landed = block.examples_after;
            }
          } while (cut.open_next());
          CHECK(update == cut.updates());
          std::size_t inside = 0;
          std::uint64_t last = 0;
          for (const auto border : borders) {
            std::uint64_t t = 0;
            while (t < cut.updates() && border > 0 && whole.mini_batch(t).examples_after < border)
              ++t;
            const std::uint64_t at = border == 0 ? 0 : t + 1;
            if (at > last && at < cut.updates()) {
              ++inside;
              last = at;
            }
          }
          CHECK(segments == inside + 1);
        }
}

TEST_CASE("A plan of very many segments is no longer than one of few, wherever it stands") {
  WorkPlan plan(1000, 1, 128, 1'000'000'000, 0, WorkPlan::Limit::mini_batches,
                [next = std::uint64_t{0}]() mutable { return std::exchange(next, next + 1500); });
  CHECK(plan.updates() == 1'000'000'000'000);
  for (std::uint64_t segment = 0; segment < 1000; ++segment) {
    const Block first = plan.block(plan.first_block()), last = plan.block(plan.blocks() - 1);
    CHECK(first.first_update == 1500 * segment);
    CHECK(last.examples_after == 1500 * (segment + 1));
    CHECK(plan.blocks() - plan.first_block() == 12);  // 8 of an epoch, 4 of half of one
    REQUIRE(plan.open_next());
  }
}

}  // namespace sgdbench

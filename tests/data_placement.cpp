#include <algorithm>
#include <cstring>
#include <numeric>

#include "data_helpers.h"
#include "workloads/data/placement.h"
#include "workloads/data/readers.h"
#include "workloads/random.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

struct Texts {
  std::string plain, with_gaps, csv;
};

/// The same rows as LIBSVM text, as LIBSVM text with all that makes the reader close gaps, and as
/// a table.
Texts random_rows(std::size_t rows) {
  Random random(5);
  Texts texts;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::string label = std::to_string(random.below(3));
    std::string features, with_zeros, cells;
    for (int j = 1; j <= 9; ++j) {
      const std::string value = random.below(4) == 0 ? std::to_string(1 + random.below(99)) : "0";
      const std::string entry = " " + std::to_string(j) + ":" + value;
      cells += "," + value;
      if (value != "0") features += entry;
      if (value != "0" || random.below(2) == 0) with_zeros += entry;
    }
    texts.plain += label + features + "\n";
    texts.with_gaps += "# a:b\n" + label + with_zeros + (i % 5 == 0 ? " # 7:7 8:8\n\n" : "\n");
    texts.csv += label + cells + "\n";
  }
  return texts;
}

void check_equal(const Dataset& a, const Dataset& b) {
  REQUIRE(a.sparse());
  CHECK(a.targets == b.targets);
  CHECK(a.classes == b.classes);
  CHECK(a.checksum == b.checksum);
  CHECK(a.columns() == b.columns());
  REQUIRE(sparse(a).offsets == sparse(b).offsets);
  for (std::size_t k = 0; k < sparse(a).entries.size(); ++k) {
    REQUIRE(sparse(a).entries[k].column == sparse(b).entries[k].column);
    REQUIRE(sparse(a).entries[k].value == sparse(b).entries[k].value);
  }
}

std::ptrdiff_t zeros_in(const std::string& line) {
  std::ptrdiff_t zeros = 0;
  for (std::size_t k = 0; k + 2 < line.size(); ++k)
    zeros += line[k] == ':' && line[k + 1] == '0' && std::strchr(" \t\r\n", line[k + 2]) ? 1 : 0;
  return zeros;
}

/// A plain line-by-line count of colons, without those of zeros.
std::vector<std::uint32_t> bounds_line_by_line(std::string_view text) {
  std::vector<std::uint32_t> colons;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    const auto first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#')
      colons.push_back(
          static_cast<std::uint32_t>(std::count(line.begin(), line.end(), ':') -
                                     zeros_in(std::string(text.substr(0, line.size() + 1)))));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return colons;
}

}  // namespace

TEST_CASE("LIBSVM text is placed as a table of the same numbers is, gaps or not, on all threads") {
  const Folder folder;
  const Texts texts = random_rows(9000);
  for (const double holdout : {0.0, 0.25})
    for (const bool permute : {false, true}) {
      DataRequest request;
      request.holdout = holdout;
      request.permute = permute;
      request.source = folder.write("a.csv", texts.csv);
      const TrainTest table = load_data(request, serial_for);
      CHECK(table.test.has_value() == (holdout > 0));
      for (const std::string& text : {texts.plain, texts.with_gaps})
        for (const ParallelFor& parallel : {ParallelFor(serial_for), ParallelFor(threaded_for)}) {
          request.source = folder.write("a.svm", text);
          const TrainTest placed = load_data(request, parallel);
          check_equal(placed.train, table.train);
          if (holdout > 0) check_equal(*placed.test, *table.test);
        }
    }
}

TEST_CASE("Standardised tables are permuted as others are") {
  const Folder folder;
  DataRequest request;
  request.source = folder.write("a.csv", random_rows(500).csv);
  const auto targets = load_data(request, serial_for).train.targets;
  request.standardize = true;
  CHECK(load_data(request, serial_for).train.targets == targets);
}

TEST_CASE("A placement uses every place once, and a hold-out is the same with and without order") {
  Placement placement = held_out(1000, 0.3, 7);
  CHECK(placement.train == 700);
  const Placement in_order = placement;
  shuffle_training_part(placement, 8);
  CHECK(placement.places != in_order.places);
  for (std::size_t i = 0; i < 1000; ++i)
    CHECK(placement.part_of(placement.place(i)) == in_order.part_of(in_order.place(i)));
  std::vector<std::uint32_t> all(1000);
  std::iota(all.begin(), all.end(), 0u);
  std::sort(placement.places.begin(), placement.places.end());
  CHECK(placement.places == all);
  const auto ranks = ranks_at(in_order, {0, 500, 1000});
  CHECK(ranks[0] == Ranks{0, 0});
  CHECK(ranks[1][0] + ranks[1][1] == 500);
  CHECK(ranks[2] == Ranks{700, 300});
}

TEST_CASE("The bounds of rows are those that a plain loop over lines finds") {
  Random random(6);
  constexpr std::string_view kAlphabet = "\n\n:::000# \t\r1";
  for (int repeat = 0; repeat < 20'000; ++repeat) {
    std::string text;
    for (std::uint64_t k = random.below(200); k > 0; --k)
      text += random.below(2) == 0 ? '1' : kAlphabet[random.below(kAlphabet.size())];
    const std::string padded = text + std::string(64, '\0');
    CAPTURE(text);
    REQUIRE(bounds_of_rows({padded.data(), text.size()}) == bounds_line_by_line(text));
  }
}

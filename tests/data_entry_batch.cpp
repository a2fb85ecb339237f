#include <charconv>
#include <cmath>
#include <cstring>

#include "data_helpers.h"
#include "workloads/data/entry_batch.h"
#include "workloads/random.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

constexpr std::string_view kAlphabet = "0123456789.:- \t\r\n#e+x\x80";

std::string digits(Random& random, std::uint64_t count) {
  std::string text;
  for (; count > 0; --count) text += static_cast<char>('0' + random.below(10));
  return text;
}

/// "index:value" with ascending indices; mostly of the usual form.
std::string random_entry(Random& random, int index) {
  std::string text = std::to_string(index) + ":";
  if (random.below(3) == 0) text += '-';
  text += digits(random, random.below(4) == 0 ? random.below(18) : 1);
  if (random.below(4) != 0) text += "." + digits(random, 1 + random.below(18));
  if (text.back() == ':' || text.back() == '-') text += '0';
  return text;
}

/// What a batch must make of the entry.
Entry expected(const std::string& text) {
  const std::size_t colon = text.find(':');
  Entry entry(0, 0);
  std::from_chars(text.data(), text.data() + colon, entry.column);
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), entry.value);
  --entry.column;
  return entry;
}

std::string padded(const std::string& text) {
  return text + std::string(64, '\0');
}

/// Whether this build has fast batches at all.
bool fast() {
  EntryBatch batch;
  Entry out[EntryBatch::kMost];
  return batch.read(padded("1:1").data(), 1, -1, out).read > 0;
}

}  // namespace

TEST_CASE("A batch reads the exact column and nearest value of every entry that it takes") {
  Random random(3);
  EntryBatch batch;
  std::size_t taken = 0;
  for (int repeat = 0; repeat < 20'000; ++repeat) {
    std::vector<std::string> entries;
    std::string text;
    int index = 0;
    const std::size_t count = 1 + random.below(20);
    while (entries.size() < count) {
      index += 1 + static_cast<int>(random.below(random.below(9) == 0 ? 10'000'000 : 50));
      entries.push_back(random_entry(random, index));
      text += (text.empty() ? "" : " ") + entries.back();
    }
    const std::string memory = padded(text + "\n7 1:1\n");
    Entry out[EntryBatch::kMost];
    const auto read = batch.read(memory.data(), 1, -1, out);
    REQUIRE(read.read <= count);
    REQUIRE(read.ascending);
    std::size_t written = 0;
    for (std::size_t k = 0; k < read.read; ++k) {
      CAPTURE(entries[k]);
      const Entry entry = expected(entries[k]);
      if (entry.value == 0) continue;
      REQUIRE(out[written].column == entry.column);
      REQUIRE(std::bit_cast<std::uint32_t>(out[written++].value) ==
              std::bit_cast<std::uint32_t>(entry.value));
    }
    REQUIRE(read.written == written);
    taken += read.read;
  }
  if (fast()) CHECK(taken > 20'000);
}

TEST_CASE("A batch rounds values half way between two floats, and just beside, once") {
  EntryBatch batch;
  for (const std::string text :
       {"5:16777217", "5:16777219", "5:16777217.0000001", "5:16777216.9999999",
        "5:-33554435.000001", "5:1.00000005960464", "5:0.00000005960464"}) {
    CAPTURE(text);
    Entry out[EntryBatch::kMost];
    const std::string memory = padded("1:1 " + text + " 7:1");
    const auto read = batch.read(memory.data(), 1, -1, out);
    if (!fast()) continue;
    REQUIRE(read.read == 3);
    CHECK(out[1].value == expected(text).value);
    CHECK(out[2].column == 6);
  }
}

TEST_CASE("A batch ends before anything that is unusual or wrong") {
  EntryBatch batch;
  for (const char* tail : {"3:1e-3",  "3:+1",  "3:",   "3:-",   "3:.",         ":5",
                           "3",       "qid:3", "#3:1", "0:1",   "123456789:1", "3:1234567890123456",
                           "3:1.2.3", "3:4:5", "-3:1", "3:--1", "1.5:33",      "3:1x",
                           "3:1\x80", "\n3:1", " 3:1", "3:0x1", "3:1/2"}) {
    CAPTURE(tail);
    const std::string memory = padded(std::string("2:0.5 ") + tail + " 9:1\n");
    Entry out[EntryBatch::kMost];
    const auto read = batch.read(memory.data(), 1, -1, out);
    if (fast()) CHECK(read.read == 1);
    CHECK(read.end <= memory.data() + 6);
  }
}

TEST_CASE("Any bytes are read as the plain rules say: what a batch takes parses to the same rows") {
  Random random(4);
  EntryBatch batch;
  for (int repeat = 0; repeat < 200'000; ++repeat) {
    std::string text = "1:1 ";
    for (std::uint64_t k = random.below(24); k > 0; --k)
      text += kAlphabet[random.below(kAlphabet.size())];
    const std::string memory = padded(text + "\n");
    Entry out[EntryBatch::kMost];
    const auto read = batch.read(memory.data(), 1, -1, out);
    const char* p = memory.data();
    std::size_t written = 0;
    for (std::size_t k = 0; k < read.read; ++k) {
      CAPTURE(text);
      REQUIRE(p < read.end);
      const char* end = p + std::strcspn(p, " \t\r\n#");
      const std::string token(p, end);
      const std::size_t colon = token.find(':');
      REQUIRE(colon != std::string::npos);
      const std::string index = token.substr(0, colon), value = token.substr(colon + 1);
      REQUIRE(index.find_first_not_of("0123456789") == std::string::npos);
      REQUIRE(value.find_first_not_of("0123456789.-") == std::string::npos);
      REQUIRE(value.find_last_of("-") + 1 <= 1);
      const Entry entry = expected(token);
      if (entry.value != 0) REQUIRE(out[written++].value == entry.value);
      p = end + (*end == ' ' ? 1 : 0);
    }
    REQUIRE(written == read.written);
    if (read.read > 0) REQUIRE(p == read.end);
  }
}

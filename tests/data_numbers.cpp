#include <doctest/doctest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>

#include "workloads/data/text.h"
#include "workloads/random.h"

using namespace sgdbench;

namespace {

/// Text with the bytes around it that parsers may load.
struct Padded {
  explicit Padded(const std::string& text)
      : bytes(std::string(64, ' ') + text + std::string(64, '\0')), size(text.size()) {}
  const char* begin() const { return bytes.data() + 64; }
  const char* end() const { return begin() + size; }
  std::string bytes;
  std::size_t size;
};

template <class Value>
Value correct(const std::string& text) {
  Value value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void check_exact(const std::string& text) {
  const Padded padded(text);
  float value = 0;
  INFO(text);
  CHECK(parse_float(padded.begin(), value) == padded.end());
  CHECK(std::bit_cast<std::uint32_t>(value) == std::bit_cast<std::uint32_t>(correct<float>(text)));
  Decimal decimal;
  CHECK(parse_decimal(padded.begin(), decimal) == padded.end());
  CHECK(decimal.nearest == value);
  CHECK(decimal.value == correct<double>(text));
}

std::string random_decimal(Random& random) {
  std::string text;
  if (random.below(4) == 0) text += '-';
  const auto digits = [&](std::uint64_t count) {
    for (; count > 0; --count) text += static_cast<char>('0' + random.below(10));
  };
  digits(1 + random.below(random.below(3) == 0 ? 12 : 1));
  if (random.below(8) != 0) {
    text += '.';
    digits(random.below(20));
  }
  if (random.below(10) == 0) text.append("e").append(std::to_string(int(random.below(50)) - 25));
  return text;
}

}  // namespace

TEST_CASE("Random decimals become the nearest float and the nearest double") {
  Random random(7);
  for (int i = 0; i < 200'000; ++i) check_exact(random_decimal(random));
}

TEST_CASE("Decimals half way between two floats, and just beside, become the nearest float") {
  Random random(8);
  for (int i = 0; i < 20'000; ++i) {
    // A float's mantissa and a half, as a decimal that is exact in double.
    const double half = (static_cast<double>((1u << 23) + random.below(1u << 23)) + 0.5) *
                        std::ldexp(1.0, -23 - static_cast<int>(random.below(3)));
    std::array<char, 64> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + 64, half, std::chars_format::fixed);
    const std::string text(digits.data(), end.ptr);
    check_exact(text);
    check_exact(text + "000000001");
    std::string below = text;
    below.back() = static_cast<char>(below.back() - 1);
    check_exact(below + "999999");
  }
}

TEST_CASE("Every float survives being written and read") {
  Random random(9);
  for (int i = 0; i < 200'000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random.bits()));
    if (!std::isfinite(value)) continue;
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + 32, value);
    check_exact(std::string(digits.data(), end.ptr));
  }
}

TEST_CASE("Short are decimals of six digits at most, so two of them are never one float") {
  const auto is_short = [](const std::string& text) {
    Decimal decimal;
    const Padded padded(text);
    REQUIRE(parse_decimal(padded.begin(), decimal) == padded.end());
    return decimal.is_short;
  };
  for (const char* text : {"0", "-999999", "0.999999", "12.3456", "000001", "0.000001"})
    CHECK(is_short(text));
  for (const char* text :
       {"1000000", "1.234567", "-20180128", "1e3", "1e-50", "12345678901234567890"})
    CHECK(!is_short(text));
}

TEST_CASE("Numbers too small for a float become zero or the nearest small one") {
  const Padded tiny("1e-60");
  float value = 1;
  CHECK(parse_float(tiny.begin(), value) == tiny.end());
  CHECK(value == 0);
  check_exact("1e-44");
}

#include <charconv>
#include <string>

#include "workloads/data/catalog.h"
#include "workloads/data/storage.h"

namespace sgdbench {
namespace {

/// Collects text and passes it on in big pieces.
class Buffer {
 public:
  explicit Buffer(const TextSink& sink) : sink_(sink) { text_.reserve(kPiece + kLongestNumber); }

  void add(char c) {
    text_ += c;
    if (text_.size() >= kPiece) flush();
  }
  template <class Number>
  void add_number(Number number) {
    char digits[kLongestNumber];
    const auto end = std::to_chars(digits, digits + kLongestNumber, number).ptr;
    text_.append(digits, end);
  }
  void flush() {
    if (!text_.empty()) sink_(text_);
    text_.clear();
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{1} << 20;
  static constexpr std::size_t kLongestNumber = 32;
  const TextSink& sink_;
  std::string text_;
};

}  // namespace

void write_libsvm(const Dataset& data, const TextSink& sink) {
  Buffer buffer(sink);
  std::visit(
      [&](const auto& matrix) {
        for (std::size_t i = 0; i < matrix.rows(); ++i) {
          buffer.add_number(data.targets[i]);
          for_each_non_zero(matrix, i, [&](std::uint32_t column, float value) {
            buffer.add(' ');
            buffer.add_number(std::uint64_t{column} + 1);
            buffer.add(':');
            buffer.add_number(value);
          });
          buffer.add('\n');
        }
      },
      data.features);
  buffer.flush();
}

void write_csv(const Dataset& data, const TextSink& sink) {
  Buffer buffer(sink);
  for (const char c : std::string_view("label")) buffer.add(c);
  for (std::size_t j = 1; j <= data.columns(); ++j) {
    buffer.add(',');
    buffer.add('x');
    buffer.add_number(j);
  }
  buffer.add('\n');
  std::visit(
      [&](const auto& matrix) {
        for (std::size_t i = 0; i < matrix.rows(); ++i) {
          buffer.add_number(data.targets[i]);
          std::size_t next = 0;
          const auto fill_zeros = [&](std::size_t end) {
            for (; next < end; ++next) {
              buffer.add(',');
              buffer.add('0');
            }
          };
          for_each_non_zero(matrix, i, [&](std::uint32_t column, float value) {
            fill_zeros(column);
            buffer.add(',');
            buffer.add_number(value);
            ++next;
          });
          fill_zeros(data.columns());
          buffer.add('\n');
        }
      },
      data.features);
  buffer.flush();
}

}  // namespace sgdbench

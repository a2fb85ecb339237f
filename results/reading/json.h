// JSON that any program may have written, into a tree.
//
// The idea: the library's events, put together here, with what its own trees don't promise: a depth
// that what walks a tree by recursion can bear, time in proportion to the text, and whole numbers
// that are looked at before they are converted.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "results/fields.h"

namespace sgdbench {

using JsonTree = nlohmann::json;

/// Nothing that this program writes is nested deeper than 4.
inline constexpr std::size_t kDeepestJson = 32;

/// The text is no JSON, nested too deeply or has a number beyond a double. what() is a clause.
class BadJson : public std::runtime_error {
 public:
  BadJson(const char* what, std::size_t where) : std::runtime_error(what), byte(where) {}
  std::size_t byte;  ///< from 1; 0 where it is not known
};

/// Called with each object that is an element of an array in the outermost object, as soon as it is
/// whole; true if that was all that it is there for, and it need not be kept.
using JsonElementTaker = std::function<bool(const JsonTree& element)>;

/// Of a key that is there several times, the last value counts. Throws BadJson, and what `take`
/// throws.
JsonTree parse_json(std::string_view text, const JsonElementTaker& take = nullptr);
JsonTree parse_json(std::FILE* file, const JsonElementTaker& take = nullptr);

/// The whole number that `value` is, however it is written (3, 3.0); nothing for another type, a
/// fraction, or one beyond 64 bits.
std::optional<std::uint64_t> whole_number(const JsonTree& value);

/// null for an empty cell; the library writes a double that is not finite as null too.
inline nlohmann::ordered_json to_json(const Value& value) {
  return std::visit(
      [](const auto& v) -> nlohmann::ordered_json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>)
          return nullptr;
        else
          return v;
      },
      value);
}

}  // namespace sgdbench

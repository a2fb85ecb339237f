// A cell's value in JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "results/fields.h"

namespace sgdbench {

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

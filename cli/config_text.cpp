// A request as a suite. What all parts share stands above their tables; a list stands as an array
// where that says the same, so that numbers look like numbers.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/lists.h"
#include "cli/numbers.h"
#include "cli/request.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

using Texts = std::vector<std::string>;

template <class Number>
std::optional<Number> read(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

/// Whether TOML's number of these letters becomes the same text again.
bool is_number(const std::string& text) {
  if (const auto whole = read<std::int64_t>(text)) return std::to_string(*whole) == text;
  const auto real = read<double>(text);
  return real && std::isfinite(*real) && number_text(*real) == text;
}

/// A basic string of TOML: JSON's, but for the one control character that JSON lets stand.
std::string quoted(const Option& option, const std::string& text) {
  try {
    auto line = nlohmann::json(text).dump();
    for (auto at = line.find('\x7f'); at != std::string::npos; at = line.find('\x7f'))
      line.replace(at, 1, "\\u007f");
    return line;
  } catch (const nlohmann::json::exception&) {
    throw UsageError(fmt::format(
        "{}: a suite is UTF-8, and this value is not: {}", option.name,
        nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)));
  }
}

Texts expanded(const Option& option, const Texts& texts) {
  Texts all;
  for (const auto& text : texts)
    for (auto& value : option.expand(text)) all.push_back(std::move(value));
  return all;
}

/// `text` cut at its commas where the pieces, one by one, are the same list; else as it is.
Texts pieces(const Option& option, const std::string& text) {
  if (!option.expand) return {text};
  try {
    const auto cut = split_list(text);
    if (expanded(option, cut) == expanded(option, {text})) return cut;
  } catch (const UsageError&) {
    // A piece that is no value by itself.
  }
  return {text};
}

std::string value_text(const Option& option, const Texts& texts) {
  if (option.value.empty()) return "true";
  Texts values;
  for (const auto& text : texts)
    for (const auto& piece : pieces(option, text))
      values.push_back(is_number(piece) ? piece : quoted(option, piece));
  return values.size() == 1 ? values.front() : fmt::format("[{}]", fmt::join(values, ", "));
}

std::string line(const Option& option, const Texts& texts) {
  return fmt::format("{} = {}\n", option.name.substr(2), value_text(option, texts));
}

bool is_shared(const Option& option, const std::vector<Given>& parts) {
  return std::all_of(parts.begin(), parts.end(), [&](const Given& part) {
    return part.texts(option.name) == parts.front().texts(option.name);
  });
}

}  // namespace

std::string to_toml(const Request& request) {
  std::string text = "# A suite of sgdbench run: options by name; sgdbench run --help says more.\n";
  std::vector<const Option*> own;
  for (const auto* option : options_of(kRun)) {
    if (option->name == "--config" || option->name == "--print-config") continue;
    const auto& from = option->apply ? request.parts.front() : request.given;
    if (option->apply && !is_shared(*option, request.parts))
      own.push_back(option);
    else if (from.has(option->name))
      text += line(*option, from.texts(option->name));
  }
  if (request.parts.size() == 1) return text;
  for (const auto& part : request.parts) {
    text += "\n[[run]]\n";
    for (const auto* option : own)
      if (part.has(option->name)) text += line(*option, part.texts(option->name));
  }
  return text;
}

}  // namespace sgdbench

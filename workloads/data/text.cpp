#include "workloads/data/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "workloads/names.h"

namespace sgdbench {
namespace {

void add_hex(std::string& text, unsigned char byte) {
  constexpr char kHex[] = "0123456789abcdef";
  text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
}

}  // namespace

std::string located(const InputFile& file, const TextError& error) {
  const std::string_view text = file.bytes();
  const std::string_view before =
      text.substr(0, static_cast<std::size_t>(error.where - text.data()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t last_end = before.rfind('\n');
  const std::size_t start = last_end == std::string_view::npos ? 0 : last_end + 1;
  return fmt::format("{}:{}:{}: {}", file.path(), line, before.size() - start + 1, error.what);
}

std::string quoted(const char* where, const char* end) {
  constexpr std::size_t kLongest = 24;
  std::string text = "'";
  std::size_t length = 0;
  for (const char* p = where; p < end; ++p, ++length) {
    const auto byte = static_cast<unsigned char>(*p);
    if (length > 0 && (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r')) break;
    if (length == kLongest) return text + "…'";
    if (byte >= 0x20 && byte < 0x7f)
      text += *p;
    else
      add_hex(text, byte);
  }
  return text + "'";
}

std::string quoted_name(std::string_view name) {
  constexpr std::size_t kLongest = 60;
  std::string text = "'";
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const bool begins_character = (byte & 0xc0) != 0x80;
    if (i >= kLongest && begins_character) return text + "…'";
    // Control characters, also those that UTF-8 writes in two bytes.
    const auto next = static_cast<unsigned char>(i + 1 < name.size() ? name[i + 1] : 0);
    if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next < 0xa0))
      add_hex(text, byte);
    else
      text += name[i];
  }
  return text + "'";
}

std::vector<std::string_view> line_chunks(std::string_view text, std::size_t bytes) {
  std::vector<std::string_view> chunks;
  while (!text.empty()) {
    std::size_t size = text.size();
    if (size > bytes) {
      const std::size_t end = text.find('\n', bytes - 1);
      if (end != std::string_view::npos) size = end + 1;
    }
    chunks.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return chunks;
}

void for_each_chunk(const InputFile& file, std::size_t chunks, const ParallelFor& parallel,
                    const std::function<void(std::size_t)>& body) {
  std::vector<std::optional<TextError>> errors(chunks);
  parallel(chunks, [&](std::size_t i) {
    try {
      body(i);
    } catch (const TextError& error) {
      errors[i] = error;
    }
  });
  for (const auto& error : errors)
    if (error) throw BadData(located(file, *error));
}

void refuse_lone_returns(const InputFile& file, const ParallelFor& parallel) {
  const auto chunks = line_chunks(file.bytes(), kChunkBytes);
  for_each_chunk(file, chunks.size(), parallel, [&](std::size_t i) {
    const std::string_view text = chunks[i];
    for (std::size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at)) {
      const std::size_t next = std::min(text.find_first_not_of(" \t\r", at), text.size());
      if (next < text.size() && text[next] != '\n')
        throw TextError{text.data() + at,
                        "a carriage return within a line; where it is meant to end the line, "
                        "convert the file first: tr '\\r' '\\n' < OLD > NEW"};
      at = next;
    }
  });
}

}  // namespace sgdbench

// Replays the corpora: each file of corpus/NAME through the harness NAME.
//
// A file that ends in .recipe describes a long input: a line `COUNT TEXT` stands for TEXT, COUNT
// times over. In it, \n, \t, \\ and \xHH are what they are in C, and \i is how often it stood there
// before.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/harness.h"

namespace sgdbench::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kHang = 120;  // seconds that no input needs, on any machine

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string unescaped(std::string_view text, std::size_t before) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'x') {
      int byte = 0;
      const char* const digits = text.data() + i + 1;
      std::from_chars(digits, digits + 2, byte, 16);
      out += static_cast<char>(byte);
      i += 2;
    } else if (c == 'i') {
      out += std::to_string(before);
    } else {
      out += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
  }
  return out;
}

std::string cooked(std::string_view recipe) {
  std::string out;
  while (!recipe.empty()) {
    const auto line = recipe.substr(0, recipe.find('\n'));
    recipe.remove_prefix(std::min(line.size() + 1, recipe.size()));
    std::size_t count = 0;
    const auto end = std::from_chars(line.data(), line.data() + line.size(), count).ptr;
    const auto text = line.substr(static_cast<std::size_t>(end - line.data()) + 1);
    for (std::size_t i = 0; i < count; ++i) out += unescaped(text, i);
  }
  return out;
}

std::size_t replay(const Harness& harness) {
  const fs::path folder = fs::path(SGDBENCH_SOURCE_DIR) / "tests/fuzz/corpus" / harness.name;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::printf("%s/%s\n", harness.name.data(), file.filename().c_str());
    std::fflush(stdout);
    auto input = content_of(file);
    if (file.extension() == ".recipe") input = cooked(input);
    alarm(kHang);
    with_refusals(harness.run, input);
  }
  return files.size();
}

}  // namespace
}  // namespace sgdbench::fuzz

int main(int argc, char** argv) {
  using namespace sgdbench::fuzz;
  bool all_have_some = true;
  for (const auto& harness : harnesses())
    if (argc < 2 || std::find(argv + 1, argv + argc, harness.name) != argv + argc)
      all_have_some = replay(harness) > 0 && all_have_some;
  return all_have_some ? EXIT_SUCCESS : EXIT_FAILURE;
}

#include "results/file_place.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <charconv>

#include "results/file_calls.h"

namespace sgdbench {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  ///< as many as Linux follows

std::optional<FilePlace> place_of(const struct stat& info) {
  if (S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3)) return {};
  const bool keeps = !S_ISCHR(info.st_mode) && !S_ISFIFO(info.st_mode) && !S_ISSOCK(info.st_mode);
  return FilePlace{info.st_dev, info.st_ino, "", keeps};
}

/// Of a path whose last part is no link but to the file itself.
std::optional<int> open_file(const fs::path& path) {
  std::error_code error;
  if (fs::canonical(folder_of(path), error) != fs::canonical("/proc/self/fd", error) || error)
    return {};
  const auto digits = path.filename().string();
  int number = 0;
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (wrong != std::errc() || end != digits.data() + digits.size()) return {};
  return number;
}

/// Follows one link after another until `found` says that this is it.
template <class Found>
fs::path follow(const fs::path& path, Found found) {
  fs::path at = path;
  std::error_code error;
  for (int i = 0; i < kMostLinks; ++i) {
    if (found(at) || !fs::is_symlink(at, error)) return at;
    const fs::path target = fs::read_symlink(at, error);
    if (error) return path;
    at = target.is_absolute() ? target : folder_of(at) / target;
  }
  return path;
}

}  // namespace

fs::path follow_links(const fs::path& path) {
  return follow(path, [](const fs::path&) { return false; });
}

std::optional<int> descriptor_of(const fs::path& path) {
  return open_file(follow(path, [](const fs::path& at) { return open_file(at).has_value(); }));
}

bool leads_to_stdout(const fs::path& path) {
  return path == "-" || descriptor_of(path) == STDOUT_FILENO;
}

std::optional<FilePlace> place_of(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) return place_of(info);
  const fs::path target = follow_links(path);
  if (::stat(folder_of(target).c_str(), &info) == -1) return {};
  return FilePlace{info.st_dev, info.st_ino, target.filename().string()};
}

std::optional<FilePlace> place_of(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 ? place_of(info) : std::nullopt;
}

}  // namespace sgdbench

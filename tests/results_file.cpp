#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "results/atomic_file.h"

using namespace sgdbench;
namespace fs = std::filesystem;

namespace {

/// An empty folder that goes away with the test.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("sgdbench-test-" + std::to_string(::getpid()));
  Folder() { fs::create_directory(path); }
  ~Folder() {
    fs::permissions(path, fs::perms::owner_all);
    fs::remove_all(path);
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
  }
};

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string refusal(const fs::path& path) {
  try {
    write_atomically(path, "new");
  } catch (const WriteError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("A report replaces the old one whole and leaves nothing else in the folder") {
  const Folder folder;
  const fs::path path = folder.path / "runs.csv";
  write_atomically(path, "old and long");
  write_atomically(path, "new");
  CHECK(content(path) == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("A report of many megabytes is written whole") {
  const Folder folder;
  const std::string big(20'000'000, 'x');
  write_atomically(folder.path / "big", big);
  CHECK(content(folder.path / "big") == big);
}

TEST_CASE("A new report has the permissions that the umask leaves, a replaced one keeps its own") {
  const Folder folder;
  const fs::path path = folder.path / "runs.csv";
  const mode_t mask = ::umask(027);
  write_atomically(path, "a");
  CHECK(fs::status(path).permissions() == fs::perms(0640));
  fs::permissions(path, fs::perms(0604));
  write_atomically(path, "b");
  CHECK(fs::status(path).permissions() == fs::perms(0604));
  ::umask(mask);
}

TEST_CASE("A symbolic link stays one, and what it points to is replaced") {
  const Folder folder;
  write_atomically(folder.path / "target", "old");
  fs::create_symlink("target", folder.path / "link");
  write_atomically(folder.path / "link", "new");
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(content(folder.path / "target") == "new");
}

TEST_CASE("A file that can't take the name leaves the old content and no temporary file") {
  const Folder folder;
  const fs::path path = folder.path / "runs.csv";
  fs::create_directories(path / "not-empty");  // rename() of a file onto a folder fails
  CHECK_FALSE(refusal(path).empty());
  CHECK(fs::is_directory(path / "not-empty"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("A read-only folder keeps its old report") {
  if (::geteuid() == 0) return;  // root may write anyway
  const Folder folder;
  const fs::path path = folder.path / "runs.csv";
  write_atomically(path, "old");
  fs::permissions(folder.path, fs::perms::owner_read | fs::perms::owner_exec);
  CHECK_FALSE(refusal(path).empty());
  CHECK_THROWS_AS(check_writable(path), WriteError);
  CHECK(content(path) == "old");
}

TEST_CASE("A full device is an error that names it and the reason") {
  if (!fs::exists("/dev/full")) return;
  CHECK(refusal("/dev/full") == "cannot write /dev/full: No space left on device");
  CHECK(fs::is_character_file("/dev/full"));
}

TEST_CASE("A link to a full device is written to, not replaced") {
  if (!fs::exists("/dev/full")) return;
  const Folder folder;
  fs::create_symlink("/dev/full", folder.path / "link");
  CHECK_FALSE(refusal(folder.path / "link").empty());
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("Special files are written to directly") {
  const Folder folder;
  const fs::path pipe = folder.path / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::fstream reader(pipe);  // open both ways: neither end waits for the other
  write_atomically(pipe, "through\n");
  std::string line;
  std::getline(reader, line);
  CHECK(line == "through");
  CHECK(fs::is_fifo(pipe));
}

TEST_CASE("What can't be written is seen before anything is computed") {
  const Folder folder;
  write_atomically(folder.path / "file", "");
  for (const auto& bad : {folder.path / "no such folder" / "runs.csv", folder.path,
                          folder.path / "file" / "runs.csv", folder.path / "", fs::path()}) {
    CAPTURE(bad.string());
    CHECK_THROWS_AS(check_writable(bad), WriteError);
    CHECK_FALSE(refusal(bad).empty());
  }
  CHECK_NOTHROW(check_writable(folder.path / "new"));
  CHECK_NOTHROW(check_writable(folder.path / "file"));
  CHECK_NOTHROW(check_writable("-"));
  CHECK(content(folder.path / "file").empty());
}

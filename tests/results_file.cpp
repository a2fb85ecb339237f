#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>
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

std::string written(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// A device without space. Root could replace the system's own if the code were wrong, so it makes
/// another; empty where it may not.
fs::path full_device(const Folder& folder) {
  if (::geteuid() != 0) return fs::exists("/dev/full") ? "/dev/full" : "";
  const fs::path device = folder.path / "full";
  if (::mknod(device.c_str(), S_IFCHR | 0600, makedev(1, 7)) != 0) return {};
  return std::ofstream(device).is_open() ? device : fs::path();
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
  CHECK(written(path) == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("A report of many megabytes is written whole") {
  const Folder folder;
  const std::string big(20'000'000, 'x');
  write_atomically(folder.path / "big", big);
  CHECK(written(folder.path / "big") == big);
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
  CHECK(written(folder.path / "target") == "new");
}

TEST_CASE("A symbolic link to a file that is not there yet stays one, and the file is made") {
  const Folder folder;
  fs::create_directory(folder.path / "there");
  fs::create_symlink("there/new", folder.path / "link");
  fs::create_symlink("link", folder.path / "link to link");
  CHECK_NOTHROW(check_writable(folder.path / "link to link"));
  write_atomically(folder.path / "link to link", "new");
  CHECK(fs::is_symlink(folder.path / "link to link"));
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(written(folder.path / "there" / "new") == "new");
}

TEST_CASE("A symbolic link into a folder that is not there is refused, and stays") {
  const Folder folder;
  fs::create_symlink("no/such", folder.path / "link");
  CHECK_THROWS_WITH_AS(check_writable(folder.path / "link"),
                       doctest::Contains("/no does not exist"), WriteError);
  CHECK_FALSE(refusal(folder.path / "link").empty());
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("Neither a read-only file nor, in a folder like /tmp, another user's is replaced") {
  if (::geteuid() != 0) return;  // needs a second user
  const Folder folder;
  constexpr uid_t kNobody = 65534;
  const auto own = folder.path / "own", foreign = folder.path / "foreign";
  write_atomically(own, "old");
  write_atomically(foreign, "old");
  fs::permissions(own, fs::perms(0444));
  fs::permissions(foreign, fs::perms(0666));
  fs::permissions(folder.path, fs::perms(01777));
  REQUIRE(::chown(own.c_str(), kNobody, kNobody) == 0);
  REQUIRE(::seteuid(kNobody) == 0);
  const auto refused_own = refusal(own), refused_foreign = refusal(foreign);
  CHECK_THROWS_AS(check_writable(own), WriteError);
  CHECK_THROWS_AS(check_writable(foreign), WriteError);
  REQUIRE(::seteuid(0) == 0);
  CHECK(refused_own.ends_with(": Permission denied"));
  CHECK(refused_foreign.ends_with("its folder lets the owner alone replace it"));
  CHECK(written(own) + written(foreign) == "oldold");
}

TEST_CASE("A replaced file keeps its owner where that may be given") {
  if (::geteuid() != 0) return;
  const Folder folder;
  const fs::path path = folder.path / "runs.csv";
  write_atomically(path, "old");
  REQUIRE(::chown(path.c_str(), 1234, 4321) == 0);
  write_atomically(path, "new");
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK(info.st_uid == 1234);
  CHECK(info.st_gid == 4321);
}

TEST_CASE("A write that fails half-way keeps the old report and leaves no temporary file") {
  const Folder folder;
  const fs::path path = folder.path / "runs.csv";
  write_atomically(path, "old");
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit small{1000, limit.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  CHECK_THROWS_AS(write_atomically(path, std::string(1500, 'x')), WriteError);
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  CHECK(written(path) == "old");
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
  CHECK(written(path) == "old");
}

TEST_CASE("A report that comes in pieces is there when it is finished, and not before") {
  const Folder folder;
  const fs::path path = folder.path / "data";
  {
    AtomicFile abandoned(path);
    abandoned.append("half");
    CHECK_FALSE(fs::exists(path));
  }
  CHECK(folder.entries() == 0);
  AtomicFile file(path);
  file.append("one ");
  file.append("two");
  file.finish();
  CHECK(written(path) == "one two");
  CHECK(folder.entries() == 1);
}

TEST_CASE("A full device is an error that names it and the reason") {
  const Folder folder;
  const fs::path device = full_device(folder);
  if (device.empty()) return;
  CHECK(refusal(device) == "cannot write " + device.string() + ": No space left on device");
  CHECK(fs::is_character_file(device));
}

TEST_CASE("A link to a full device is written to, not replaced") {
  const Folder folder;
  const fs::path device = full_device(folder);
  if (device.empty()) return;
  fs::create_symlink(device, folder.path / "link");
  const auto before = folder.entries();
  CHECK_FALSE(refusal(folder.path / "link").empty());
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(fs::is_character_file(device));
  CHECK(folder.entries() == before);
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
  CHECK(written(folder.path / "file").empty());
}

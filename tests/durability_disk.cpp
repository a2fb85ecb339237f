// A disk that is really full: a small file system in memory, which only this process's child sees.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "results/atomic_file.h"
#include "results/journal.h"
#include "tests/cli_process.h"
#include "tests/results_samples.h"

using namespace sgdbench;
namespace fs = std::filesystem;

namespace {

constexpr const char* kSkipped = "skipped: ";

void put(const char* path, const std::string& text) {
  std::ofstream(path) << text;
}

/// Mounts a file system of 128 KiB for this process alone: as root, or as the root of a user
/// namespace.
bool mount_small(const std::string& folder) {
  const auto uid = std::to_string(::geteuid()), gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWNS) == -1) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1) return false;
    put("/proc/self/setgroups", "deny");
    put("/proc/self/uid_map", "0 " + uid + " 1");
    put("/proc/self/gid_map", "0 " + gid + " 1");
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("none", folder.c_str(), "tmpfs", 0, "size=128k") == 0;
}

/// What `check`, run in a child where `folder` is small, says; "" where all is well.
std::string on_small_disk(const std::string& folder, const std::function<std::string()>& check) {
  fs::create_directory(folder);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said;
    try {
      said = mount_small(folder) ? check() : std::string(kSkipped) + "nothing may be mounted here";
    } catch (const std::exception& error) {
      said = error.what();
    }
    [[maybe_unused]] const auto ignored = ::write(ends[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said(4096, '\0');
  const auto bytes = ::read(ends[0], said.data(), said.size());
  said.resize(static_cast<std::size_t>(std::max<ssize_t>(0, bytes)));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return said;
}

void check_on_small_disk(const Scratch& scratch, const std::function<std::string()>& check) {
  const auto said = on_small_disk(scratch.path("disk"), check);
  if (said.starts_with(kSkipped))
    MESSAGE(said);
  else
    CHECK(said == "");
}

/// Takes all the space there is.
void fill(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  const std::string block(4096, 'x');
  while (::write(fd, block.data(), block.size()) > 0) {
  }
  ::close(fd);
}

std::string refusal(const std::function<void()>& write) {
  try {
    write();
    return "nothing was refused";
  } catch (const WriteError& error) {
    return std::string(error.what()).ends_with(": No space left on device") ? "" : error.what();
  }
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("On a full disk a report is refused and the old one stays whole") {
  const Scratch scratch;
  const auto report = scratch.path("disk/runs.csv");
  check_on_small_disk(scratch, [&]() -> std::string {
    const std::string old(5000, 'o');
    write_atomically(report, old);
    const auto why = refusal([&] { write_atomically(report, std::string(500'000, 'n')); });
    if (!why.empty()) return why;
    if (content(report) != old) return "the old report was touched";
    return entries(scratch.path("disk")) == 1 ? "" : "something else was left behind";
  });
}

TEST_CASE("On a full disk a journal keeps its whole rows, and takes more when there is room") {
  const Scratch scratch;
  check_on_small_disk(scratch, [&]() -> std::string {
    const auto path = scratch.path("disk/journal.jsonl");
    Journal journal(path);
    journal.start({"c1"});
    std::uint64_t rows = 0;
    const auto why = refusal([&] {
      for (;; ++rows) journal.append(sample_run(rows));
    });
    if (!why.empty()) return why;
    if (content(path).back() != '\n') return "a torn line was left";
    if (load_journal(path).rows.size() != rows) return "rows are missing";
    journal.cut(load_journal(path).bytes / 2);
    journal.cut(load_journal(path).bytes);
    journal.append(sample_run(rows));
    return load_journal(path).rows.back().repeat == rows ? "" : "no row could follow";
  });
}

TEST_CASE("On a full disk the program exits with 74 and a line, and the old report stays") {
  const Scratch scratch;
  check_on_small_disk(scratch, [&]() -> std::string {
    fs::create_directory(scratch.path("disk/out"));
    scratch.file("disk/out/runs.csv", "old\n");
    fill(scratch.path("disk/filler"));
    const std::string run =
        "run -q --workload least-squares --data quadratic:rows=60,features=4 --backend sequential "
        "--epochs 1 --repeats 2 ";
    for (const std::string where : {"--output disk/out", "--csv disk/out/runs.csv",
                                    "--csv spare.csv --journal disk/journal"}) {
      const auto done = scratch.run(run + where);
      if (done.code != 74) return where + ": exit code " + std::to_string(done.code);
      if (std::count(done.err.begin(), done.err.end(), '\n') != 1) return where + ": " + done.err;
      if (content(scratch.path("disk/out/runs.csv")) != "old\n") return where + ": not the old one";
    }
    return "";
  });
}

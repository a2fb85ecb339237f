// Where paths lead, and waiting for the other end of a pipe.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "results/atomic_file.h"
#include "results/files.h"
#include "tests/cli_process.h"

using namespace sgdbench;
namespace fs = std::filesystem;

namespace {

/// Raised by a test, lowered at its end.
struct StopFlag {
  static inline std::atomic<bool> raised{false};
  StopFlag() { stop_waiting_on(raised); }
  ~StopFlag() { raised = false; }
};

}  // namespace

TEST_CASE("A file has one place, however it is spelt, and two files have two") {
  const Scratch scratch;
  const fs::path file = scratch.file("file", "x");
  fs::create_symlink("file", scratch.path("link"));
  fs::create_symlink("link", scratch.path("link to link"));
  fs::create_hard_link(file, scratch.path("hard"));
  const auto place = place_of(file);
  REQUIRE(place);
  CHECK(place->keeps_content);
  for (const fs::path same :
       {scratch.path("./file"),
        scratch.path("../") + file.parent_path().filename().string() + "/file",
        scratch.path("link"), scratch.path("link to link"), scratch.path("hard"),
        fs::relative(file).string()}) {
    CAPTURE(same.string());
    CHECK(place_of(same) == place);
  }
  CHECK(place_of(fs::path(scratch.file("other", "x"))) != place);
}

TEST_CASE("A file that is not there yet has the place that it will have, through links too") {
  const Scratch scratch;
  fs::create_symlink("new", scratch.path("dangling"));
  const auto place = place_of(fs::path(scratch.path("new")));
  REQUIRE(place);
  CHECK(place_of(fs::path(scratch.path("./new"))) == place);
  CHECK(place_of(fs::path(scratch.path("dangling"))) == place);
  CHECK(place_of(fs::path(scratch.path("newer"))) != place);
  CHECK(!place_of(fs::path(scratch.path("no/new"))));
  CHECK(!place_of(fs::path("/dev/null")));
  fs::create_symlink("loop", scratch.path("loop"));
  CHECK(follow_links(scratch.path("loop")) == scratch.path("loop"));
}

TEST_CASE("What is open already is used as it is: a report is appended where its file is") {
  const Scratch scratch;
  const auto log = scratch.file("log", "old\n");
  const int fd = ::open(log.c_str(), O_WRONLY | O_APPEND);
  REQUIRE(fd > 2);
  const auto name = "/dev/fd/" + std::to_string(fd);
  fs::create_symlink(name, scratch.path("link"));
  CHECK(descriptor_of(name) == fd);
  CHECK(descriptor_of(scratch.path("link")) == fd);
  CHECK(descriptor_of("/dev/stdout") == STDOUT_FILENO);
  CHECK(leads_to_stdout("-"));
  CHECK(!leads_to_stdout(name));
  CHECK(!descriptor_of(log));
  CHECK_NOTHROW(check_writable(name));
  write_atomically(name, "new\n");
  write_atomically(scratch.path("link"), "newer\n");
  ::close(fd);
  CHECK(content(log) == "old\nnew\nnewer\n");
  CHECK_THROWS_AS(check_writable(name), WriteError);
}

TEST_CASE("A pipe is read to its end, and a file of more bytes than are wanted is not") {
  const Scratch scratch;
  const auto pipe = scratch.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const std::string text(300'000, 'x');
  std::thread writer([&] { write_atomically(pipe, text); });
  CHECK(read_file(pipe) == text);
  writer.join();
  scratch.file("five", "12345");
  CHECK(read_file(scratch.path("five"), 5) == "12345");
  CHECK_THROWS_AS(read_file(scratch.path("five"), 4), TooLong);
  CHECK_THROWS_WITH_AS(read_file(scratch.path("none")), "there is no such file", ReadError);
  CHECK_THROWS_WITH_AS(read_file(scratch.path("")), "it is a folder", ReadError);
}

TEST_CASE("Waiting for a writer that says nothing ends when the flag is raised") {
  const StopFlag flag;
  const Scratch scratch;
  const auto pipe = scratch.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  int silent = -1;
  std::thread writer([&] {
    silent = ::open(pipe.c_str(), O_WRONLY);  // returns once the reader has begun to wait
    StopFlag::raised = true;
  });
  CHECK_THROWS_AS(read_file(pipe), StoppedWaiting);
  writer.join();
  ::close(silent);
}

TEST_CASE("Waiting for a reader that stopped reading ends when the flag is raised, no sooner") {
  const StopFlag flag;
  const Scratch scratch;
  const auto pipe = scratch.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int stalled = ::open(pipe.c_str(), O_RDWR);
  std::thread reader([&] {
    char byte = 0;
    CHECK(::read(stalled, &byte, 1) == 1);  // the writer has begun
    StopFlag::raised = true;
  });
  CHECK_THROWS_AS(write_atomically(pipe, std::string(1'000'000, 'x')), StoppedWaiting);
  reader.join();
  ::close(stalled);
  // Of a run that was interrupted, the reports are written.
  std::string got;
  std::thread late([&] { got = read_file(pipe); });
  write_atomically(pipe, "late");
  late.join();
  CHECK(got == "late");
}

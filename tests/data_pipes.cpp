// Data from pipes: read once, as far as they go, or until the user has enough.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "data_helpers.h"
#include "workloads/data/input_file.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

std::string fifo(const Folder& folder) {
  const std::string path = folder.path() + "/fifo";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  return path;
}

std::string rows_of_text() {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += i % 2 == 0 ? "1 1:1\n" : "-1 2:1\n";
  return text;
}

/// Standard input is another file, as long as this lives.
class StandardInput {
 public:
  explicit StandardInput(int replacement) : saved_(dup(STDIN_FILENO)) {
    dup2(replacement, STDIN_FILENO);
  }
  ~StandardInput() {
    dup2(saved_, STDIN_FILENO);
    close(saved_);
  }

 private:
  int saved_;
};

}  // namespace

TEST_CASE("A pipe is read to its end, plain or compressed") {
  const Folder folder;
  const std::string text = rows_of_text(), path = fifo(folder);
  const std::uint64_t checksum = load(folder.write("file", text)).checksum;
  for (const std::string& content : {text, compressed(text, "gzip"), compressed(text, "zstd")}) {
    std::thread writer([&] { std::ofstream(path, std::ios::binary) << content; });
    const Dataset data = load(path);
    writer.join();
    CHECK(data.checksum == checksum);
    CHECK(data.bytes_read == text.size());
  }
}

TEST_CASE("More from a pipe than the limit allows is refused") {
  const Folder folder;
  const std::string path = fifo(folder);
  // Of both ends this process holds one: the content is in the pipe before it is read.
  const int ends = open(path.c_str(), O_RDWR);
  REQUIRE(write(ends, "1 1:1\n1 1:2\n", 12) == 12);
  CHECK(message_of<BadData>([&] { InputFile(path, {.max_unpacked = 11}); }) ==
        path + ": more than 11 B of content, and `max unpacked` allows no more");
  REQUIRE(write(ends, "1 1:1\n1 1:2\n", 12) == 12);
  CHECK(message_of<BadData>([&] { InputFile(path, {.free_memory = 20}); }) ==
        path +
            ": more than 10 B of content, half of the free memory; `max unpacked` SIZE allows "
            "more");
  close(ends);
}

TEST_CASE("An interrupt ends the wait for a writer, and for what a writer holds back") {
  const Folder folder;
  const std::string path = fifo(folder);
  std::atomic<bool> stop{false};
  std::thread user;
  const auto interrupt = [&] {
    stop = false;
    user = std::thread([&] { stop = true; });
    CHECK_THROWS_AS(InputFile(path, {.stop = &stop}), Interrupted);
    user.join();
  };
  interrupt();
  const int ends = open(path.c_str(), O_RDWR);
  REQUIRE(write(ends, "1 1:1\n", 6) == 6);
  interrupt();
  close(ends);
}

TEST_CASE("- is standard input: a pipe, or a file from where it stands") {
  const Folder folder;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(write(ends[1], "1 1:1\n-1 x\n", 11) == 11);
  close(ends[1]);
  {
    const StandardInput replaced(ends[0]);
    CHECK(is_readable_file("-"));
    CHECK(!pipe_identity("-").empty());
    CHECK(message_of<BadData>([] { load("-"); }) == "stdin:2:4: 'x' is not index:value");
    CHECK(message_of<BadData>([] { load("-"); }) == "stdin:1:1: the file is empty");
  }
  close(ends[0]);
  const int file = open(folder.write("a", "header\n1 1:1\n-1 1:2\n").c_str(), O_RDONLY);
  lseek(file, 7, SEEK_SET);
  {
    const StandardInput replaced(file);
    CHECK(pipe_identity("-").empty());
    const Dataset data = load("-");
    CHECK(data.rows() == 2);
    CHECK(data.name == "-");
  }
  close(file);
}

TEST_CASE("Folders, devices and what is not there are told apart before anything is read") {
  const Folder folder;
  const auto why = [](const std::string& path) {
    return message_of<MissingData>([&] { check_readable(path); });
  };
  CHECK(why(folder.path()) == folder.path() + ": is a folder; name a file in it");
  CHECK(why("/dev/null") == "/dev/null: is a device; name a file or a pipe");
  CHECK(why(folder.path() + "/no") == folder.path() + "/no: No such file or directory");
  // A folder whose name has neither a slash nor a point is no unknown data set.
  const auto before = std::filesystem::current_path();
  std::filesystem::create_directory(folder.path() + "/mine");
  std::filesystem::current_path(folder.path());
  CHECK(message_of<MissingData>([] { load("mine"); }) == "mine: is a folder; name a file in it");
  std::filesystem::current_path(before);
}

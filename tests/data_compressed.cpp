// Compressed data: what is damaged is refused, what is too much as well.
#include "data_helpers.h"
#include "workloads/data/input_file.h"

using namespace sgdbench;
using namespace sgdbench::testing;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view kRows = "1 1:1\n-1 1:2\n";

// What gzip -n makes of kRows; of these bytes the last eight are the CRC-32 and the length.
const std::string kGzip(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x33\x54\x30\xb4\x32\xe4"
    "\xd2\x35\x04\x52\x46\x5c\x00\x19\x06\x56\x3f\x0d\x00\x00\x00"sv);
// What zstd makes of it, with a checksum, which libarchive's writer leaves out.
const std::string kZstd(
    "\x28\xb5\x2f\xfd\x24\x0d\x69\x00\x00\x31\x20\x31\x3a"
    "\x31\x0a\x2d\x31\x20\x31\x3a\x32\x0a\x59\x25\x90\x68"sv);

// A gzip header with all of its fields: extra, name, comment and a checksum of itself.
const std::string kAllFields(
    "\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\x03\x03\x00\x61\x62\x63\x6e"
    "\x61\x6d\x65\x00\x63\x6f\x6d\x6d\x65\x6e\x74\x00\x79\x71"sv);

std::string content_of(const std::string& path, const ReadLimits& limits = {}) {
  return std::string(InputFile(path, limits).bytes());
}

/// A file whose bytes are these is read as `content` or refused.
bool right_or_refused(const Folder& folder, std::string_view bytes, std::uint64_t checksum) {
  try {
    return load(folder.write("flipped", bytes)).checksum == checksum;
  } catch (const BadData&) {
    return true;
  }
}

std::string with_replaced(std::string text, std::size_t place, std::string_view bytes) {
  return text.replace(place, bytes.size(), bytes);
}

/// The same member again and again: a long file that is quickly made.
std::string repeated(const std::string& member, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += member;
  return all;
}

}  // namespace

TEST_CASE("Of a compressed file, a bit that is wrong is refused or changes nothing") {
  const Folder folder;
  const std::string stream = kGzip.substr(10);
  const std::uint64_t checksum = load(folder.write("plain", kRows)).checksum;
  const std::uint64_t twice = load(folder.write("plain", repeated(std::string(kRows), 2))).checksum;
  for (const auto& [whole, right] : {std::pair{kGzip, checksum},
                                     {kAllFields + stream, checksum},
                                     {kGzip + kGzip, twice},
                                     {compressed(kRows, "bzip2"), checksum},
                                     {compressed(kRows, "xz"), checksum},
                                     {kZstd, checksum}}) {
    REQUIRE(load(folder.write("whole", whole)).checksum == right);
    const std::size_t bits = 8 * whole.size();
    for (std::size_t bit = 0; bit < bits; ++bit) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      INFO("bit " << bit << " of " << bits);
      CHECK(right_or_refused(folder, flipped, right));
    }
  }
}

TEST_CASE("A gzip member whose CRC-32 or length is another's is refused, whichever it is") {
  const Folder folder;
  const std::size_t crc = kGzip.size() - 8, length = kGzip.size() - 4;
  const auto refused = [&](const std::string& bytes) {
    const std::string path = folder.write("m.svm.gz", bytes);
    return message_of<BadData>([&] { load(path); }).substr(path.size());
  };
  const std::string zeroed = with_replaced(kGzip, crc, "\0\0\0\0\0\0\0\0"sv);
  CHECK(refused(zeroed) ==
        ": damaged or cut off after 13 bytes of content: CRC-32 3f560619 where the file says "
        "00000000");
  CHECK(refused(kGzip + zeroed).starts_with(": damaged or cut off after 26 bytes of content: CRC"));
  CHECK(refused(zeroed + kGzip).starts_with(": damaged or cut off after 13 bytes of content: CRC"));
  CHECK(refused(with_replaced(kGzip, length, "\x0e")) ==
        ": damaged or cut off after 13 bytes of content: a length of 13 where the file says 14");
  CHECK(refused(with_replaced(kGzip, 2, "\x07")) ==
        ": damaged or cut off after 0 bytes of content: its method is not deflate");
  CHECK(refused(with_replaced(kGzip, 3, "\x20")) ==
        ": damaged or cut off after 0 bytes of content: its header has flags that no version of "
        "gzip sets");
  CHECK(refused(with_replaced(kAllFields, 15, "X") + kGzip.substr(10)) ==
        ": damaged or cut off after 0 bytes of content: its header does not match its checksum");
}

TEST_CASE("What is compressed twice is refused, as nobody means it") {
  const Folder folder;
  for (const char* filter : {"gzip", "xz"}) {
    const std::string path = folder.write("a", compressed(kGzip, filter));
    CHECK(message_of<BadData>([&] { load(path); }) ==
          path + ": this is compressed by gzip twice; unpack it once");
  }
}

TEST_CASE("Content beyond the limit is refused, and the option that allows more is named") {
  const Folder folder;
  const std::string zeros(100'000, '0');
  for (const char* filter : {"gzip", "bzip2", "xz", "zstd"}) {
    const std::string path = folder.write("a", compressed(zeros, filter));
    CHECK(message_of<BadData>([&] { content_of(path, {.max_unpacked = 99'999}); }) ==
          path + ": more than 100 kB of content, and `max unpacked` allows no more");
    CHECK(message_of<BadData>([&] { content_of(path, {.free_memory = 20'000}); }) ==
          path +
              ": more than 10 kB of content, half of the free memory; `max unpacked` SIZE "
              "allows more");
    CHECK(content_of(path, {.max_unpacked = 100'000, .free_memory = 20'000}) == zeros);
  }
}

TEST_CASE(
    "A bomb, or a file damaged into one, is refused by its ratio before it fills the memory") {
  const Folder folder;
  const std::string zeros(std::size_t{4} << 20, '0');
  for (const char* filter : {"gzip", "zstd"}) {
    const std::string bomb = repeated(compressed(zeros, filter), 64);
    const std::string path = folder.write("bomb", bomb);
    const std::string message = message_of<BadData>([&] { content_of(path); });
    INFO(message);
    CHECK(message.starts_with(path + ": more than 256 MB of content, over 100 times the "));
    CHECK(message.ends_with("; `max unpacked` SIZE allows more"));
    const InputFile lifted(path, {.max_unpacked = 300'000'000});
    CHECK(lifted.bytes().size() == 64 * zeros.size());
  }
}

TEST_CASE("Compressed files that are cut off are refused") {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "1 " + std::to_string(1 + i * 7919 % 10007) + ":0.5\n";
  for (const char* filter : {"gzip", "bzip2", "xz", "zstd"}) {
    const std::string whole = compressed(text, filter);
    const std::string path =
        folder.write("cut", std::string_view(whole).substr(0, whole.size() / 2));
    const std::string message = message_of<BadData>([&] { load(path); });
    INFO(message);
    CHECK(message.find("damaged or cut off") != std::string::npos);
  }
}

TEST_CASE("A small compressed file that is cut off anywhere is called truncated") {
  const Folder folder;
  for (const char* filter : {"gzip", "bzip2", "xz", "zstd"}) {
    const std::string whole = compressed("1 1:1\n2 9:1\n", filter);
    const std::size_t magic = std::string_view(filter) == "xz" ? 6 : 4;
    for (std::size_t size = magic; size < whole.size(); ++size) {
      const std::string path = folder.write("cut", std::string_view(whole).substr(0, size));
      INFO(filter << " cut to " << size << " of " << whole.size());
      const std::string message = message_of<BadData>([&] { load(path); });
      CHECK(message.starts_with(path + ": damaged or cut off after "));
      if (std::string_view(filter) == "gzip") CHECK(message.find("truncated") != std::string::npos);
    }
  }
}

TEST_CASE("Behind compressed data zeros say nothing, and anything else is refused") {
  const Folder folder;
  const std::string zeros(10'000, '\0');
  for (const char* filter : {"gzip", "bzip2"}) {
    const std::string whole = compressed(kRows, filter);
    CHECK(load(folder.write("zeros", whole + zeros)).rows() == 2);
    for (const std::string& garbage : {std::string("x"), zeros + "x", std::string("\x1f")}) {
      const std::string path = folder.write("garbage", whole + garbage);
      CHECK(message_of<BadData>([&] { load(path); }) ==
            path + ": after the compressed data ends, something else follows at byte " +
                std::to_string(whole.size() + garbage.size()) + " of the file; remove it");
    }
  }
}

TEST_CASE("Two gzip members one after the other are one file") {
  const Folder folder;
  const std::string path =
      folder.write("a.gz", compressed("1 1:1\n", "gzip") + compressed("2 5:1\n", "gzip"));
  CHECK(load(path).rows() == 2);
}

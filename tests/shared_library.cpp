#include "workloads/shared_library.h"

#include <doctest/doctest.h>

#include "workloads/names.h"

using namespace sgdbench;

namespace {

std::string complaint(auto body) {
  try {
    body();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("A function of a library opened at run time is the library's own") {
  const SharedLibrary library("libm.so.6", "this test", "libc6");
  auto* const square_root = library.function<double(double)>("sqrt");
  CHECK(square_root(9) == 3);
}

TEST_CASE("What a library lacks, and a library that is not there, is said in one line") {
  const auto absent =
      complaint([] { SharedLibrary("libabsent.so.9", "the kernel set absent", "libabsent9"); });
  CHECK(absent.starts_with("can't use libabsent.so.9, needed for the kernel set absent ("));
  CHECK(absent.ends_with("): on Debian, apt-get install libabsent9"));
  CHECK(absent.find('\n') == std::string::npos);

  const SharedLibrary library("libm.so.6", "this test", "libc6");
  const auto lacking = complaint([&] { library.function<void()>("no_such_function"); });
  CHECK(lacking.find("no_such_function") != std::string::npos);
  CHECK(lacking.find('\n') == std::string::npos);
}

// One harness for each reader of what others have written: files, and the words of a command line.
//
// The idea: a harness takes any bytes and does with them what the program would. What the reader
// refuses, it refuses by the exceptions that have an exit code; anything else that is thrown, a
// sanitizer's finding, a hang or too much memory is a mistake of ours. libFuzzer makes up the bytes
// in the preset `fuzz`; everywhere else the test `fuzz` replays the corpora.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sgdbench::fuzz {

struct Harness {
  std::string_view name;  ///< of its corpus as well
  void (*run)(std::string_view input);
};

/// All of them.
std::span<const Harness> harnesses();

// data.cpp: a file of data, loaded as `run` would load it.
void fuzz_libsvm(std::string_view input);
void fuzz_table(std::string_view input);
/// Two bytes, the length of an images file with the higher one first; that file; a labels file.
void fuzz_idx(std::string_view input);
void fuzz_compressed(std::string_view input);

// texts.cpp: what a user types, and the files that stand for it.
void fuzz_durations(std::string_view input);
/// A line for each option that was given, `--option value`.
void fuzz_options(std::string_view input);
/// A line for each word of a command line.
void fuzz_command(std::string_view input);
void fuzz_suite(std::string_view input);
void fuzz_printable(std::string_view input);

// reports.cpp: what this program has written, or says that it has.
void fuzz_journal(std::string_view input);
void fuzz_report(std::string_view input);
void fuzz_trace(std::string_view input);
void fuzz_optimum(std::string_view input);
void fuzz_winner(std::string_view input);

/// Calls body(), which may refuse its input.
void with_refusals(void (*body)(std::string_view), std::string_view input);

/// Stops the program where a property does not hold.
void require(bool holds, const char* property);

}  // namespace sgdbench::fuzz

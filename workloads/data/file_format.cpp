#include <algorithm>
#include <string>

#include "workloads/data/decompressor.h"
#include "workloads/data/readers.h"
#include "workloads/data/table_lines.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start != std::string_view::npos && line[start] != '#') return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

bool looks_like_libsvm(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  line.remove_prefix(std::min(line.find_first_of(" \t"), line.size()));
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.starts_with("qid:")) return true;
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  return digits > 0 && digits < line.size() && line[digits] == ':';
}

std::string_view without_compression(std::string_view path) {
  for (const std::string_view suffix : {".gz", ".bz2", ".xz", ".zst"})
    if (path.ends_with(suffix)) return path.substr(0, path.size() - suffix.size());
  return path;
}

}  // namespace

FileFormat detect_format(std::string_view path, std::string_view content) {
  if (looks_like_idx(content)) return FileFormat::idx;
  if (const auto kind = foreign_kind(content))
    throw BadData(std::string(path) + ": this is " + *kind);
  if (looks_like_libsvm(first_line(content))) return FileFormat::libsvm;
  const std::string_view name = without_compression(path);
  const bool called_table = name.ends_with(".csv") || name.ends_with(".tsv");
  return called_table || find_separator(content, false) != 0 ? FileFormat::table
                                                             : FileFormat::libsvm;
}

namespace {

using namespace std::string_view_literals;

// What a file is that is neither LIBSVM nor a table nor IDX.
//
// The idea: such a file would be refused at its first cell or label, which says nothing to somebody
// who has named the wrong file, or whose download is an error page. A few kinds that people really
// name are known by their first bytes; binary data of any other kind by control characters, of
// which text has next to none.

constexpr std::size_t kLookedAt = 4096;  ///< bytes

constexpr std::string_view kUnpack = "unpack it and name the file in it";
constexpr std::string_view kSave = "save its table as CSV";
constexpr std::string_view kRepack = "unpack it, or compress it as gz, bz2, xz or zst";
constexpr std::string_view kUtf8 = "convert it: iconv -t UTF-8 -f ";
constexpr std::string_view kPage = "a download that failed looks so";

/// Bytes at a place, and what they say of a file.
struct Signature {
  std::size_t place;
  std::string_view bytes, kind, advice, more = "";
};

constexpr Signature kBinary[] = {
    {0, "PK\3\4"sv, "a zip archive (as .xlsx, .ods and .npz files are)", kUnpack,
     ", or save its table as CSV"},
    {0, "PK\5\6"sv, "an empty zip archive", "name another file"},
    {257, "ustar"sv, "a tar archive", kUnpack},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive", kUnpack},
    {0, "Rar!\x1a\x07"sv, "a RAR archive", kUnpack},
    {0, "\x04\x22\x4d\x18"sv, "compressed by lz4", kRepack},
    {0, "LZIP\1"sv, "compressed by lzip", kRepack},
    {0, "\x1f\x9d"sv, "compressed by compress", kRepack},
    {0, "\x5d\0\0\x80\0"sv, "compressed by lzma", kRepack},
    {0, "PAR1"sv, "a Parquet file", kSave},
    {0, "ARROW1"sv, "an Arrow (Feather) file", kSave},
    {0, "FEA1"sv, "a Feather file", kSave},
    {0, "Obj\1"sv, "an Avro file", kSave},
    {0, "ORC"sv, "an ORC file", kSave},
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file", kSave},
    {0, "\x93NUMPY"sv, "a NumPy array", kSave, ": numpy.savetxt(…, delimiter=',')"},
    {0, "MATLAB 5.0 MAT-file"sv, "a MATLAB file", kSave},
    {0, "SQLite format 3\0"sv, "an SQLite database", kSave},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an old Office document", kSave},
    {0, "%PDF-"sv, "a PDF document", kSave},
    {0, "\x89PNG\r\n"sv, "a picture", "name IDX images or a table"},
    {0, "\xff\xd8\xff"sv, "a picture", "name IDX images or a table"},
    {0, "GIF8"sv, "a picture", "name IDX images or a table"},
    {0,
     "\x7f"
     "ELF"sv,
     "a program", "name a file of data"},
    {0, "\xff\xfe\0\0"sv, "UTF-32 text", kUtf8, "UTF-32"},
    {0, "\0\0\xfe\xff"sv, "UTF-32 text", kUtf8, "UTF-32"},
    {0, "\xff\xfe"sv, "UTF-16 text", kUtf8, "UTF-16"},
    {0, "\xfe\xff"sv, "UTF-16 text", kUtf8, "UTF-16"},
};

/// All blanks left out, whatever the case.
constexpr Signature kText[] = {
    {0, "<!doctypehtml"sv, "an HTML page", kPage, "; name a table"},
    {0, "<html"sv, "an HTML page", kPage, "; name a table"},
    {0, "<head"sv, "an HTML page", kPage, "; name a table"},
    {0, "<?xml"sv, "an XML document", kPage, "; name a table"},
    {0, "<!--"sv, "an HTML page or XML document", kPage, "; name a table"},
    {0, "{\\rtf"sv, "a Rich Text document", kSave},
    {0, "{\""sv, "JSON", kSave},
    {0, "[{"sv, "JSON", kSave},
    {0, "[["sv, "JSON", kSave},
    {0, "@relation"sv, "an ARFF file", kSave},
    {0, "%%matrixmarket"sv, "a Matrix Market file", "save it as LIBSVM text"},
    {0, "versionhttps://git-lfs"sv, "a pointer of Git LFS and not the file itself",
     "get that with: git lfs pull"},
};

std::string clause(const Signature& signature) {
  return std::string(signature.kind) + "; " + std::string(signature.advice) +
         std::string(signature.more);
}

/// Its first letters in lower case and without the blanks.
std::string squeezed(std::string_view text) {
  constexpr std::size_t kEnough = 32;
  std::string result;
  for (std::size_t i = 0; i < text.size() && result.size() < kEnough; ++i) {
    const char c = text[i];
    if (c >= 'A' && c <= 'Z')
      result += static_cast<char>(c - 'A' + 'a');
    else if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
      result += c;
  }
  return result;
}

/// Whether every other byte is 0 and the others are not: Latin letters and digits in two bytes
/// each.
bool alternates(std::string_view start, std::size_t first_zero) {
  if (start.size() < 4) return false;
  for (std::size_t i = 0; i < start.size(); ++i)
    if ((start[i] == 0) != (i % 2 == first_zero)) return false;
  return true;
}

/// Whether there are more control characters than a slip leaves in text: of random bytes, every
/// ninth is one.
bool is_binary(std::string_view start) {
  const auto controls = std::count_if(start.begin(), start.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\r' && c != '\t';
  });
  return controls > 8 && static_cast<std::size_t>(controls) > start.size() / 20;
}

}  // namespace

std::optional<std::string> foreign_kind(std::string_view content) {
  if (looks_like_idx(content)) return std::nullopt;
  if (const auto compression = compression_of(content); !compression.empty())
    return "compressed by " + std::string(compression) + " twice; unpack it once";
  for (const Signature& signature : kBinary)
    if (content.substr(std::min(signature.place, content.size())).starts_with(signature.bytes))
      return clause(signature);
  for (const std::size_t zero : {1, 0})
    if (alternates(content.substr(0, 64), zero))
      return "UTF-16 text; " + std::string(kUtf8) + (zero == 1 ? "UTF-16LE" : "UTF-16BE");
  const std::string text = squeezed(content.substr(0, kLookedAt));
  for (const Signature& signature : kText)
    if (text.starts_with(signature.bytes)) return clause(signature);
  if (is_binary(content.substr(0, kLookedAt)))
    return "binary data of an unknown kind; name LIBSVM text, a CSV table or IDX images";
  return std::nullopt;
}

}  // namespace sgdbench

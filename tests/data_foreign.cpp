// Files that hold no table: said as what they are.
#include "data_helpers.h"
#include "workloads/data/readers.h"

using namespace sgdbench;
using namespace sgdbench::testing;
using namespace std::string_view_literals;

TEST_CASE("A file of another kind is named as what it is, whatever it is called") {
  struct Sample {
    std::string content;
    std::string_view kind;
  };
  const std::string tar = std::string("a.csv") + std::string(252, '\0') + "ustar";
  for (const auto& [content, kind] :
       {Sample{"\xff\xfe" + std::string("a\0,\0b\0\n\0"sv), "UTF-16 text; convert it: iconv"},
        {"\xfe\xff" + std::string("\0a\0,\0b\0\n"sv), "UTF-16 text; convert it: iconv"},
        {std::string("1\0 \0001\0:\0001\0\n\0"sv),
         "UTF-16 text; convert it: iconv -t UTF-8 -f UTF-16LE"},
        {std::string("\0a\0,\0b\0\n\0001\0,\0002"sv),
         "UTF-16 text; convert it: iconv -t UTF-8 -f UTF-16BE"},
        {std::string("\xff\xfe\0\0a\0\0\0"sv), "UTF-32 text"},
        {"PK\3\4 and so on", "a zip archive"},
        {tar, "a tar archive; unpack it"},
        {"\n <!DOCTYPE html>\n<html>", "an HTML page"},
        {"<html lang=\"en\"><p>1,2", "an HTML page"},
        {"<?xml version=\"1.0\"?>", "an XML document"},
        {"{\"error\": \"not found\"}", "JSON"},
        {"[[1,2],[3,4]]", "JSON"},
        {"[\n  {\n \"a\": 1", "JSON"},
        {"%PDF-1.5 1,2", "a PDF document"},
        {"PAR1\x15\x04", "a Parquet file"},
        {"\x93NUMPY\1", "a NumPy array"},
        {"\x89HDF\r\n\x1a\n", "an HDF5 file"},
        {"@RELATION iris\n", "an ARFF file"},
        {"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"},
        {"\x04\x22\x4d\x18 1", "compressed by lz4; unpack it, or compress it as gz"},
        {std::string(40, '\1') + "1,2", "binary data of an unknown kind"}}) {
    const std::string message = refusal("a.csv", content);
    INFO(message);
    CHECK(message.starts_with("a.csv: this is " + std::string(kind)));
  }
  CHECK(refusal("a.csv", compressed(tar, "gzip")).starts_with("a.csv: this is a tar archive"));
}

TEST_CASE("Text that could be data, and IDX files, are of no other kind") {
  for (const std::string_view content :
       {"1 1:2\n"sv, "a,b\n1,2\n"sv, "{a},b\n1,2\n"sv, "[x],y\n1,2\n"sv, "# <html>\n1 1:1\n"sv,
        ""sv, "1"sv, "größe,y\n1,2\n"sv, "1 1:1\0\n"sv, "\0\0\x08\x03\0\0\0\1\0\0\0\1\0\0\0\1\7"sv})
    CHECK(!foreign_kind(content));
}

TEST_CASE("A carriage return that ends no line is refused at its place, never taken for a blank") {
  const std::string advice =
      ": a carriage return within a line; where it is meant to end the line, convert the file "
      "first: tr '\\r' '\\n' < OLD > NEW";
  CHECK(refusal("a.svm", "1 1:1\r-1 1:2\r") == "a.svm:1:6" + advice);
  CHECK(refusal("a.svm", "1 1:1 # one\r-1 1:2\r") == "a.svm:1:12" + advice);
  CHECK(refusal("a.svm", "1 1:1\n-1 1:2 #\r1 1:3\n") == "a.svm:2:9" + advice);
  CHECK(refusal("a.csv", "label,x\r1,2\r") == "a.csv:1:8" + advice);
  CHECK(refusal("a.csv", "label,x\r1,2\r\n1,2,3\r\n") == "a.csv:1:8" + advice);
  const Folder folder;
  for (const std::string_view end : {"\n", "\r\n", "\r\r\n", "\r \n", "\r"})
    CHECK(load(folder.write("a.csv", "label,x\r\n1,2\r\n3,4" + std::string(end))).rows() == 2);
}

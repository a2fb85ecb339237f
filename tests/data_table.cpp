#include "data_helpers.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

Dataset parse(std::string_view text, const std::string& label = {},
              const std::string& name = "t.csv") {
  const Folder folder;
  DataRequest request;
  request.label_column = label;
  return load(folder.write(name, text), request);
}

std::string usage(std::string_view text, const std::string& label) {
  std::string message = message_of<UsageError>([&] { parse(text, label); });
  return message.substr(message.find("t.csv"));
}

const char kTable[] = "1,2,3\n0,5,6\n";

}  // namespace

TEST_CASE("The label is the first column, or the one asked for by number or name") {
  CHECK(parse(kTable).targets == std::vector<float>{1, 0});
  const Dataset third = parse(kTable, "3");
  CHECK(third.targets == std::vector<float>{3, 6});
  CHECK(dense(third).row(1)[1] == 5);
  const std::string named = std::string("y,a,b\n") + kTable;
  CHECK(parse(named).checksum == parse(kTable).checksum);
  CHECK(parse(named, "b").checksum == third.checksum);
  CHECK(parse(named, "3").checksum == third.checksum);
}

TEST_CASE("Quotes, blanks, CRLF, tabs and blank lines say nothing") {
  const std::uint64_t expected = parse(kTable).checksum;
  CHECK(parse("\"the, label\",\"a \"\"b\"\"\", c \n1,2,3\n0,5,6\n").checksum == expected);
  CHECK(parse("1, 2 ,3\r\n\r\n\"0\",\"5\" , 6\r\n").checksum == expected);
  CHECK(parse("1\t2\t3\n0\t5\t6", "", "t.tsv").checksum == expected);
  CHECK(parse("1,\t2,\t3\n0,\t5,\t6\n").checksum == expected);
  CHECK(parse("y\ta, b\tc\n1\t2\t3\n0\t5\t6\n", "", "t.tsv").checksum == expected);
  CHECK(parse("y,\"a\",\"b\"\n1,2,3\n0,5,6\n", "b").targets == std::vector<float>{3, 6});
}

TEST_CASE("A label column that isn't there is a usage error with the valid ones") {
  CHECK(usage("label,width,height\n1,2,3\n", "widht") ==
        "t.csv: unknown label column 'widht'; did you mean 'width'? valid: label, width, height");
  CHECK(usage(kTable, "4") == "t.csv: no label column 4; valid: 1 to 3");
  CHECK(usage(kTable, "0") == "t.csv: no label column 0; valid: 1 to 3");
  CHECK(usage(kTable, "width") ==
        "t.csv has no header, so no label column 'width'; give its number, 1 to 3");
}

TEST_CASE("Missing cells, ragged rows and words among numbers are refused at their place") {
  const auto refused = [](std::string_view text) { return refusal("t.csv", text); };
  CHECK(refused("1,2,3\n0,,6\n") == "t.csv:2:3: an empty cell; every cell must be a number");
  CHECK(refused("1,2,3\n0,5,\n") == "t.csv:2:5: an empty cell; every cell must be a number");
  CHECK(refused("1,,3\n0,5,6\n") == "t.csv:1:3: an empty cell; every cell must be a number");
  CHECK(refused("1,2,3\n0,5\n") == "t.csv:2:4: the row ends after 2 cells; the first row has 3");
  CHECK(refused("1,2,3\n0,5,6,7\n") ==
        "t.csv:2:6: the row goes on after 3 cells; the first row has no more");
  CHECK(refused("y,a,b\n1,2,3\n0,,6\n") ==
        "t.csv:3:3: an empty cell; every cell must be a number (column 'a')");
  CHECK(refused("y,a,b\n1,2,3\n0,NA,6\n") == "t.csv:3:3: cell 'NA' is not a number (column 'a')");
  CHECK(refused("1,nan,3\n") == "t.csv:1:3: cell 'nan' is not a finite number");
  CHECK(refused("1,2,3\n0,NA,6\n") == "t.csv:2:3: cell 'NA' is not a number");
  CHECK(refused("1,2,3\n0,5 5,6\n") ==
        "t.csv:2:3: cell '5' is not a number: it goes on after its digits");
  CHECK(refused("1,2,3\n0,\"5,6\n") == "t.csv:2:3: a quoted cell does not end in its line");
}

TEST_CASE("Tables without rows or without features are refused") {
  CHECK(refusal("t.csv", "a,b\n") == "t.csv:1:1: a header and no rows");
  CHECK(refusal("t.csv", "1\n2\n") ==
        "t.csv:1:1: one column, beginning with '1'; a table has a label and at least one feature, "
        "with a comma, tab, semicolon or bar between them");
  CHECK(refusal("t.csv", "some words\nand more\n")
            .starts_with("t.csv:1:1: one column, beginning "
                         "with 'some words'; a table has "));
  CHECK(refusal("t.csv", "\n \n") == "t.csv:1:1: the file has no rows");
}

TEST_CASE("A long first line among short ones takes no more memory than the file justifies") {
  std::string text = "1";
  for (int i = 0; i < 300'000; ++i) text += ",1";
  text += '\n';
  for (int i = 0; i < 300'000; ++i) text += "1\n";
  CHECK(refusal("t.csv", text) ==
        "t.csv:2:2: the row ends after 1 cells; the first row has 300001");
}

TEST_CASE("Semicolons, bars, and blanks in what is called a table separate cells as commas do") {
  const std::uint64_t expected = parse(kTable).checksum;
  CHECK(parse("1;2;3\n0;5;6\n").checksum == expected);
  CHECK(parse("y;a;b\n1; 2;3\n0;5;6\n", "", "t.txt").checksum == expected);
  CHECK(parse("y,1|a|b\n1|2|3\n0|5|\"6\"\n", "", "t").checksum == expected);
  CHECK(parse("y a  b\n 1 2 3\r\n0  5\t6 \n").checksum == expected);
  CHECK(parse("sep=;\r\n1;2;3\n0;5;6\n").checksum == expected);
  CHECK(parse("\"sep=\t\"\ny\ta\tb\n1\t2\t3\n0\t5\t6\n").checksum == expected);
  CHECK(refusal("t.csv", "sep=x\n1x2\n") ==
        "t.csv:1:5: a separator must be a comma, tab, semicolon, bar or blank");
  CHECK(refusal("t.txt", "1 2 3\n0 5 6\n") ==
        "t.txt:1:1: numbers with blanks between them: LIBSVM rows are 'label index:value …'; if it "
        "is a table, call it .csv");
}

TEST_CASE("A decimal comma is refused at its place, whatever separates, and never separates") {
  const std::string why = " is not a number: decimals are written with a point";
  CHECK(refusal("t.csv", "1,5;2,5\n2,5;3,5\n") == "t.csv:1:1: cell '1,5'" + why);
  CHECK(refusal("t.csv", "0;1;2\n0;1;2,5\n") == "t.csv:2:5: cell '2,5'" + why);
  CHECK(refusal("t.csv", "y\ta\n1\t2,5\n0\t3\n") ==
        "t.csv:2:3: cell '2,5'" + why + " (column 'a')");
  CHECK(refusal("t.csv", "y|a\n1|\"2,5\"\n") ==
        "t.csv:2:3: cell '\"2,5\"'" + why + " (column 'a')");
  CHECK(refusal("t.csv", "1 2,5\n0 3,5\n").starts_with("t.csv:"));
}

TEST_CASE("Text is refused with its column and the option that leaves it out, which does") {
  const std::string text = "name,y,\"of, place\"\n\"Doe, J\",1,2\n\"Roe \"\"K\"\"\",0,3\n,1,4\n";
  CHECK(refusal("t.csv", text) ==
        "t.csv:2:1: cell '\"Doe, J\"' is not a number (column 'name'); text can't be learned from: "
        "encode it as numbers, or leave the column out with `drop columns`");
  // Without its label nothing is left to learn.
  CHECK(refusal("t.csv", "label,a\nyes,1\nno,2\n") ==
        "t.csv:2:1: cell 'yes' is not a number (column 'label'); a label is a number: write the "
        "classes as 0, 1, …");
  const Folder folder;
  DataRequest request;
  for (const char* dropped : {"name", "1"}) {
    request.dropped_columns = dropped;
    const Dataset data = load(folder.write("t.csv", text), request);
    CHECK(data.targets == std::vector<float>{1, 0, 1});
    CHECK(data.columns() == 1);
    CHECK(value_at(data, 2, 0) == 4);
  }
  request.dropped_columns = "name,y";
  request.label_column = "y";
  CHECK_THROWS_AS(load(folder.path() + "/t.csv", request), UsageError);
  request.dropped_columns = "nme";
  CHECK(message_of<UsageError>([&] {
          load(folder.path() + "/t.csv", request);
        }).ends_with("unknown column 'nme'; did you mean 'name'? valid: name, y, of, place"));
}

TEST_CASE("A table that is mostly zeros is stored sparse, without its empty last columns") {
  const Dataset data = parse("1,0,0,4,0,0\n0,0,2,0,0,0\n");
  REQUIRE(data.sparse());
  CHECK(data.columns() == 3);
  CHECK(value_at(data, 0, 2) == 4);
  CHECK(value_at(data, 1, 1) == 2);
}

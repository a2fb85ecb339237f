// What the columns of a table are: header, label, and those of a table to test on.
#include "data_helpers.h"
#include "workloads/data/readers.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

Dataset read_with(std::string_view text, HeaderRule rule = HeaderRule::automatic) {
  const Folder folder;
  DataRequest request;
  request.header = rule;
  return load(folder.write("t.csv", text), request);
}

std::string refused_with(std::string_view text, HeaderRule rule = HeaderRule::automatic) {
  DataRequest request;
  request.header = rule;
  return refusal("t.csv", text, request);
}

struct Pair {
  std::string train, test;
  std::string train_name = "train.csv", test_name = "test.csv";
};

TrainTest load_pair(const Folder& folder, const Pair& pair, DataRequest request = {}) {
  request.source = folder.write(pair.train_name, pair.train);
  request.test_source = folder.write(pair.test_name, pair.test);
  request.permute = false;
  return load_data(request, serial_for);
}

/// Why these can't be used together, without the folder's name.
std::string mismatch(const Pair& pair, const DataRequest& request = {}) {
  const Folder folder;
  std::string text = message_of<BadData>([&] { load_pair(folder, pair, request); });
  const std::string prefix = folder.path() + "/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
    text.erase(at, prefix.size());
  return text;
}

const TableColumns& columns_of(const Dataset& data) {
  return data.table->columns;
}

}  // namespace

TEST_CASE("A first line is a header if none of its cells is a number, and a row if all are") {
  CHECK(read_with("y,a,b\n1,2,3\n").rows() == 1);
  CHECK(read_with("y,na,nan\n1,2,3\n").rows() == 1);
  CHECK(read_with("4,5,6\n1,2,3\n").rows() == 2);
  CHECK(columns_of(read_with("a,y\n1,2\n")).header.names == std::vector<std::string>{"a", "y"});
  CHECK(columns_of(read_with("4,5\n1,2\n")).header.names.empty());
  CHECK(refused_with("nan,NA\n1,2\n") == "t.csv:1:1: cell 'nan' is not a finite number");
  CHECK(refused_with("2020-01-01,5\n2020-01-02,6\n") ==
        "t.csv:1:1: cell '2020-01-01' is not a number: it goes on after its digits");
}

TEST_CASE("Names among numbers in the first line are refused at their place until one says more") {
  CHECK(refused_with("0,5.1,?\n1,2,3\n") ==
        "t.csv:1:7: cell '?' is not a number, but others of the first line are: if they are the "
        "columns' names, say `header` on");
  CHECK(refused_with("label,0,1\n1,2,3\n")
            .starts_with("t.csv:1:1: cell 'label' is not a number, but "));
  CHECK(read_with("label,0,1\n1,2,3\n", HeaderRule::on).targets == std::vector<float>{1});
  CHECK(refused_with("label,0,1\n1,2,3\n", HeaderRule::off) ==
        "t.csv:1:1: cell 'label' is not a number");
}

TEST_CASE("Numbers that count the columns may be their names, so one has to say") {
  const std::string text = "0,1,2,3\n1,5,6,7\n";
  CHECK(refused_with(text) ==
        "t.csv:1:1: the first line counts 0, 1, 2, …: if these are the columns' names, say "
        "`header` on, and `header` off if they are a row");
  CHECK(read_with(text, HeaderRule::on).rows() == 1);
  CHECK(read_with(text, HeaderRule::off).rows() == 2);
}

TEST_CASE("The label is the one column that is called so, in any case of its letters") {
  CHECK(columns_of(read_with("a,Class,b\n1,2,3\n")).label() == 1);
  const Dataset guessed = read_with("age,height\n1,2\n");
  CHECK(columns_of(guessed).label() == 0);
  REQUIRE(guessed.notes.size() == 1);
  CHECK(
      guessed.notes[0].ends_with(": no column is called label, target, class or y, so the first, "
                                 "'age', is the label (`label column`)"));
  CHECK(read_with("y,a\n1,2\n").notes.empty());
  CHECK(read_with("1,2\n3,4\n").notes.empty());
  CHECK(message_of<UsageError>([] {
          read_with("id,label,target\n1,2,3\n");
        }).ends_with(": 'label' and 'target' may both be the label; name it with `label column`"));
}

TEST_CASE("A column without a name, as pandas and R write row numbers, is no silent feature") {
  const std::string why =
      " has no name, like the row numbers that pandas and R write; `drop columns` ";
  CHECK(refused_with(",a,y\n0,5,1\n1,6,0\n").starts_with("t.csv:1:1: column 1" + why + "1 "));
  CHECK(refused_with("\"\",\"a\",\"y\"\n\"1\",5,1\n").starts_with("t.csv:1:1: column 1" + why));
  CHECK(refused_with("y,Unnamed: 0,a\n1,0,5\n").starts_with("t.csv:1:3: column 2" + why + "2 "));
  const Folder folder;
  DataRequest request;
  request.dropped_columns = "1";
  const Pair shuffled{",a,b,y\n0,5,7,1\n1,6,8,0\n", "b,,y,a\n7,9,1,5\n8,3,0,6\n"};
  const TrainTest data = load_pair(folder, shuffled, request);
  CHECK(data.train.columns() == 2);
  CHECK(data.train.checksum == data.test->checksum);
}

TEST_CASE("Columns of the test data are matched by name, the label's too") {
  const Folder folder;
  const Pair same{"f1,f2,label\n1,2,0\n3,4,1\n", "f1,f2,label\n1,2,0\n3,4,1\n"};
  const TrainTest expected = load_pair(folder, same);
  for (const char* test : {"f2,f1,label\n2,1,0\n4,3,1\n", "label;f2;f1\n0;2;1\n1;4;3\n",
                           "f2,label,\"f1\"\n2,0,1\n4,1,3\n"}) {
    const TrainTest data = load_pair(folder, {same.train, test});
    CHECK(data.test->checksum == expected.test->checksum);
    CHECK(data.test->targets == std::vector<float>{0, 1});
    CHECK(value_at(*data.test, 1, 0) == 3);
  }
  // Also where the label is asked for by its number in the training data.
  DataRequest request;
  request.label_column = "1";
  CHECK(load_pair(folder, {same.train, "f2,f1,label\n2,1,0\n"}, request).test->targets ==
        std::vector<float>{1});
}

TEST_CASE("Missing, unknown and repeated columns of the test data are named") {
  const std::string train = "f1,f2,label\n1,2,0\n3,4,1\n";
  const std::string why = "test.csv:1:1: the columns are not those of train.csv: ";
  CHECK(mismatch({train, "f1,label\n1,0\n"}) == why + "missing 'f2'");
  CHECK(mismatch({train, "f1,f2\n1,0\n"}) == why + "missing 'label'");
  CHECK(mismatch({train, "f1,f2,f3,label\n1,2,3,0\n"}) == why + "unknown 'f3'");
  CHECK(mismatch({train, "f1,F2,label\n1,2,0\n"}) == why + "missing 'f2'; unknown 'F2'");
  CHECK(mismatch({train, "f1,f2,f2,label\n1,2,2,0\n"})
            .starts_with("test.csv:1:1: several columns are called 'f2', "));
}

TEST_CASE("A table with a header and one without are not matched by a guess") {
  const std::string named = "label,f1,f2\n1,2,0\n3,4,1\n", bare = "1,2,0\n3,4,1\n";
  CHECK(mismatch({named, bare}) ==
        "test.csv:1:1: there is no header, but train.csv has one, and columns are matched by name; "
        "add the header to this file");
  CHECK(mismatch({bare, named}) ==
        "test.csv:1:1: there is a header, but train.csv has none, so columns can't be matched by "
        "name; add the header to that file");
  CHECK(mismatch({bare, "1,2,0,4\n"}) == "test.csv:1:1: 4 columns, but train.csv has 3");
  const Folder folder;
  CHECK(load_pair(folder, {bare, bare}).test->checksum ==
        load_pair(folder, {named, named}).test->checksum);
}

TEST_CASE("Named features are not matched with numbered ones, nor more features with fewer") {
  const std::string named = "label,f1,f2\n0,1,2\n1,3,4\n", bare = "0,1,2\n1,3,4\n";
  const std::string libsvm = "0 1:1 2:2\n1 1:3 2:4\n", wide = "0 1:1 3:2\n1 3:1\n";
  CHECK(mismatch({named, libsvm, "train.csv", "test.svm"}) ==
        "test.svm: the features of train.csv have names and those of test.svm numbers, so which is "
        "which can't be known; give both in one format");
  CHECK(mismatch({libsvm, named, "train.svm", "test.csv"})
            .starts_with("test.csv: the features of test.csv have names "));
  CHECK(mismatch({bare, wide, "train.csv", "test.svm"}) ==
        "test.svm: 3 features, but train.csv has 2 features");
  CHECK(mismatch({wide, bare, "train.svm", "test.csv"}) ==
        "test.csv: 2 features, but train.svm has 3 features");
  const Folder folder;
  const TrainTest data = load_pair(folder, {bare, libsvm, "train.csv", "test.svm"});
  CHECK(data.test->checksum == data.train.checksum);
}

TEST_CASE("Test features that no training row has are said, also of generated data") {
  const Folder folder;
  const TrainTest data =
      load_pair(folder, {"0 1:1\n1 2:1\n", "0 1:1 5:1\n", "train.svm", "test.svm"});
  REQUIRE(data.test->notes.size() == 1);
  CHECK(data.test->notes[0].ends_with(": no training row has its features from 3 to 5"));
  DataRequest request;
  request.source = "quadratic:rows=90,features=20";
  request.test_source = "quadratic:rows=90,features=30";
  CHECK(message_of<BadData>([&] { load_data(request, serial_for); }) ==
        "quadratic:rows=90,features=30: 30 features, but quadratic:rows=90,features=20 has 20 "
        "features");
}

TEST_CASE("An option for another format than the data's is said") {
  DataRequest request;
  request.label_column = "y";
  request.index_base = 0;
  const Dataset data = load("quadratic:rows=90,features=20", request);
  REQUIRE(data.notes.size() == 2);
  CHECK(data.notes[0] ==
        "`label column` says nothing of quadratic:rows=90,features=20, which is no table");
}

#include <cmath>

#include "data_helpers.h"
#include "workloads/data/generators/generators.h"
#include "workloads/data/generators/portable.h"
#include "workloads/data/statistics.h"

using namespace sgdbench;
using namespace sgdbench::testing;

TEST_CASE("Data depend on parameters and seed only, not on threads") {
  for (const Generator& generator : generator_catalog()) {
    const std::string source = std::string(generator.name) + ":rows=1100";
    const Dataset once = load(source);
    INFO(source);
    CHECK(load_source(source, {}, backwards_for).checksum == once.checksum);
    CHECK(load_source(source, {}, threaded_for).checksum == once.checksum);
    CHECK(load(source + ",seed=2").checksum != once.checksum);
    CHECK(once.rows() == 1100);
    CHECK(once.targets.size() == 1100);
  }
}

TEST_CASE("The data are the same on every machine and with every compiler") {
  // Changing a generator changes what its name means: then, and only then, change these.
  const std::vector<std::pair<std::string, std::uint64_t>> known = {
      {"rcv1-like", 0xc3d73bec330b985bu},    {"real-sim-like", 0xdde788d581680952u},
      {"news20-like", 0x2874145d40071c62u},  {"w8a-like", 0xe6dfad89e2ff690bu},
      {"covtype-like", 0xc08a66b549221d0du}, {"epsilon-like", 0x3898ef19ecaf777bu},
      {"mnist-like", 0xd88271aaf0c0d43eu},   {"disjoint", 0xe90a0877d3bd8c28u},
      {"quadratic", 0x7e84c3b34fba9241u},
  };
  for (const auto& one : known) {
    INFO(one.first);
    CHECK(load(one.first + ":rows=200").checksum == one.second);
  }
}

TEST_CASE("A longer data set starts with the rows of a shorter one") {
  for (const Generator& generator : generator_catalog()) {
    if (generator.name == "quadratic") continue;  // its rows depend on their number
    const Dataset longer = load(std::string(generator.name) + ":rows=300");
    const Dataset shorter = load(std::string(generator.name) + ":rows=200");
    INFO(generator.name);
    REQUIRE(longer.columns() == shorter.columns());
    for (const std::size_t row : {std::size_t{0}, std::size_t{199}}) {
      CHECK(longer.targets[row] == shorter.targets[row]);
      for (std::size_t j = 0; j < std::min<std::size_t>(shorter.columns(), 3000); ++j)
        CHECK(value_at(longer, row, j) == value_at(shorter, row, j));
    }
  }
}

TEST_CASE("Wrong parameters are refused with what would be right") {
  const auto usage = [](const char* source) {
    return message_of<UsageError>([&] { load(source); });
  };
  CHECK(usage("rcv1-like:row=5") ==
        "rcv1-like: unknown parameter 'row'; did you mean 'rows'? valid: rows, features, seed");
  CHECK(usage("rcv1-like:rows") == "rcv1-like: rows is not name=value; for instance rows=1000");
  CHECK(usage("rcv1-like:rows=many") == "rcv1-like: rows='many' is not a number");
  CHECK(usage("rcv1-like:rows=") == "rcv1-like: rows='' is not a number");
  CHECK(usage("rcv1-like:rows=0") == "rcv1-like: rows=0 must lie between 1 and 4294967295");
  CHECK(usage("rcv1-like:rows=nan") == "rcv1-like: rows=nan must be a whole number");
  CHECK(usage("rcv1-like:rows=2.5") == "rcv1-like: rows=2.5 must be a whole number");
  CHECK(usage("rcv1-like:rows=5,rows=6") == "rcv1-like: parameter 'rows' is given twice");
  CHECK(usage("epsilon-like:rows=4e9,features=65536") ==
        "epsilon-like: these parameters would take 976563 GiB of memory; at most 64 GiB: ask "
        "for fewer rows or features");
  CHECK(usage("mnist-like:features=785") ==
        "mnist-like: features=785 must be a square, as images are; 784 is the nearest");
  CHECK(usage("disjoint:rows=5,groups=6") == "disjoint: groups=6 must be at most rows=5");
  CHECK(usage("disjoint:features=3,groups=6").find("at least groups=6") != std::string::npos);
  CHECK(usage("quadratic:rows=5,features=5").find("must be below rows=5") != std::string::npos);
}

TEST_CASE("Generated data that would take more than half of the free memory are refused") {
  const auto load_with = [](const char* source, std::uint64_t free_memory) {
    DataRequest request;
    request.source = source;
    return load_data(request, serial_for, {.free_memory = free_memory}).train.rows();
  };
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
  CHECK(message_of<UsageError>([&] { load_with("rcv1-like:features=1e9", 20 * kGiB); }) ==
        "rcv1-like: these parameters would take 14.9 GiB of memory, more than half of the 20 GiB "
        "that are free: ask for fewer rows or features");
  for (const Generator& generator : generator_catalog()) {
    CAPTURE(generator.name);
    const std::string source(generator.name);
    CHECK(message_of<UsageError>([&] {
            load_with(source.c_str(), 400'000);
          }).find("ask for fewer rows") != std::string::npos);
  }
  CHECK(load_with("rcv1-like:rows=10,features=100", 400'000) == 10);
}

TEST_CASE("Every catalogued name says its parameters and its default size") {
  for (const DataEntry& entry : data_catalog()) {
    CHECK(!entry.summary.empty());
    if (entry.name != "fashion-mnist") CHECK(entry.parameters.find("seed=1") != std::string::npos);
  }
  CHECK(find_by_name(data_catalog(), "data set", "rcv1-like").parameters ==
        "rows=20242,features=47236,seed=1");
  CHECK(find_by_name(data_catalog(), "data set", "disjoint").parameters ==
        "rows=20000,features=auto,groups=64,seed=1");
}

TEST_CASE("Rows of different groups share no feature in disjoint data") {
  const Dataset data = load("disjoint:rows=60,features=100,groups=7");
  std::vector<std::size_t> group_of(100, 99);
  for (std::size_t i = 0; i < data.rows(); ++i) {
    CHECK(!sparse(data).row(i).empty());
    for (const Entry& entry : sparse(data).row(i)) {
      auto& group = group_of[entry.column];
      CHECK((group == 99 || group == i % 7));
      group = i % 7;
    }
  }
  const DataStatistics alone = data_statistics(load("disjoint:rows=500,groups=500"));
  CHECK(alone.rho == doctest::Approx(1.0 / 500));
}

TEST_CASE("The Hessian of quadratic data is diagonal with the promised eigenvalues") {
  const Dataset data = load("quadratic:rows=500,features=6,condition=1000,noise=0.5");
  for (std::size_t a = 0; a < 6; ++a)
    for (std::size_t b = 0; b < 6; ++b) {
      double sum = 0;
      for (std::size_t i = 0; i < 500; ++i)
        sum += double{dense(data).row(i)[a]} * double{dense(data).row(i)[b]};
      const double expected = a == b ? std::pow(1000.0, -static_cast<double>(a) / 5) : 0;
      CHECK(std::abs(sum / 500 - expected) < 1e-6);
    }
}

TEST_CASE("The portable functions agree with the C library") {
  for (double x = -20; x < 20; x += 0.37) {
    CHECK(portable::exp(x) == doctest::Approx(std::exp(x)).epsilon(1e-14));
    const double y = std::exp(x);
    CHECK(std::abs(portable::log(y) - std::log(y)) < 1e-14 * (1 + std::abs(x)));
  }
  for (std::uint64_t k = 0; k < 400; ++k)
    CHECK(std::abs(portable::cos_pi(k, 91) - std::cos(std::acos(-1.0) * double(k) / 91)) < 1e-13);
  Random random(3);
  double mean = 0, square = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double z = portable::normal(random);
    mean += z / 1e5;
    square += z * z / 1e5;
  }
  CHECK(std::abs(mean) < 0.016);        // five standard errors
  CHECK(std::abs(square - 1) < 0.023);  // the same: √(2/n) each
}

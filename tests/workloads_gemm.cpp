#include <doctest/doctest.h>

#include "tests/workloads_fixture.h"
#include "workloads/kernels/dense_kernels.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

struct Shape {
  int m, n, k;
  int extra;  ///< Reals between the end of a row and the next
};

/// C = op(A)·op(B) + β·C by its definition, in double.
void naive(bool ta, bool tb, const Shape& s, const Real* a, int lda, const Real* b, int ldb,
           Real beta, std::vector<double>& c, int ldc) {
  for (int i = 0; i < s.m; ++i)
    for (int j = 0; j < s.n; ++j) {
      double sum = 0;
      for (int p = 0; p < s.k; ++p)
        sum += static_cast<double>(ta ? a[p * lda + i] : a[i * lda + p]) *
               static_cast<double>(tb ? b[j * ldb + p] : b[p * ldb + j]);
      double& out = c[static_cast<std::size_t>(i * ldc + j)];
      out = beta == 0 ? sum : sum + static_cast<double>(beta) * out;
    }
}

void check(const DenseKernels& kernels, const Shape& s, bool ta, bool tb, Real beta) {
  const int lda = (ta ? s.m : s.k) + s.extra, ldb = (tb ? s.k : s.n) + s.extra, ldc = s.n + s.extra;
  const auto size = [](int rows, int ld) { return static_cast<std::size_t>(rows * ld); };
  const auto a = random_point(size(ta ? s.k : s.m, lda), 1);
  const auto b = random_point(size(tb ? s.n : s.k, ldb), 2);
  auto c = random_point(size(s.m, ldc), 3);
  std::vector<double> expected(c.begin(), c.end());
  naive(ta, tb, s, a.data(), lda, b.data(), ldb, beta, expected, ldc);
  if (beta == 0)
    for (int i = 0; i < s.m; ++i) std::fill_n(c.begin() + i * ldc, s.n, NAN);  // must not be read
  kernels.gemm(ta, tb, s.m, s.n, s.k, a.data(), lda, b.data(), ldb, beta, c.data(), ldc);

  // Sums of k products of numbers around 0.3; what lies between the rows stays.
  double worst = 0;
  for (std::size_t i = 0; i < c.size(); ++i) {
    const double error = std::abs(static_cast<double>(c[i]) - expected[i]);
    worst = std::isnan(error) ? error : std::max(worst, error);
  }
  CHECK(worst < 1e-6 * std::sqrt(static_cast<double>(s.k + 1)) + 1e-7);
}

}  // namespace

TEST_CASE("Every kernel set's GEMM is the definition, for odd sizes and all transposes") {
  const Shape shapes[] = {{1, 1, 1, 0},    {2, 3, 5, 1},     {7, 17, 31, 3},   {12, 32, 8, 0},
                          {13, 33, 9, 2},  {32, 10, 784, 0}, {33, 128, 70, 6}, {97, 45, 385, 1},
                          {25, 300, 2, 5}, {200, 16, 40, 0}, {5, 513, 800, 7}, {64, 31, 1, 0}};
  for (const auto& entry : kernel_catalog()) {
    if (!entry.kernels) continue;
    for (const Shape& shape : shapes) {
      for (const bool ta : {false, true}) {
        for (const bool tb : {false, true}) {
          CAPTURE(entry.name);
          CAPTURE(shape.m);
          CAPTURE(shape.n);
          CAPTURE(shape.k);
          CAPTURE(ta);
          CAPTURE(tb);
          check(*entry.kernels, shape, ta, tb, 0);
          check(*entry.kernels, shape, ta, tb, 1);
          check(*entry.kernels, shape, ta, tb, Real(0.75));
        }
      }
    }
  }
}

TEST_CASE("Some rows of a product are those rows of the whole one, natively bit for bit") {
  // Columns are rows of the transposed product. Rounding: γ of each, (k + 2)·2⁻²⁴ in first order.
  const Shape shapes[] = {{64, 130, 300, 0}, {128, 784, 10, 6}, {40, 10, 130, 0}, {96, 64, 384, 1}};
  for (const auto& entry : kernel_catalog()) {
    if (!entry.kernels) continue;
    for (const Shape& s : shapes)
      for (const bool ta : {false, true})
        for (const bool tb : {false, true}) {
          CAPTURE(entry.name);
          CAPTURE(s.m);
          CAPTURE(s.n);
          CAPTURE(ta);
          CAPTURE(tb);
          const int lda = (ta ? s.m : s.k) + s.extra, ldb = (tb ? s.k : s.n) + s.extra;
          const auto a = random_point(static_cast<std::size_t>((ta ? s.k : s.m) * lda), 1);
          const auto b = random_point(static_cast<std::size_t>((tb ? s.n : s.k) * ldb), 2);
          const auto size = static_cast<std::size_t>(s.m * s.n);
          AlignedVector<Real> whole(size, 0.5f), pieces(size, 0.5f);
          const auto multiply = [&](int begin, int rows, AlignedVector<Real>& c) {
            entry.kernels->gemm(ta, tb, rows, s.n, s.k, a.data() + begin * (ta ? 1 : lda), lda,
                                b.data(), ldb, Real(0.75), c.data() + begin * s.n, s.n);
          };
          multiply(0, s.m, whole);
          for (int begin = 0; begin < s.m; begin += 16)
            multiply(begin, std::min(16, s.m - begin), pieces);
          if (entry.kernels == &kNativeKernels) CHECK(pieces == whole);
          std::vector<double> sizes(size, 0.5);
          AlignedVector<Real> size_a = a, size_b = b;
          for (Real& x : size_a) x = std::abs(x);
          for (Real& x : size_b) x = std::abs(x);
          naive(ta, tb, s, size_a.data(), lda, size_b.data(), ldb, Real(0.75), sizes, s.n);
          double worst = 0;  // of the bound
          for (std::size_t i = 0; i < size; ++i)
            worst = std::max(worst, std::abs(static_cast<double>(pieces[i] - whole[i])) / sizes[i]);
          CHECK(worst <= (s.k + 2) * 0x1p-23);
        }
  }
}

TEST_CASE("The native kernel set is always there, and one that is not says why") {
  CHECK(kernel_catalog()[0].name == "native");
  CHECK(kernel_catalog()[0].kernels != nullptr);
  for (const auto& entry : kernel_catalog())
    CHECK((entry.kernels == nullptr) == !entry.why_not.empty());
}

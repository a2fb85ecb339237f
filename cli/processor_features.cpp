// Compiled as everything else is, for the processor that the build is for: its macros say what
// instructions the compiler was allowed to use. Data only, nothing that runs.
#include <string_view>

#include "cli/processor.h"

namespace sgdbench {
namespace {

constexpr unsigned kEax = 0, kEbx = 1, kEcx = 2, kEdx = 3;
constexpr unsigned kBasic = 1, kExtended = 7, kAmd = 0x80000001;
constexpr unsigned long long kNone = 0, kAvx = 0x6, kAvx512 = 0xe6;

}  // namespace

// A name that is no macro stays itself when it is made a string: that tells whether it is defined.
#define SGDBENCH_AS_TEXT(name) #name
#define SGDBENCH_HAS(name) (std::string_view(SGDBENCH_AS_TEXT(name)) != #name)

constinit const ProcessorFeature kProcessorFeatures[] = {
    {"sse3", SGDBENCH_HAS(__SSE3__), kBasic, 0, kEcx, 0, kNone},
    {"ssse3", SGDBENCH_HAS(__SSSE3__), kBasic, 0, kEcx, 9, kNone},
    {"sse4.1", SGDBENCH_HAS(__SSE4_1__), kBasic, 0, kEcx, 19, kNone},
    {"sse4.2", SGDBENCH_HAS(__SSE4_2__), kBasic, 0, kEcx, 20, kNone},
    {"movbe", SGDBENCH_HAS(__MOVBE__), kBasic, 0, kEcx, 22, kNone},
    {"popcnt", SGDBENCH_HAS(__POPCNT__), kBasic, 0, kEcx, 23, kNone},
    {"lzcnt", SGDBENCH_HAS(__LZCNT__), kAmd, 0, kEcx, 5, kNone},
    {"bmi", SGDBENCH_HAS(__BMI__), kExtended, 0, kEbx, 3, kNone},
    {"bmi2", SGDBENCH_HAS(__BMI2__), kExtended, 0, kEbx, 8, kNone},
    {"gfni", SGDBENCH_HAS(__GFNI__), kExtended, 0, kEcx, 8, kNone},
    {"sse4a", SGDBENCH_HAS(__SSE4A__), kAmd, 0, kEcx, 6, kNone},
    {"tbm", SGDBENCH_HAS(__TBM__), kAmd, 0, kEcx, 21, kNone},
    {"xop", SGDBENCH_HAS(__XOP__), kAmd, 0, kEcx, 11, kAvx},
    {"fma4", SGDBENCH_HAS(__FMA4__), kAmd, 0, kEcx, 16, kAvx},
    {"avx", SGDBENCH_HAS(__AVX__), kBasic, 0, kEcx, 28, kAvx},
    {"f16c", SGDBENCH_HAS(__F16C__), kBasic, 0, kEcx, 29, kAvx},
    {"fma", SGDBENCH_HAS(__FMA__), kBasic, 0, kEcx, 12, kAvx},
    {"avx2", SGDBENCH_HAS(__AVX2__), kExtended, 0, kEbx, 5, kAvx},
    {"avxvnni", SGDBENCH_HAS(__AVXVNNI__), kExtended, 1, kEax, 4, kAvx},
    {"avx512f", SGDBENCH_HAS(__AVX512F__), kExtended, 0, kEbx, 16, kAvx512},
    {"avx512dq", SGDBENCH_HAS(__AVX512DQ__), kExtended, 0, kEbx, 17, kAvx512},
    {"avx512ifma", SGDBENCH_HAS(__AVX512IFMA__), kExtended, 0, kEbx, 21, kAvx512},
    {"avx512cd", SGDBENCH_HAS(__AVX512CD__), kExtended, 0, kEbx, 28, kAvx512},
    {"avx512bw", SGDBENCH_HAS(__AVX512BW__), kExtended, 0, kEbx, 30, kAvx512},
    {"avx512vl", SGDBENCH_HAS(__AVX512VL__), kExtended, 0, kEbx, 31, kAvx512},
    {"avx512vbmi", SGDBENCH_HAS(__AVX512VBMI__), kExtended, 0, kEcx, 1, kAvx512},
    {"avx512vbmi2", SGDBENCH_HAS(__AVX512VBMI2__), kExtended, 0, kEcx, 6, kAvx512},
    {"avx512vnni", SGDBENCH_HAS(__AVX512VNNI__), kExtended, 0, kEcx, 11, kAvx512},
    {"avx512bitalg", SGDBENCH_HAS(__AVX512BITALG__), kExtended, 0, kEcx, 12, kAvx512},
    {"avx512vpopcntdq", SGDBENCH_HAS(__AVX512VPOPCNTDQ__), kExtended, 0, kEcx, 14, kAvx512},
    {"avx512fp16", SGDBENCH_HAS(__AVX512FP16__), kExtended, 0, kEdx, 23, kAvx512},
    {"avx512bf16", SGDBENCH_HAS(__AVX512BF16__), kExtended, 1, kEax, 5, kAvx512},
};
constinit const std::size_t kProcessorFeatureCount = std::size(kProcessorFeatures);
constinit const char* const kBuiltFor = SGDBENCH_BUILT_FOR;

}  // namespace sgdbench

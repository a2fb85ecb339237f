#include "results/statistics/background.h"

#include <algorithm>
#include <cmath>

namespace sgdbench {

Dealing fewer_deals(Dealing dealing, double alpha) {
  constexpr std::size_t kMostDeals = 1000;
  const auto enough = std::max(kMostDeals, static_cast<std::size_t>(std::ceil(10 / alpha)));
  dealing.most = std::min(dealing.most, enough);
  return dealing;
}

Background::Background(std::span<const Measured> family, const Dealing& dealing, double alpha)
    : statistics_(family, dealing.paired), paired_(dealing.paired), inflation_(dealing.inflation) {
  if (family.empty() || before() == 0 || after() == 0) return;
  Deals deals(before(), after(), fewer_deals(dealing, alpha));
  for (DealBlock block; deals.next(block);) {
    const auto& now = statistics_.still(block);
    for (std::size_t d = 0; d < block.size; ++d) {
      auto& top = tops_.emplace_back();
      for (std::size_t i = 0; i < now.size(); ++i) {
        const double statistic = now[i].still[d];
        top.second = std::max(top.second, std::min(top.largest, statistic));
        if (statistic > top.largest) top.thing = i;
        top.largest = std::max(top.largest, statistic);
      }
    }
    typical_.insert(typical_.end(), statistics_.typical().begin(), statistics_.typical().end());
    blocks_.push_back(block);
  }
  most_as_large_ = static_cast<std::size_t>(alpha * static_cast<double>(this->deals()) + 1e-9);
}

bool Background::finds(const Measured& measured, std::size_t i) const {
  const Dealt one(measured, before(), after(), paired_);
  const auto groups = statistics_.typical().size();
  double observed = 0;
  std::size_t as_large = 0;
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    EachDeal statistic;
    statistics_of(one.contrasts(blocks_[b]), one.is_event(),
                  typical_[b * groups + statistics_.group(i)], statistic);
    if (b == 0) observed = just_below(statistic[0] / inflation_);
    if (!(observed > 0)) return false;
    for (std::size_t d = b == 0 ? 1 : 0; d < blocks_[b].size; ++d)
      as_large += std::max(tops_[b * kTogether + d].without(i), statistic[d]) >= observed;
    if (1 + as_large > most_as_large_) return false;
  }
  return decides();
}

}  // namespace sgdbench

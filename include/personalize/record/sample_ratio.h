// Whether the variants of an experiment have the visitors that their weights say: if not, something
// is wrong with the experiment, and its results cannot be believed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace personalize {

// What was counted of a variant. Every visitor counts once.
struct VariantCount {
  double share;  // of all visitors, that the variant should have
  std::uint64_t visitors;
};

// Return the probability of counts that are at least as far from the shares, if those were right:
// below 0.001 they are not. 1 without visitors.
//
// The first is Pearson's chi-square test, for counts that are looked at once. The second holds
// however often growing counts are looked at: if the shares are right, it is ever below p with a
// probability of p at most. It is the sequential test of Lindon and Malek (Anytime-Valid Inference
// For Multinomial Count Data, NeurIPS 2022) with two priors, one for shares that are far from right
// and one for those that are almost right.
double sample_ratio_p(const VariantCount* variants, std::size_t count);
double sequential_sample_ratio_p(const VariantCount* variants, std::size_t count);

}  // namespace personalize

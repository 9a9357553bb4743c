// How far a cart is from what it brings: free delivery, a gift.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/base/document.h"
#include "personalize/base/value.h"
#include "personalize/render/locale.h"
#include "widgets/labels.h"

namespace personalize {

struct Progress {
  Value value;                               // of the cart
  std::pmr::vector<Value> goals;             // numbers; those that do not rise are left out
  std::pmr::vector<std::string_view> texts;  // of the goals in their order; the last for all others
  std::string_view done_text;
  std::string_view currency;  // an ISO 4217 code; the locale's for what is none
};

// The place of the amount in a text.
constexpr std::string_view remaining_place = "{remaining}";

// Adds the object that the widget shows; without a goal it has no `goals`.
//
//   amount, last          numbers
//   goals, says           "[50,80]", and their texts with the place of the amount, as JSON
//   tag, money            of the locale, for the script
//   message, done         what is said now; whether the last goal is reached
//   done_says             what is said then
//   steps    [{target_text, from, span, filled, full}]: the goal, where its part of the way begins,
//   how
//            long it is, and how much of it is done
void add_progress(const Progress& progress, const Labels& labels, const Locale& locale,
                  DocumentBuilder& builder);

}  // namespace personalize

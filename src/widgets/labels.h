// What widgets say by themselves, in the languages that shops of this world speak.
#pragma once

#include <array>
#include <string_view>

namespace personalize {

// By these names markup shows them. `remaining` has a place, `{remaining}`, for an amount of money.
constexpr std::string_view label_names[] = {
    "close",        "copy",        "copied",   "get_code",    "coupon",
    "try_again",    "gone",        "reveal",   "scratch",     "previous",
    "next",         "send",        "thanks",   "your_answer", "email_address",
    "phone_number", "add_to_cart", "sold_out", "was",         "remaining",
    "reached",      "days",        "hours",    "minutes",     "seconds",
};
constexpr std::size_t label_count = sizeof label_names / sizeof *label_names;

// In the order of the names.
using Labels = std::array<std::string_view, label_count>;

// Returns those of a language (ISO 639-1), the English ones if the language is not known.
const Labels& labels(std::string_view language);

// Returns one of them; "" if there is no label of that name.
std::string_view find_label(const Labels& labels, std::string_view name);

}  // namespace personalize

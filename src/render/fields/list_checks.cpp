#include "render/fields/list_checks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/numbers/date.h"
#include "base/text/ascii.h"
#include "base/text/nearest.h"
#include "base/text/text.h"
#include "base/values/item.h"
#include "base/values/scalar.h"
#include "render/escaping/address.h"
#include "render/fields/items.h"
#include "render/fields/prizes.h"
#include "render/fields/questions.h"
#include "render/formats/formats.h"

namespace personalize {

namespace {

// Members of items as GA4 and feeds have them that no widget shows.
constexpr std::string_view passed_over[] = {"@type",
                                            "affiliation",
                                            "age_group",
                                            "color",
                                            "condition",
                                            "coupon",
                                            "creative_name",
                                            "creative_slot",
                                            "google_business_vertical",
                                            "google_product_category",
                                            "gtin",
                                            "index",
                                            "item_category2",
                                            "item_category3",
                                            "item_category4",
                                            "item_category5",
                                            "item_group_id",
                                            "item_list_id",
                                            "item_list_name",
                                            "location_id",
                                            "material",
                                            "mpn",
                                            "promotion_id",
                                            "promotion_name",
                                            "quantity",
                                            "size"};

// Returns what a member of an item has to be; "" if the value is that.
std::string_view wrong_with(ItemPart part, const Value& value) {
  const bool is_text = value.kind() == Kind::string;
  const Value number = to_number(value);
  switch (part) {
    case ItemPart::id:
      return is_text || value.kind() == Kind::number ? "" : "a text or a number";
    case ItemPart::url:
    case ItemPart::add_to_cart:
      return is_text && is_safe_address(value.as_string()) ? "" : "an address, as in \"/kettle/\"";
    case ItemPart::price:
    case ItemPart::sale_price:
    case ItemPart::old_price: {
      const Value amount = read_money(value).amount;
      return !amount.is_missing() && amount.as_number() >= 0
                 ? ""
                 : "an amount, as in 49.5 or \"49.50 EUR\"";
    }
    case ItemPart::discount:
      return number.is_missing() ? "an amount, as in 5" : "";
    case ItemPart::currency:
      return is_text && is_currency(value.as_string()) ? "" : "a code of ISO 4217, as in \"EUR\"";
    case ItemPart::rating:
      return !number.is_missing() && number.as_number() >= 0 && number.as_number() <= 5
                 ? ""
                 : "a number from 0 to 5";
    case ItemPart::rating_count:
      return !number.is_missing() && number.as_number() >= 0 ? "" : "a number";
    case ItemPart::available:
    case ItemPart::in_stock:
    case ItemPart::sold_out:
      return is_flag(value) ? "" : "true or false";
    case ItemPart::until:
      return read_instant(value) ? "" : "a date, as in \"2026-12-24\"";
    default:
      return is_text ? "" : "a text";
  }
}

void check_item(const Value& item, std::uint32_t number, const Where& where) {
  const std::string which = "item " + std::to_string(number);
  for (std::uint32_t i = 0; i < item.size() && item.kind() == Kind::object; ++i) {
    const auto name = item.key_at(i);
    const auto part = find_item_part(name);
    if (!part) {
      if (!is_one_of(name, passed_over)) {
        throw ConfigError(where, which + " has an unknown member " + quoted(name) +
                                     remedy_of_name(name, item_names()));
      }
      continue;
    }
    const Value value = item.at(i);
    const auto wanted = value.is_absent() ? std::string_view() : wrong_with(*part, value);
    if (!wanted.empty()) {
      throw ConfigError(where,
                        "the " + quoted(name) + " of " + which + " is not " + std::string(wanted));
    }
  }
  const bool is_text = item.kind() == Kind::string && !item.as_string().empty();
  if (!is_text && ItemParts(item).text(ItemPart::name).empty()) {
    throw ConfigError(where, which + " has no name: give it a \"name\", as in " +
                                 std::string(example_of(FieldKind::items)));
  }
}

void check_items(const Value& list, const Where& where) {
  if (list.size() > max_items) {
    throw ConfigError(where, "these are " + std::to_string(list.size()) + " items: at most " +
                                 std::to_string(max_items) + " are shown");
  }
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    check_item(list.at(i), i + 1, where);
  }
}

template <class Read>
void check_each(const Value& list, std::uint32_t most, std::string_view what, const Where& where,
                Read read) {
  if (list.size() > most) {
    throw ConfigError(where, "these are " + std::to_string(list.size()) + " " + std::string(what) +
                                 ": at most " + std::to_string(most) + " are possible");
  }
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    std::string why;
    if (!read(list.at(i), why)) {
      throw ConfigError(where, why);
    }
  }
}

// Returns false if there is a member of another name. A misspelt "stock" would be a prize without
// end.
template <std::size_t n>
bool has_only(const Value& object, const std::string_view (&known)[n], const char* what,
              std::string& why) {
  for (std::uint32_t i = 0; i < object.size() && object.kind() == Kind::object; ++i) {
    const auto name = object.key_at(i);
    if (!is_one_of(name, known)) {
      why = "unknown member " + quoted(name) + " of a " + what + remedy_of_name(name, known);
      return false;
    }
  }
  return true;
}

// Returns whether the name was not there before.
bool is_new(std::string_view name, std::vector<std::string>& names) {
  const bool is_known = std::find(names.begin(), names.end(), name) != names.end();
  names.emplace_back(name);
  return !is_known;
}

// Returns what is wrong with the answers to choose from; "" if nothing is.
std::string wrong_answers(const Question& question) {
  const auto of = " of question " + quoted(question.id);
  if (question.choices.is_absent()) {
    return {};
  }
  if (question.choices.kind() != Kind::array) {
    return "\"answers\"" + of + " is a list of texts, as in [\"A gift\", \"Something for me\"]";
  }
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < question.choices.size(); ++i) {
    const Value answer = question.choices.at(i);
    if (answer.kind() != Kind::string || ascii::trim(answer.as_string()).empty()) {
      return "answer " + std::to_string(i + 1) + of + " is not a text";
    }
    if (!is_new(ascii::trim(answer.as_string()), texts)) {
      return "answer " + quoted(answer.as_string()) + of + " is duplicate";
    }
  }
  return {};
}

void check_questions(const Value& list, const Where& where) {
  constexpr std::string_view known[] = {"id", "text", "kind", "answers", "low", "high"};
  std::vector<std::string> ids;
  check_each(list, max_questions, "questions", where, [&](const Value& one, std::string& why) {
    if (!has_only(one, known, "question", why)) {
      return false;
    }
    const auto question = read_question(one, why);
    if (!question) {
      return false;
    }
    for (const auto* end : {"low", "high"}) {
      const Value value = one.find(end);
      if (!value.is_absent() && (value.kind() != Kind::string || question->kind != "scale")) {
        why = quoted(end) + " of question " + quoted(question->id) +
              " says what an end of a scale means: it is a text, beside \"kind\": \"scale\"";
        return false;
      }
    }
    why = wrong_answers(*question);
    if (!why.empty()) {
      return false;
    }
    if (question->choices.size() > max_choices) {
      why = "question " + quoted(question->id) + " has " +
            std::to_string(question->choices.size()) + " answers: at most " +
            std::to_string(max_choices) + " are shown";
      return false;
    }
    why = "question " + quoted(question->id) + " is duplicate";
    return is_new(question->id, ids);
  });
}

constexpr std::string_view pool_mark = "pool=";

// Returns whether a list of codes can have that key.
bool is_key(std::string_view key) {
  const auto open = key.find('{');
  const auto close = key.find('}');
  const bool has_tag = open != std::string_view::npos && close != std::string_view::npos &&
                       open + 1 < close && key.find_first_of("{}", open + 1) == close &&
                       key.find_first_of("{}", close + 1) == std::string_view::npos;
  const bool has_braces = open != std::string_view::npos || close != std::string_view::npos;
  return !key.empty() && (!has_braces || has_tag) && key.find("${") == std::string_view::npos;
}

void check_prizes(const Value& list, const Where& where) {
  constexpr std::string_view known[] = {"text", "code", "weight", "stock"};
  double weights = 0;
  std::vector<std::string> names;
  check_each(list, max_prizes, "prizes", where, [&](const Value& one, std::string& why) {
    if (!has_only(one, known, "prize", why)) {
      return false;
    }
    const auto prize = read_prize(one, why);
    if (!prize) {
      return false;
    }
    weights += prize->weight;
    if (prize->code.substr(0, pool_mark.size()) == pool_mark &&
        !is_key(prize->code.substr(pool_mark.size()))) {
      why = "the \"code\" " + quoted(prize->code) +
            " of a prize lacks the key of its pool, which is the same for everybody: write "
            "\"pool=codes:summer\", with braces only around a hash tag";
      return false;
    }
    const auto name = prize->code.empty() ? prize->text : prize->code;
    why = "two prizes are called " + quoted(name) +
          ": they are told apart by \"code\", or by \"text\" where there is none; add their "
          "\"weight\" and their \"stock\"";
    return is_new(name, names);
  });
  if (weights <= 0) {
    throw ConfigError(where, "no prize can be won: give one of them a \"weight\"");
  }
}

}  // namespace

std::string_view example_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::prizes:
      return R"('[{"code": "TEN", "text": "10% off", "weight": 9, "stock": 100}]')";
    case FieldKind::questions:
      return R"('[{"id": "why", "text": "What brought you here?", "answers": ["A gift", "Me"]}]')";
    default:
      return R"('[{"name": "Kettle", "url": "/kettle/", "price": 49}]')";
  }
}

void check_list(FieldKind kind, const Value& list, const Where& where) {
  switch (kind) {
    case FieldKind::prizes:
      return check_prizes(list, where);
    case FieldKind::questions:
      return check_questions(list, where);
    case FieldKind::items:
      return check_items(list, where);
    default:
      return;  // an operator's own
  }
}

}  // namespace personalize

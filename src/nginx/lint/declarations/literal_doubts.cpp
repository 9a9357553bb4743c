#include "nginx/lint/declarations/literal_doubts.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "personalize/attributes/known_attribute.h"
#include "personalize/attributes/reference.h"

namespace personalize {

namespace {

constexpr auto npos = std::string_view::npos;

bool is_list_operation(std::string_view operation) {
  constexpr std::string_view operations[] = {"in", "not_in", "has", "top"};
  return is_one_of(operation, operations);
}

bool is_order(std::string_view operation) {
  constexpr std::string_view operations[] = {"<", "<=", ">", ">=", "between"};
  return is_one_of(operation, operations);
}

// Returns whether the whole value of the attribute is compared.
bool is_equality(std::string_view operation) {
  constexpr std::string_view operations[] = {"=", "!=", "in", "not_in"};
  return is_one_of(operation, operations);
}

// "gold," of `in gold, silver`, and "gold,silver".
bool has_comma_between(std::string_view literal) {
  const bool at_end = literal.size() > 1 && literal.back() == ',';
  // Neither "Smith, John", nor an address, nor JSON.
  const bool inside = literal.find(',') != npos && literal.find_first_of(" /{[") == npos;
  return at_end || inside;
}

// "50,00", "50 EUR", "€50" and "10%". A text that is compared as one, such as a date, begins
// otherwise.
bool is_amount_as_people_write_it(std::string_view literal) {
  constexpr std::string_view signs[] = {"€", "$", "£"};
  constexpr std::string_view units[] = {"%", "€", "$", "£", "zł", "EUR", "USD", "GBP", "PLN"};
  for (const auto sign : signs) {
    if (ascii::starts_with(literal, sign) && literal.size() > sign.size() &&
        ascii::is_digit(literal[sign.size()])) {
      return true;
    }
  }
  const auto end = literal.find_first_not_of("0123456789.");
  if (end == 0 || end == npos) {
    return false;
  }
  auto rest = literal.substr(end);
  const auto word = rest.find_first_not_of(' ');
  rest = word == npos ? std::string_view() : rest.substr(word);
  const bool has_comma = rest.size() > 1 && rest[0] == ',' && ascii::is_digit(rest[1]);
  return has_comma || is_one_of(rest, units);
}

// Returns why the attribute of the request is never that.
std::string why_never(std::string_view attribute, std::string_view literal) {
  constexpr std::string_view hosts[] = {"request.host", "request.referer_host",
                                        "session.referer_host"};
  constexpr std::string_view paths[] = {"request.path", "session.landing_path"};
  if (is_one_of(attribute, hosts) && literal.find('/') != npos) {
    return "it is a host alone, as www.shop.example";
  }
  if (is_one_of(attribute, paths) && (literal.empty() || literal.front() != '/')) {
    return "a path begins with \"/\"";
  }
  if (is_one_of(attribute, paths) && literal.find('?') != npos) {
    return "a path has no arguments, which are request.arg.NAME";
  }
  const bool is_language = std::all_of(literal.begin(), literal.end(), [](char c) {
    return ascii::is_letter(c) && !ascii::is_upper(c);
  });
  if (attribute == "request.language" && !is_language) {
    return "it is the language in small letters without a country, as pl";
  }
  return "";
}

}  // namespace

std::string doubt_of_literal(std::string_view attribute, std::string_view operation,
                             std::string_view literal, const AttributeTable& attributes,
                             const AnswerForms& forms) {
  const std::string compared =
      quoted(attribute) + " is compared with the text " + quoted(literal) + ": ";
  if (!referred_attribute(literal).empty()) {
    return "";
  }
  if (is_known_attribute(literal, attributes)) {
    return compared + "the value of that attribute is \"${" + std::string(literal) + "}\"";
  }
  if (literal.find("{{") != npos && literal.find("}}") != npos) {
    return compared + "tags are for templates; another attribute is written \"${ATTRIBUTE}\" here";
  }
  if (is_list_operation(operation) && has_comma_between(literal)) {
    return compared + "several values stand with blanks between them and no commas, as in \"" +
           std::string(operation) + " gold silver\"";
  }
  if (is_order(operation) && is_amount_as_people_write_it(literal)) {
    return compared + "a number is written 50 or 49.99, without anything beside it";
  }
  if (is_equality(operation)) {
    if (const auto why = why_never(attribute, literal); !why.empty()) {
      return quoted(attribute) + " is never " + quoted(literal) + ": " + why;
    }
  }
  const bool is_word = is_equality(operation) || operation == "has";
  if (is_word && ascii::starts_with(attribute, "answers.")) {
    if (const auto* values = forms.values_of(attribute.substr(answers_name.size() + 1));
        values != nullptr && std::find(values->begin(), values->end(), literal) == values->end()) {
      return quoted(attribute) + " is never " + quoted(literal) + ": what can be told is " +
             list_names(*values);
    }
  }
  return "";
}

}  // namespace personalize

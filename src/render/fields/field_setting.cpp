#include "render/fields/field_setting.h"

#include <algorithm>

#include "base/text/text.h"
#include "base/values/json_file.h"
#include "render/fields/items.h"
#include "render/fields/prizes.h"
#include "render/fields/questions.h"
#include "render/templates/scalar.h"

namespace personalize {

namespace {

bool is_template(std::string_view value) {
  return value.find("{{") != std::string_view::npos;
}

// Returns a campaign's list as an example has it.
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

void check_items(const Value& list, const Where& where) {
  DocumentBuilder builder(std::pmr::get_default_resource());
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    builder.clear();
    builder.begin_array();
    builder.copy(list.at(i));
    builder.end();
    const std::string one(builder.finish());
    builder.clear();
    add_items(Value::document(one), builder);
    if (Value::document(builder.finish()).size() == 0) {
      throw ConfigError(where, "item " + std::to_string(i + 1) +
                                   " has no name: give it a \"name\", as in " +
                                   std::string(example_of(FieldKind::items)));
    }
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

void check_questions(const Value& list, const Where& where) {
  std::vector<std::string_view> ids;
  check_each(list, max_questions, "questions", where, [&](const Value& one, std::string& why) {
    const auto question = read_question(one, why);
    if (question && std::find(ids.begin(), ids.end(), question->id) != ids.end()) {
      why = "question " + quoted(question->id) + " is duplicate";
      return false;
    }
    ids.push_back(question ? question->id : std::string_view());
    return question.has_value();
  });
}

// A misspelt "stock" would be a prize without end.
bool has_prize_members(const Value& prize, std::string& why) {
  constexpr std::string_view known[] = {"text", "code", "weight", "stock"};
  for (std::uint32_t i = 0; i < prize.size(); ++i) {
    if (!is_one_of(prize.key_at(i), known)) {
      why =
          "unknown member " + quoted(prize.key_at(i)) + " of a prize: it has " + list_names(known);
      return false;
    }
  }
  return true;
}

void check_prizes(const Value& list, const Where& where) {
  double weights = 0;
  check_each(list, max_prizes, "prizes", where, [&](const Value& one, std::string& why) {
    const auto prize = read_prize(one, why);
    weights += prize ? prize->weight : 0;
    if (prize && prize->code == "pool=") {
      why = "the \"code\" of a prize lacks the key of its pool: write \"pool=codes:summer\"";
      return false;
    }
    return prize.has_value() && has_prize_members(one, why);
  });
  if (weights <= 0) {
    throw ConfigError(where, "no prize can be won: give one of them a \"weight\"");
  }
}

}  // namespace

void FieldSetting::set(const Statement& statement, AttributeTable& attributes,
                       const Template::PartialReader& partials) {
  const auto& where = statement.where;
  const auto& value = statement.words[2];
  const auto kind = declared_->kind;
  if (is_set() && kind != FieldKind::texts && kind != FieldKind::goals) {
    throw ConfigError(where, "field " + quoted(declared_->name) + " is duplicate");
  }
  if (is_list(kind)) {
    set_list(value, where, attributes);
  } else if (kind == FieldKind::choice) {
    const auto& choices = declared_->choices;
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      throw ConfigError(where, "field " + quoted(declared_->name) + " has no " + quoted(value) +
                                   ": it is one of " + list_names(choices));
    }
    choice_ = value;
  } else if (kind == FieldKind::deadline && !is_template(value)) {
    deadline_.emplace(Deadline::read(value, where));
  } else {
    set_text(value, statement, attributes, partials);
  }
}

void FieldSetting::set_text(const std::string& value, const Statement& statement,
                            AttributeTable& attributes, const Template::PartialReader& partials) {
  const auto kind = declared_->kind;
  const bool is_number =
      kind == FieldKind::number || kind == FieldKind::least || kind == FieldKind::goals;
  if (is_number && !is_template(value)) {
    check_number(value, statement.where);
  }
  constexpr std::size_t most = 12;
  if (texts_.size() == most) {
    throw ConfigError(statement.where, "field " + quoted(declared_->name) + " is set more than " +
                                           std::to_string(most) + " times");
  }
  texts_.emplace_back("set " + statement.words[1], value, Template::Mode::text, attributes,
                      partials, statement.where);
}

void FieldSetting::check_number(const std::string& value, const Where& where) {
  const Value number = to_number(Value::string(value));
  if (number.is_missing()) {
    throw ConfigError(where, "field " + quoted(declared_->name) +
                                 " takes a number, as in 50 or {{cart.total}}, not " +
                                 quoted(value));
  }
  if (declared_->kind == FieldKind::goals) {
    if (number.as_number() <= last_goal_) {
      throw ConfigError(where, "goal " + value + " is not above " +
                                   (last_goal_ > 0 ? "the one before it" : "0") +
                                   ": goals are in rising order");
    }
    last_goal_ = number.as_number();
  }
}

void FieldSetting::set_list(const std::string& value, const Where& where,
                            AttributeTable& attributes) {
  if (!value.empty() && value.front() == '[') {
    set_literal(value, where);
    return;
  }
  const bool is_name = value.find_first_of("{}$") == std::string::npos;
  if (is_name) {
    list_ = attributes.intern(value, where);
  }
  const bool is_list = is_name && (attributes[*list_].root == Root::source ||
                                   attributes[*list_].root == Root::recommend);
  if (!is_list) {
    const std::string name(declared_->name);
    throw ConfigError(
        where, "field " + quoted(name) + " takes the name of a list in a document, as in set " +
                   name + " profile.recommended, or a list, as in set " + name + " " +
                   std::string(example_of(declared_->kind)) + ", not " + quoted(value));
  }
}

void FieldSetting::set_literal(const std::string& json, const Where& where) {
  std::string errors;
  const auto parsed = parse_json(json, errors);
  if (!parsed) {
    throw ConfigError(where, "field " + quoted(declared_->name) + " is not JSON: " + errors);
  }
  DocumentBuilder builder(std::pmr::get_default_resource());
  add_json(*parsed, builder);
  literal_ = builder.finish();
  const Value list = Value::document(literal_);
  if (list.size() == 0) {
    throw ConfigError(where, "field " + quoted(declared_->name) + " is empty: write it as in " +
                                 std::string(example_of(declared_->kind)));
  }
  switch (declared_->kind) {
    case FieldKind::prizes:
      return check_prizes(list, where);
    case FieldKind::questions:
      return check_questions(list, where);
    case FieldKind::list:
      return;
    default:
      return check_items(list, where);
  }
}

void FieldSetting::add_needs(const AttributeTable& attributes, SourceSet& sources) const {
  for (const auto& text : texts_) {
    sources |= text.needs(attributes);
  }
  if (list_) {
    sources.set(attributes[*list_].index);
  }
}

void FieldSetting::add_decided(const AttributeTable& attributes,
                               std::vector<AttributeId>& decided) const {
  for (const auto& text : texts_) {
    for (const auto id : text.decided(attributes)) {
      if (std::find(decided.begin(), decided.end(), id) == decided.end()) {
        decided.push_back(id);
      }
    }
  }
}

Value FieldSetting::list(Facts& facts) const {
  return list_ ? facts.get(*list_) : Value::document(literal_);
}

}  // namespace personalize

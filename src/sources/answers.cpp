#include "personalize/sources/answers.h"

#include <algorithm>

#include "base/numbers/date.h"
#include "base/numbers/units.h"
#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "base/text/form.h"
#include "base/text/json_string.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_value = 128;
constexpr std::size_t most_values = 100;
constexpr std::size_t most_fields = 50;  // of a server

[[noreturn]] void refuse(const Where& where, const std::string& problem) {
  throw ConfigError(where, "personalize_collect: " + problem);
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return ascii::is_letter(c) || ascii::is_digit(c) || c == '_' || c == '-';
         });
}

// Returns the values without the commas that they end with.
std::vector<std::string> unpunctuated(const std::vector<std::string>& words) {
  std::vector<std::string> values(words.begin() + 3, words.end());
  for (auto& value : values) {
    value.erase(value.find_last_not_of(',') + 1);
  }
  return values;
}

void read_values(const Statement& statement, AnswerField& field) {
  const auto& words = statement.words;
  for (auto word = words.begin() + 3; word != words.end(); ++word) {
    if (word->size() > 1 && word->back() == ',') {
      refuse(statement.where, "value " + quoted(*word) + " of field " + quoted(field.name) +
                                  " ends with a comma: write \"field " + field.name + " " +
                                  words[2] + " " + list_names(unpunctuated(words), " ") + "\"");
    }
    if (word->empty() || word->size() > longest_value ||
        std::find(field.values.begin(), field.values.end(), *word) != field.values.end()) {
      refuse(statement.where, "invalid or duplicate value " + quoted(*word) + " of field " +
                                  quoted(field.name) + ": write each once, of at most " +
                                  std::to_string(longest_value) + " bytes");
    }
    field.values.push_back(*word);
  }
  if (field.values.empty() || field.values.size() > most_values) {
    refuse(statement.where, "field " + quoted(field.name) + " needs 1 to " +
                                std::to_string(most_values) + " values");
  }
}

AnswerField read_field(const Statement& statement) {
  const auto& words = statement.words;
  constexpr auto usage =
      ": write for example \"field size in 36 37 38\" for one of these, \"field pets has cat dog\" "
      "for some of these, or \"field birthday date\"";
  AnswerField field;
  field.where = statement.where;
  if (words.size() < 3 || !is_field_name(words[1])) {
    refuse(statement.where, "invalid field" + std::string(usage) +
                                "; a name is of letters, digits, \"_\" and \"-\"");
  }
  field.name = words[1];
  if (words[2] == "in" || words[2] == "has") {
    field.kind = words[2] == "in" ? AnswerField::Kind::one : AnswerField::Kind::some;
    read_values(statement, field);
  } else if (words[2] == "date" && words.size() == 3) {
    field.kind = AnswerField::Kind::date;
  } else {
    refuse(statement.where, "unknown kind of field " + quoted(words[2]) + usage);
  }
  return field;
}

std::int64_t read_keep(const Statement& statement) {
  constexpr std::int64_t second_ms = 1000;
  constexpr std::int64_t longest_s = std::int64_t{10} * 365 * 86400;
  const auto ms = statement.words.size() == 2 ? parse_time(statement.words[1]) : std::nullopt;
  if (!ms || *ms < second_ms || *ms / second_ms > longest_s) {
    refuse(statement.where, "\"keep\" takes a time such as 1y or 90d");
  }
  return *ms / second_ms;
}

AnswerForm read_form(const Declaration& declaration) {
  AnswerForm form;
  form.name = declaration.name;
  bool has_keep = false;
  for (const auto& statement : declaration.statements) {
    const auto& word = statement.words[0];
    if (word == "field") {
      form.fields.push_back(read_field(statement));
    } else if (word == "keep" && !has_keep) {
      form.keep_s = read_keep(statement);
      has_keep = true;
    } else {
      refuse(statement.where, "unknown or duplicate statement " + quoted(word) +
                                  ": it takes \"field\" and \"keep\"");
    }
  }
  if (form.fields.empty()) {
    refuse(declaration.where,
           quoted(form.name) + " asks for nothing: write for example \"field size in 36 37 38\"");
  }
  return form;
}

// ISO 8601, as <input type=date> sends it.
bool is_date(std::string_view text) {
  constexpr std::string_view form = "0000-00-00";
  const bool looks_so = text.size() == form.size() &&
                        std::equal(text.begin(), text.end(), form.begin(), [](char c, char like) {
                          return like == '-' ? c == '-' : ascii::is_digit(c);
                        });
  return looks_so && read_instant(Value::string(text)).has_value();
}

bool is_valid(const AnswerField& field, std::string_view value) {
  return field.kind == AnswerField::Kind::date
             ? is_date(value)
             : std::find(field.values.begin(), field.values.end(), value) != field.values.end();
}

// The values that one field was given.
struct Given {
  const AnswerForm* form;
  const AnswerField* field;
  std::pmr::vector<std::string_view> values;
};

std::string_view as_json(const std::pmr::vector<std::string_view>& values,
                         std::pmr::memory_resource* memory) {
  std::pmr::string json(memory);
  for (const auto value : values) {
    json += json.empty() ? '[' : ',';
    append_json_string(value, json);
  }
  json += ']';
  return copy_text(json, memory);
}

}  // namespace

AnswerForms::AnswerForms(const std::vector<Declaration>& declarations) {
  std::size_t fields = 0;
  for (const auto& declaration : declarations) {
    AnswerForm form = read_form(declaration);
    for (std::size_t i = 0; i < form.fields.size(); ++i) {
      const AnswerField& field = form.fields[i];
      const AnswerForm* other = nullptr;
      const bool is_twice =
          std::any_of(form.fields.begin(), form.fields.begin() + static_cast<std::ptrdiff_t>(i),
                      [&](const AnswerField& before) { return before.name == field.name; });
      if (is_twice || find(field.name, other) != nullptr) {
        refuse(field.where, "field " + quoted(field.name) + " is duplicate" +
                                (other == nullptr ? std::string()
                                                  : ": " + quoted(other->name) + " has it, too") +
                                "; answers." + field.name + " could be either");
      }
    }
    fields += form.fields.size();
    if (fields > most_fields) {
      refuse(declaration.where, "a server has at most " + std::to_string(most_fields) + " fields");
    }
    forms_.push_back(std::move(form));
  }
}

std::int64_t AnswerForms::keep_s() const noexcept {
  std::int64_t longest = 0;
  for (const auto& form : forms_) {
    longest = std::max(longest, form.keep_s);
  }
  return longest;
}

const AnswerField* AnswerForms::find(std::string_view name,
                                     const AnswerForm*& form) const noexcept {
  for (const auto& candidate : forms_) {
    for (const auto& field : candidate.fields) {
      if (field.name == name) {
        form = &candidate;
        return &field;
      }
    }
  }
  return nullptr;
}

const std::vector<std::string>* AnswerForms::values_of(std::string_view field) const noexcept {
  const AnswerForm* form = nullptr;
  const AnswerField* found = find(field, form);
  return found != nullptr && found->kind != AnswerField::Kind::date ? &found->values : nullptr;
}

void AnswerForms::check(const AttributeTable& attributes, std::uint32_t source) const {
  for (AttributeId id = 0; id < attributes.size(); ++id) {
    const Attribute& attribute = attributes[id];
    const AnswerForm* form = nullptr;
    const bool is_answer = attribute.root == Root::source && attribute.index == source;
    if (!is_answer || (!attribute.path.empty() && find(attribute.path.front(), form) != nullptr)) {
      continue;
    }
    std::vector<std::string> names;
    for (const auto& one : forms_) {
      for (const auto& field : one.fields) {
        names.push_back(field.name);
      }
    }
    throw ConfigError(attribute.where, "unknown attribute " + quoted(attribute.spelling) +
                                           ": personalize_collect has the fields " +
                                           list_names(names));
  }
}

std::optional<AnswerForms::Answers> AnswerForms::read(std::string_view body,
                                                      std::pmr::memory_resource* memory) const {
  std::pmr::vector<Given> all(memory);
  while (!body.empty()) {
    auto value = ascii::take_until(body, '&');
    const auto name = decode_argument(ascii::take_until(value, '='), memory);
    const AnswerForm* form = nullptr;
    const AnswerField* field = find(name, form);
    if (field == nullptr) {
      return std::nullopt;
    }
    auto given =
        std::find_if(all.begin(), all.end(), [&](const Given& one) { return one.field == field; });
    if (given == all.end()) {
      all.push_back({form, field, std::pmr::vector<std::string_view>(memory)});
      given = all.end() - 1;
    }
    const auto text = decode_argument(value, memory);
    const bool is_known =
        std::find(given->values.begin(), given->values.end(), text) != given->values.end();
    if (text.empty() || is_known) {
      continue;
    }
    if (!is_valid(*field, text) ||
        (field->kind != AnswerField::Kind::some && !given->values.empty())) {
      return std::nullopt;
    }
    given->values.push_back(text);
  }
  Answers answers(memory);
  for (const Given& given : all) {
    const bool is_list = given.field->kind == AnswerField::Kind::some;
    answers.push_back({given.form, given.field,
                       given.values.empty() ? std::string_view()
                       : is_list            ? as_json(given.values, memory)
                                            : given.values.front()});
  }
  return answers;
}

std::optional<AnswerForms::Answer> AnswerForms::read(std::string_view name, std::string_view value,
                                                     std::pmr::memory_resource* memory) const {
  const AnswerForm* form = nullptr;
  const AnswerField* field = find(name, form);
  if (field == nullptr || !is_valid(*field, value)) {
    return std::nullopt;
  }
  const bool is_list = field->kind == AnswerField::Kind::some;
  return Answer{
      form, field,
      is_list ? as_json(std::pmr::vector<std::string_view>({value}, memory), memory) : value};
}

Source answers_source(AttributeTable& attributes, const Where& where) {
  Source source;
  source.name = answers_name;
  source.where = where;
  source.key = KeyTemplate(std::string(answers_head) + "${visitor.id}", attributes, where);
  source.type = SourceType::hash;
  source.times = {0, 0, 0};
  source.is_owned = true;
  source.id = source_id(source);
  return source;
}

}  // namespace personalize

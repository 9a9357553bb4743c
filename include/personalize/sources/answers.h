// personalize_collect: what visitors tell in forms, kept at pz:answers:<id>, a hash by the names of
// the fields, and the attributes answers.NAME made of it.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/statement.h"
#include "personalize/sources/sources.h"

namespace personalize {

// The name of the source, and the first part of its keys.
constexpr std::string_view answers_name = "answers";
constexpr std::string_view answers_head = "pz:answers:";

// field NAME in VALUE…   one of these       field NAME date   2026-11-30
// field NAME has VALUE…  some of these
struct AnswerField {
  enum class Kind : std::uint8_t { one, some, date };

  std::string name;
  Where where;
  Kind kind = Kind::one;
  std::vector<std::string> values;
};

// personalize_collect NAME { field …;  keep 1y; }
struct AnswerForm {
  std::string name;
  std::vector<AnswerField> fields;
  std::int64_t keep_s = std::int64_t{365} * 86400;  // after the last answer
};

// The forms of one server.
class AnswerForms {
 public:
  AnswerForms() = default;
  // Throws ConfigError: invalid statements, and fields that two forms have.
  explicit AnswerForms(const std::vector<Declaration>& declarations);

  bool empty() const noexcept { return forms_.empty(); }
  // Returns how long answers are kept: as long as the form says that keeps them longest.
  std::int64_t keep_s() const noexcept;

  // Throws ConfigError if an attribute answers.NAME is none of the fields. `source` is the index of
  // the answers in `attributes`.
  void check(const AttributeTable& attributes, std::uint32_t source) const;

  // Returns the values of which one or some can be told in that field; nullptr if there is no such
  // field, or a date is told.
  const std::vector<std::string>* values_of(std::string_view field) const noexcept;

  struct Answer {
    const AnswerForm* form;
    const AnswerField* field;
    // As it is kept: a value, or a JSON array of values. "" takes it back.
    std::string_view text;
  };
  using Answers = std::pmr::vector<Answer>;

  // Reads a form (application/x-www-form-urlencoded), one answer for each field that it names. An
  // empty value beside others of its field is passed over. Nothing if it names a field that is not
  // declared, a value that is not one of the field's, or two values for one. Texts live as long as
  // `body`, this and `memory`, whose exceptions pass.
  std::optional<Answers> read(std::string_view body, std::pmr::memory_resource* memory) const;
  // Returns one answer; nothing if the field is not declared or the value is not one of its.
  std::optional<Answer> read(std::string_view field, std::string_view value,
                             std::pmr::memory_resource* memory) const;

 private:
  const AnswerField* find(std::string_view name, const AnswerForm*& form) const noexcept;

  std::vector<AnswerForm> forms_;
};

// Returns the source of answers: it is asked for on each page, since the page before may have told.
Source answers_source(AttributeTable& attributes, const Where& where);

}  // namespace personalize

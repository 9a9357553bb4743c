// What surveys and popups ask.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "personalize/base/document.h"
#include "personalize/base/value.h"

namespace personalize {

constexpr std::uint32_t max_questions = 5;
constexpr std::uint32_t max_choices = 20;  // of a question

struct Question {
  std::string_view id;  // ASCII letters, digits, - and _; at most 32
  std::string_view text;
  std::string_view kind;       // single, several, scale or text
  Value choices;               // an array, or a string with | between them
  std::string_view low, high;  // what the ends of a scale mean
};

// Reads an object {id, text, kind, answers, low, high}. The kind is single if there are answers, or
// else text. Returns nothing if it is no question; then `why` says what is wrong with it.
std::optional<Question> read_question(const Value& question, std::string& why);

// Adds an array of questions, as the partial `questions` shows them: objects with the members
//
//   id, kind, asks       (its text)
//   number, last, later  from 1; whether it is the last, or not the first
//   choices              an array of {says, other}; `other` if the choice ends in an ellipsis, and
//                        so wants a text
//   steps                of a scale: {values, low, high}, the values 0 to 10 and what the ends mean
//   words                true if its answer is a text
//
// What is no question is left out.
void add_questions(const Value& list, DocumentBuilder& builder);

// Adds the array of one question, without `id` in any list.
void add_question(const Question& question, DocumentBuilder& builder);

}  // namespace personalize

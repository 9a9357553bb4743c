#include "render/fields/questions.h"

#include <algorithm>
#include <array>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

std::string_view string_of(const Value& object, std::string_view member) {
  const Value value = object.find(member);
  return value.kind() == Kind::string ? value.as_string() : std::string_view();
}

bool is_id(std::string_view id) {
  constexpr std::size_t longest = 32;
  return !id.empty() && id.size() <= longest && std::all_of(id.begin(), id.end(), [](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_';
  });
}

void put(DocumentBuilder& builder, std::string_view member, std::string_view text) {
  if (!text.empty()) {
    builder.key(member);
    builder.string(text);
  }
}

void put_flag(DocumentBuilder& builder, std::string_view member, bool flag) {
  if (flag) {
    builder.key(member);
    builder.boolean(true);
  }
}

void add_choice(std::string_view text, DocumentBuilder& builder) {
  text = ascii::trim(text);
  if (text.empty()) {
    return;
  }
  builder.begin_object();
  put(builder, "says", text);
  put_flag(builder, "other", ascii::ends_with(text, "…") || ascii::ends_with(text, "..."));
  builder.end();
}

void add_choices(const Value& choices, DocumentBuilder& builder) {
  builder.key("choices");
  builder.begin_array();
  if (choices.kind() == Kind::string) {
    auto rest = choices.as_string();
    for (std::uint32_t i = 0; i < max_choices && !rest.empty(); ++i) {
      add_choice(ascii::take_until(rest, '|'), builder);
    }
  }
  for (std::uint32_t i = 0; i < choices.size() && i < max_choices; ++i) {
    const Value choice = choices.at(i);
    if (choice.kind() == Kind::string) {
      add_choice(choice.as_string(), builder);
    }
  }
  builder.end();
}

void add(const Question& question, std::size_t number, std::size_t count,
         DocumentBuilder& builder) {
  builder.begin_object();
  put(builder, "id", question.id);
  put(builder, "kind", question.kind);
  put(builder, "asks", question.text);
  builder.key("number");
  builder.number(static_cast<double>(number));
  put_flag(builder, "last", number == count);
  put_flag(builder, "later", number > 1);
  if (question.kind == "scale") {
    builder.key("steps");
    builder.begin_object();
    builder.key("values");
    builder.begin_array();
    for (int i = 0; i <= 10; ++i) {
      builder.number(i);
    }
    builder.end();
    put(builder, "low", question.low);
    put(builder, "high", question.high);
    builder.end();
  } else if (question.kind == "text") {
    put_flag(builder, "words", true);
  } else {
    put_flag(builder, "several", question.kind == "several");
    add_choices(question.choices, builder);
  }
  builder.end();
}

}  // namespace

std::optional<Question> read_question(const Value& question, std::string& why) {
  Question read;
  read.id = string_of(question, "id");
  if (!is_id(read.id)) {
    why = "a question needs an \"id\" of letters, digits, - and _, as in \"why\"";
    return std::nullopt;
  }
  read.text = string_of(question, "text");
  if (read.text.empty()) {
    why = "question " + quoted(read.id) + " needs a \"text\"";
    return std::nullopt;
  }
  read.choices = question.find("answers");
  const bool has_choices = read.choices.size() > 0 || (read.choices.kind() == Kind::string &&
                                                       !read.choices.as_string().empty());

  constexpr std::string_view kinds[] = {"single", "several", "scale", "text"};
  read.kind = string_of(question, "kind");
  if (question.find("kind").is_absent()) {
    read.kind = has_choices ? kinds[0] : kinds[3];
  }
  if (!is_one_of(read.kind, kinds)) {
    why = "question " + quoted(read.id) + " has the unknown kind " + quoted(read.kind) +
          ": it is one of " + list_names(kinds);
    return std::nullopt;
  }
  const bool chooses = read.kind == "single" || read.kind == "several";
  if (chooses != has_choices) {
    why = "question " + quoted(read.id) + " of the kind " + std::string(read.kind) +
          (chooses ? " needs \"answers\"" : " takes no \"answers\"");
    return std::nullopt;
  }
  read.low = string_of(question, "low");
  read.high = string_of(question, "high");
  return read;
}

void add_questions(const Value& list, DocumentBuilder& builder) {
  std::array<Question, max_questions> questions;
  std::size_t count = 0;
  std::string why;
  const bool is_list = list.kind() == Kind::array;
  for (std::uint32_t i = 0; is_list && i < list.size() && count < max_questions; ++i) {
    const auto question = read_question(list.at(i), why);
    const bool is_new =
        question && std::none_of(questions.begin(), questions.begin() + count,
                                 [&](const Question& other) { return other.id == question->id; });
    if (is_new) {
      questions[count++] = *question;
    }
  }
  builder.begin_array();
  for (std::size_t i = 0; i < count; ++i) {
    add(questions[i], i + 1, count, builder);
  }
  builder.end();
}

void add_question(const Question& question, DocumentBuilder& builder) {
  builder.begin_array();
  add(question, 1, 1, builder);
  builder.end();
}

}  // namespace personalize

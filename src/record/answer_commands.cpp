#include "personalize/record/answer_commands.h"

#include <algorithm>
#include <charconv>

namespace personalize {

namespace {

std::string_view copy(std::string_view text, std::pmr::memory_resource* memory) {
  auto* bytes = static_cast<char*>(memory->allocate(std::max<std::size_t>(text.size(), 1), 1));
  std::copy(text.begin(), text.end(), bytes);
  return {bytes, text.size()};
}

}  // namespace

std::pmr::vector<std::pmr::vector<std::string_view>> answer_commands(
    std::string_view visitor, const AnswerForms::Answers& answers, std::int64_t keep_s,
    std::pmr::memory_resource* memory) {
  using Command = std::pmr::vector<std::string_view>;
  std::pmr::string name(answers_head, memory);
  name += visitor;
  const auto key = copy(name, memory);
  Command set({"HSET", key}, memory);
  Command remove({"HDEL", key}, memory);
  for (const auto& answer : answers) {
    if (answer.text.empty()) {
      remove.push_back(answer.field->name);
    } else {
      set.insert(set.end(), {answer.field->name, answer.text});
    }
  }
  std::pmr::vector<Command> commands(memory);
  for (Command* command : {&set, &remove}) {
    if (command->size() > 2) {
      commands.push_back(std::move(*command));
    }
  }
  if (!commands.empty()) {
    char digits[24];
    const auto* end = std::to_chars(digits, std::end(digits), keep_s).ptr;
    const std::string_view seconds(digits, static_cast<std::size_t>(end - digits));
    commands.push_back(Command({"EXPIRE", key, copy(seconds, memory)}, memory));
  }
  return commands;
}

}  // namespace personalize

#include "personalize/record/answer_commands.h"

#include "base/text/copy.h"

namespace personalize {

std::pmr::vector<std::pmr::vector<std::string_view>> answer_commands(
    std::string_view visitor, const AnswerForms::Answers& answers, std::int64_t keep_s,
    std::pmr::memory_resource* memory) {
  using Command = std::pmr::vector<std::string_view>;
  std::pmr::string name(answers_head, memory);
  name += visitor;
  const auto key = copy_text(name, memory);
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
    commands.push_back(Command({"EXPIRE", key, copy_digits(keep_s, memory)}, memory));
  }
  return commands;
}

}  // namespace personalize

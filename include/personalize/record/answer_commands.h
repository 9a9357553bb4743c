// The Redis commands that keep what a visitor has told in a form.
#pragma once

#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/sources/answers.h"

namespace personalize {

// Returns them; none without answers. Their words live as long as the arguments and `memory`, whose
// exceptions pass.
std::pmr::vector<std::pmr::vector<std::string_view>> answer_commands(
    std::string_view visitor, const AnswerForms::Answers& answers, std::int64_t keep_s,
    std::pmr::memory_resource* memory);

}  // namespace personalize

// Constants in conditions that are taken as they are written, and hardly meant to be.
#pragma once

#include <string>
#include <string_view>

#include "personalize/attributes/attribute.h"
#include "personalize/sources/answers.h"

namespace personalize {

// Of `when ATTRIBUTE OPERATION LITERAL`: what is to be doubted about the literal, as a sentence for
// `nginx -t`; "" if nothing. The condition is compiled.
std::string doubt_of_literal(std::string_view attribute, std::string_view operation,
                             std::string_view literal, const AttributeTable& attributes,
                             const AnswerForms& forms);

}  // namespace personalize

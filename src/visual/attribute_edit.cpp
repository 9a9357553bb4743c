#include "visual/attribute_edit.h"

#include <algorithm>

#include "base/text/ascii.h"

namespace personalize {

namespace {

using Action = DomMutation::Action;
using Target = DomMutation::Target;
using Classes = std::pmr::vector<std::pmr::string>;

// JavaScript's \s, as far as it is ASCII.
bool is_space(char c) {
  return ascii::is_html_space(c) || c == '\v';
}

void add(Classes& classes, std::string_view word) {
  const bool is_there = std::any_of(classes.begin(), classes.end(),
                                    [word](const std::pmr::string& one) { return one == word; });
  if (!word.empty() && !is_there) {
    classes.emplace_back(word);
  }
}

void add_words(Classes& classes, std::string_view text) {
  while (!text.empty()) {
    const auto* const end = std::find_if(text.begin(), text.end(), is_space);
    const auto size = static_cast<std::size_t>(end - text.begin());
    add(classes, text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
}

}  // namespace

AttributeEdit::AttributeEdit(std::optional<std::string_view> value,
                             std::pmr::memory_resource* memory)
    : memory_(memory), classes_(memory) {
  if (value) {
    value_.emplace(*value, memory);
  }
}

bool AttributeEdit::ignores_value(const DomMutation& mutation) {
  return mutation.action == Action::set ||
         (mutation.action == Action::remove && mutation.target != Target::classes);
}

void AttributeEdit::apply(const DomMutation& mutation) {
  switch (mutation.target) {
    case Target::classes:
      return apply_to_class(mutation);
    case Target::class_name:
      return apply_to_class_name(mutation);
    case Target::attribute:
      break;
    case Target::html:
    case Target::position:
      return;
  }
  if (mutation.action == Action::remove) {
    value_.reset();
  } else if (mutation.action == Action::append && value_) {
    *value_ += mutation.value;
  } else {
    value_.emplace(mutation.value, memory_);
  }
}

std::optional<std::pmr::string> AttributeEdit::value() const {
  if (!is_list_) {
    return value_;
  }
  // An empty list is no attribute.
  return classes_.empty() ? std::nullopt : std::optional(joined());
}

void AttributeEdit::split() {
  if (!is_list_ && value_) {
    add_words(classes_, *value_);
  }
  is_list_ = true;
}

std::pmr::string AttributeEdit::joined() const {
  std::pmr::string text(memory_);
  for (const std::pmr::string& word : classes_) {
    text += text.empty() ? "" : " ";
    text += word;
  }
  return text;
}

// The value is one word, also with blanks in it.
void AttributeEdit::apply_to_class(const DomMutation& mutation) {
  split();
  if (mutation.action == Action::remove) {
    const std::string_view word = mutation.value;
    classes_.erase(std::remove_if(classes_.begin(), classes_.end(),
                                  [word](const std::pmr::string& one) { return one == word; }),
                   classes_.end());
    return;
  }
  if (mutation.action == Action::set) {
    classes_.clear();
  }
  add(classes_, mutation.value);
}

void AttributeEdit::apply_to_class_name(const DomMutation& mutation) {
  split();
  std::pmr::string text = mutation.action == Action::append ? joined() : std::pmr::string(memory_);
  if (mutation.action != Action::remove) {
    text += mutation.value;
  }
  classes_.clear();
  add_words(classes_, text);
}

}  // namespace personalize

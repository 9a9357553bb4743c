#include "render/fields/field_values.h"

#include <algorithm>

#include "base/values/scalar.h"
#include "render/escaping/address.h"
#include "render/fields/prizes.h"
#include "render/fields/progress.h"
#include "render/fields/questions.h"
#include "render/formats/formats.h"

namespace personalize {

namespace {

// Returns whether the value is made for the field, as a part of a document.
bool is_made(const FieldSetting& field) {
  switch (field.declared().kind) {
    case FieldKind::texts:
    case FieldKind::deadline:
    case FieldKind::prizes:
    case FieldKind::questions:
      return field.is_set();
    default:
      return false;
  }
}

// Returns whether an address is one of the page's own host.
bool is_path(std::string_view address) {
  return has_fixed_host(address) && !names_host(address);
}

bool is_nothing(const Value& value) {
  return value.is_absent() || (value.kind() == Kind::string && value.as_string().empty()) ||
         (value.kind() == Kind::array && value.size() == 0);
}

}  // namespace

FieldValues::FieldValues(const std::vector<FieldSetting>& fields, const Locale& locale,
                         const Labels& labels, std::pmr::memory_resource* memory)
    : fields_(fields),
      locale_(locale),
      labels_(labels),
      bytes_(memory),
      ends_(memory),
      first_(memory),
      items_(memory),
      builder_(memory),
      values_(memory) {}

bool FieldValues::evaluate(Facts& facts, const std::optional<DeadlineClock>& clock) {
  if (!render_texts(facts) || !reaches_least()) {
    return false;
  }
  build_document(facts, clock);
  make_values(facts);
  return is_enough();
}

// Only when all texts are written do views of them stay valid.
bool FieldValues::render_texts(Facts& facts) {
  first_.reserve(fields_.size());
  ends_.reserve(fields_.size());
  for (const auto& field : fields_) {
    first_.push_back(ends_.size());
    for (const auto& text : field.texts()) {
      const auto begin = bytes_.size();
      if (!text.render(facts, locale_, bytes_)) {
        return false;
      }
      if (field.declared().kind == FieldKind::price) {
        write_as_money(begin);
      } else if (field.declared().kind == FieldKind::target && !has_fixed_host(field.written()) &&
                 !is_path(std::string_view(bytes_).substr(begin))) {
        bytes_.resize(begin);
      }
      ends_.push_back(bytes_.size());
    }
  }
  return true;
}

void FieldValues::write_as_money(std::size_t begin) {
  const std::pmr::string text(bytes_, begin, bytes_.get_allocator());
  const Value number = to_number(Value::string(text));
  if (!number.is_missing()) {
    bytes_.resize(begin);
    locale_.formats().money(number, bytes_);
  }
}

void FieldValues::build_document(Facts& facts, const std::optional<DeadlineClock>& clock) {
  const auto goals = find(FieldKind::goals);
  const auto question = text("question");
  const bool is_needed = goals < fields_.size() || !question.empty() ||
                         std::any_of(fields_.begin(), fields_.end(), is_made);
  if (!is_needed) {
    return;
  }
  builder_.begin_object();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (is_made(fields_[i])) {
      add_field(i, facts, clock);
    }
  }
  if (goals < fields_.size()) {
    add_cart_progress(goals);
  }
  if (!question.empty()) {
    add_popup_question(question);
  }
  builder_.end();
  document_ = Value::document(builder_.finish());
}

void FieldValues::add_field(std::size_t field, Facts& facts,
                            const std::optional<DeadlineClock>& clock) {
  const auto& declared = fields_[field].declared();
  builder_.key(declared.name);
  switch (declared.kind) {
    case FieldKind::prizes:
      add_prizes(fields_[field].list(facts), builder_);
      break;
    case FieldKind::questions:
      add_questions(fields_[field].list(facts), builder_);
      break;
    case FieldKind::deadline:
      add_deadline(field, clock);
      break;
    default:
      add_texts(field);
  }
}

void FieldValues::make_values(Facts& facts) {
  values_.reserve(fields_.size());
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto& field = fields_[i];
    switch (field.declared().kind) {
      case FieldKind::list:
        values_.push_back(field.list(facts));
        break;
      case FieldKind::items:
        values_.push_back(items_.emplace_back(field.list(facts), memory()).list());
        break;
      case FieldKind::choice:
        values_.push_back(field.chosen());
        break;
      default:
        values_.push_back(is_made(field) ? document_.find(field.declared().name)
                                         : Value::string(text(i)));
    }
  }
}

void FieldValues::add_texts(std::size_t field) {
  const auto flag = [this](std::string_view member) {
    builder_.key(member);
    builder_.boolean(true);
  };
  builder_.begin_array();
  std::size_t shown = 0;
  for (std::size_t i = 0; i < count(field); ++i) {
    if (text(field, i).empty()) {
      continue;
    }
    builder_.begin_object();
    builder_.key("says");
    builder_.string(text(field, i));
    if (shown > 0) {
      flag("later");
    }
    if (shown == 1) {
      flag("turns");
    }
    builder_.end();
    ++shown;
  }
  builder_.end();
}

void FieldValues::add_deadline(std::size_t field, const std::optional<DeadlineClock>& clock) {
  const auto* deadline = fields_[field].deadline();
  const auto read = deadline == nullptr ? Deadline::read(text(field)) : std::nullopt;
  if (read) {
    deadline = &*read;
  }
  const auto left = deadline != nullptr && clock ? deadline->left(*clock) : std::nullopt;
  if (!left) {
    builder_.null();
    return;
  }
  has_passed_ = *left <= 0;
  deadline->add(*clock, *left, labels_, builder_);
}

void FieldValues::add_cart_progress(std::size_t goals) {
  const Value value = to_number(Value::string(text("value")));
  if (value.is_missing()) {
    return;
  }
  Progress progress{value, std::pmr::vector<Value>(memory()),
                    std::pmr::vector<std::string_view>(memory()), text("done_text"),
                    text("currency")};
  for (std::size_t i = 0; i < count(goals); ++i) {
    const Value goal = to_number(Value::string(text(goals, i)));
    progress.goals.push_back(goal.is_missing() ? Value::number(0) : goal);
  }
  const auto texts = find("text");
  for (std::size_t i = 0; i < count(texts); ++i) {
    progress.texts.push_back(text(texts, i));
  }
  builder_.key("progress");
  add_progress(progress, labels_, locale_, builder_);
}

void FieldValues::add_popup_question(std::string_view question) {
  const auto answers = text("answers");
  builder_.key("questions");
  add_question(
      {"question", question, answers.empty() ? "text" : "single", Value::string(answers), {}, {}},
      builder_);
}

bool FieldValues::is_enough() const {
  if (has_passed_ && text("done_text").empty()) {
    return false;
  }
  const auto goals = find(FieldKind::goals);
  if (goals < fields_.size() && progress().find("goals").is_absent()) {
    return false;
  }
  bool is_offer = false;
  bool suffices = false;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto& declared = fields_[i].declared();
    is_offer =
        is_offer || (count(i) > 0 && (declared.name == "discount" || declared.name == "price"));
    suffices = suffices || (declared.suffices && !is_nothing(values_[i]));
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto& declared = fields_[i].declared();
    // A required code that is not set comes from a pool, when it is claimed.
    const bool is_claimed = declared.name == "code" && !fields_[i].is_set();
    const bool is_needed =
        (declared.required && !suffices && !is_claimed) || (is_offer && declared.name == "reason");
    if (is_needed && is_nothing(values_[i])) {
      return false;
    }
  }
  return true;
}

bool FieldValues::reaches_least() const {
  const auto least = find(FieldKind::least);
  if (least == fields_.size() || count(least) == 0) {
    return true;
  }
  const Value value = to_number(Value::string(text("value")));
  const Value bound = to_number(Value::string(text(least)));
  return !value.is_missing() && !bound.is_missing() && value.as_number() >= bound.as_number();
}

void FieldValues::append(std::pmr::vector<Value>& values) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    Value shown = values_[i];
    if (is_nothing(shown) && !fields_[i].is_set()) {
      shown = Value::string(find_label(labels_, fields_[i].declared().name));
    }
    values.push_back(shown);
  }
}

std::size_t FieldValues::find(std::string_view name) const {
  std::size_t i = 0;
  while (i < fields_.size() && fields_[i].declared().name != name) {
    ++i;
  }
  return i;
}

std::size_t FieldValues::find(FieldKind kind) const {
  std::size_t i = 0;
  while (i < fields_.size() && fields_[i].declared().kind != kind) {
    ++i;
  }
  return i;
}

std::string_view FieldValues::text(std::size_t field, std::size_t i) const {
  if (field == fields_.size() || i >= count(field)) {
    return {};
  }
  const auto end = first_[field] + i;
  const auto begin = end == 0 ? 0 : ends_[end - 1];
  return std::string_view(bytes_).substr(begin, ends_[end] - begin);
}

std::string_view FieldValues::text(std::string_view name) const {
  return text(find(name));
}

}  // namespace personalize

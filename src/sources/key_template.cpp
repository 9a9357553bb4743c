#include <algorithm>

#include "base/text/ascii.h"
#include "base/values/exact_number.h"
#include "base/values/item.h"
#include "personalize/sources/sources.h"

namespace personalize {

namespace {

constexpr std::size_t longest_key = 1024;

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Returns false if the value is not a scalar, or is empty.
bool append_scalar(const Value& value, std::pmr::string& key) {
  switch (value.kind()) {
    case Kind::boolean:
      key += value.as_boolean() ? "true" : "false";
      return true;
    case Kind::number: {
      NumberBuffer buffer;
      key += number_text(value, buffer).substr(0, longest_key + 1);
      return true;
    }
    case Kind::string:
      key += value.as_string().substr(0, longest_key + 1);
      return !value.as_string().empty();
    default:
      return false;
  }
}

// Appends a line feed and the id, unless it has a line feed itself or there is no room for it.
// Returns whether it was appended.
bool append_id(const Value& id, std::size_t room, std::pmr::string& key) {
  const auto before = key.size();
  key += '\n';
  if (append_scalar(id, key) && key.size() <= room &&
      key.find('\n', before + 1) == std::pmr::string::npos) {
    return true;
  }
  key.resize(before);
  return false;
}

// Returns the list in a cart.
Value contents_of(const Value& cart) noexcept {
  const Value lines = cart.find("lines");
  return lines.is_missing() ? cart.find("items") : lines;
}

// Returns whether there are any ids.
bool append_ids(Value list, bool is_one, std::pmr::string& key) {
  if (list.kind() == Kind::object && item_id(list).is_missing()) {
    list = contents_of(list);
  }
  const auto room = key.size() + longest_key;
  std::size_t count = 0;
  if (list.kind() == Kind::array) {
    for (std::uint32_t i = 0; i < list.size() && count < KeyTemplate::most_ids; ++i) {
      count += append_id(item_id(list.at(i)), room, key) ? 1 : 0;
    }
  } else if (list.kind() == Kind::string && !is_one) {
    for (auto rest = list.as_string(); !rest.empty() && count < KeyTemplate::most_ids;) {
      const auto id = ascii::trim(ascii::take_until(rest, ','));
      count += append_id(Value::string(id), room, key) ? 1 : 0;
    }
  } else {
    count += append_id(item_id(list), room, key) ? 1 : 0;
  }
  return count != 0;
}

}  // namespace

KeyTemplate::KeyTemplate(std::string_view head, AttributeId list, bool is_one)
    : pieces_{{std::string(head), {}, false}, {{}, Expression(list), true, true, is_one}} {}

KeyTemplate::KeyTemplate(std::string_view text, AttributeTable& attributes, const Where& where) {
  if (text.empty()) {
    throw ConfigError(where, "the key is empty: write it as in key=profile:${visitor.id}");
  }
  const auto braces = text.find("{{");
  if (braces != std::string_view::npos && (braces == 0 || text[braces - 1] != '$') &&
      text.find("}}", braces) != std::string_view::npos) {
    throw ConfigError(where, "\"" + std::string(text) +
                                 "\" in a key: {{…}} is for pages; in a key attributes are written "
                                 "\"${visitor.id}\"");
  }
  std::string literal;
  while (!text.empty()) {
    if (text.front() != '$') {
      const auto length = text.substr(0, text.find('$')).size();
      literal += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    if (text.size() > 1 && text[1] == '{') {
      const auto length = find_end_of_expression(text.substr(2));
      if (length == std::string_view::npos) {
        throw ConfigError(where, "\"" + std::string(text) + "\" lacks its closing \"}\"");
      }
      if (!literal.empty()) {
        pieces_.push_back({std::move(literal), {}, false});
        literal.clear();
      }
      pieces_.push_back({{}, Expression(text.substr(2, length), attributes, where), true});
      text.remove_prefix(length + 3);
      continue;
    }
    if (text.size() > 1 && starts_name(text[1])) {
      throw ConfigError(where, "\"" + std::string(text) +
                                   "\" in a key: attributes are written in braces, "
                                   "\"${visitor.id}\", and NGINX's variables as \"${var.NAME}\"");
    }
    literal += '$';
    text.remove_prefix(1);
  }
  if (!literal.empty()) {
    pieces_.push_back({std::move(literal), {}, false});
  }
}

bool KeyTemplate::expand(Facts& facts, std::pmr::string& key) const {
  const auto before = key.size();
  bool complete = !pieces_.empty();
  for (const auto& piece : pieces_) {
    if (piece.is_attribute) {
      const Value value = piece.expression.value(facts, key.get_allocator().resource());
      complete = piece.is_list ? append_ids(value, piece.is_one, key) : append_scalar(value, key);
    } else {
      key += piece.literal;
    }
    const bool is_too_long = key.size() - before > longest_key && !piece.is_list;
    if (!complete || is_too_long) {
      key.resize(before);
      return false;
    }
  }
  return complete;
}

SourceSet KeyTemplate::needs(const AttributeTable& attributes) const {
  SourceSet sources;
  for (const AttributeId id : this->attributes()) {
    sources |= direct_needs(attributes[id]);
  }
  return sources;
}

bool KeyTemplate::uses(const AttributeTable& attributes, Root root, Field field) const {
  const auto all = this->attributes();
  return std::any_of(all.begin(), all.end(), [&](AttributeId id) {
    return attributes[id].root == root && attributes[id].field == field;
  });
}

std::vector<AttributeId> KeyTemplate::attributes() const {
  std::vector<AttributeId> all;
  for (const auto& piece : pieces_) {
    const auto& used = piece.expression.attributes();
    all.insert(all.end(), used.begin(), used.end());
  }
  return all;
}

std::vector<AttributeId> KeyTemplate::decided(const AttributeTable& attributes) const {
  auto all = this->attributes();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](AttributeId id) { return !is_decided(attributes[id]); }),
            all.end());
  return all;
}

std::string_view KeyTemplate::head() const noexcept {
  return pieces_.empty() || pieces_.front().is_attribute ? std::string_view()
                                                         : pieces_.front().literal;
}

}  // namespace personalize

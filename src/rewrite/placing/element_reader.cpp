#include "rewrite/placing/element_reader.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "rewrite/tokenizer/attribute.h"

namespace personalize::rewrite {

namespace {

// Returns whether an attribute as written is data-NAME.
bool is_data_of(std::string_view written, std::string_view name) {
  constexpr std::string_view prefix = "data-";
  if (written.size() != prefix.size() + name.size() ||
      !ascii::equal_ignoring_case(written.substr(0, prefix.size()), prefix)) {
    return false;
  }
  written.remove_prefix(prefix.size());
  return std::equal(written.begin(), written.end(), name.begin(), [](char a, char b) {
    const char plain = a == '-' ? '_' : ascii::lower(a);
    return plain == b;
  });
}

}  // namespace

std::optional<std::string_view> ElementReader::read(const RawTag* tag) {
  if (data_.elements == most_elements) {
    return std::nullopt;
  }
  bytes_.clear();
  for (const std::string& name : names_.names) {
    add(tag, name);
  }
  return keep(bytes_.size(), data_) ? std::optional(copy_text(bytes_, memory_)) : std::nullopt;
}

std::string_view ElementReader::read_value(const RawTag& tag, std::string_view name) {
  bool is_there = false;
  const std::string_view written = find_attribute(tag.text, tag.name_length, name, is_there);
  if (written.empty()) {
    return "=";
  }
  // Bytes that are not ASCII mean something in the page's charset alone.
  const bool is_known =
      (name != "class" || ascii::is_ascii(written)) && decode_value(written, decoded_);
  if (!is_known || decoded_.size() > longest_value || !keep(decoded_.size(), values_)) {
    return {};
  }
  decoded_.insert(decoded_.begin(), '=');
  return copy_text(decoded_, memory_);
}

// Returns whether so much can be kept of one element more.
bool ElementReader::keep(std::size_t size, Kept& kept) {
  if (kept.elements == most_elements || kept.bytes + size > most_bytes) {
    return false;
  }
  ++kept.elements;
  kept.bytes += size;
  return true;
}

// Of two attributes that are both meant by the name, the first counts.
void ElementReader::add(const RawTag* tag, std::string_view name) {
  TagAttribute attribute;
  bool is_there = false;
  if (tag != nullptr) {
    AttributeWalk walk(tag->text, tag->name_length);
    while (!is_there && walk.next(attribute)) {
      is_there = is_data_of(attribute.name, name);
    }
  }
  const bool is_cut = is_there && tag->is_cut() && attribute.value.size() > tag->most_of_value;
  if (!is_there || is_cut) {
    return ElementData::add(bytes_, std::nullopt, false);
  }
  const bool is_raw = !ascii::is_ascii(attribute.value);
  if (!needs_decoding(attribute.value)) {
    return ElementData::add(bytes_, attribute.value, is_raw);
  }
  decoded_.clear();
  const bool is_known = decode_value(attribute.value, decoded_);
  ElementData::add(bytes_, is_known ? std::optional<std::string_view>(decoded_) : std::nullopt,
                   is_raw);
}

}  // namespace personalize::rewrite

#include "rewrite/placing/change_reader.h"

#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "rewrite/tokenizer/attribute.h"
#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {

namespace {

bool is_in_table(const OpenElement& element) {
  return element.is(Tag::table) || element.is(Tag::tr) || element.is(Tag::colgroup) ||
         (element.space == Namespace::html && is_table_row_group(element.tag));
}

}  // namespace

std::uint8_t facts_of_content(const ElementStack& stack) {
  std::uint8_t facts = 0;
  const auto note = [&facts](bool holds, ElementChanges::Fact fact) {
    facts = static_cast<std::uint8_t>(facts | (holds ? fact : 0));
  };
  for (const OpenElement& element : stack) {
    note(element.is(Tag::p), ElementChanges::in_paragraph);
    note(element.is(Tag::a), ElementChanges::in_link);
    note(element.is(Tag::button), ElementChanges::in_button);
    note(element.is(Tag::li) || element.is(Tag::dt) || element.is(Tag::dd),
         ElementChanges::in_list_item);
    note(element.space != Namespace::html || element.is(Tag::select) || element.is(Tag::template_),
         ElementChanges::is_special);
  }
  if (!stack.empty()) {
    const OpenElement& innermost = stack.back();
    note(innermost.space == Namespace::html && is_heading(innermost.tag),
         ElementChanges::in_heading);
    note(is_in_table(innermost) || innermost.has(trait::no_markup_inside | trait::raw_text),
         ElementChanges::is_special);
  }
  return facts;
}

namespace {

bool is_repeated(const RawTag& tag, std::string_view name) {
  AttributeWalk walk(tag.text, tag.name_length);
  TagAttribute attribute;
  int times = 0;
  while (walk.next(attribute)) {
    times += ascii::equal_ignoring_case(attribute.name, name) ? 1 : 0;
  }
  return times > 1;
}

}  // namespace

std::optional<std::string_view> ChangeReader::read_element(
    const std::pmr::vector<std::uint16_t>& changes) {
  return keep(facts_of_content(tree_.stack()), changes, 0);
}

std::optional<std::string_view> ChangeReader::read_attribute(
    const RawTag& tag, std::string_view name, const std::pmr::vector<std::uint16_t>& changes,
    std::string_view& value) {
  bool is_there = false;
  const std::string_view written = find_attribute(tag.text, tag.name_length, name, is_there);
  std::uint8_t facts = 0;
  if (is_there) {
    facts = ElementChanges::has_attribute;
  }
  if (is_repeated(tag, name)) {
    facts = static_cast<std::uint8_t>(facts | ElementChanges::is_repeated);
  }
  decoded_.clear();
  // Bytes that are not ASCII mean something in the page's charset alone.
  const bool is_known =
      written.empty() || (ascii::is_ascii(written) && written.size() <= longest_value &&
                          decode_value(written, decoded_));
  if (!is_known) {
    facts = static_cast<std::uint8_t>(facts | ElementChanges::is_unknown);
    decoded_.clear();
  }
  const auto data = keep(facts, changes, decoded_.size());
  if (data) {
    value = copy_text(decoded_, memory_);
  }
  return data;
}

std::optional<std::string_view> ChangeReader::keep(std::uint8_t facts,
                                                   const std::pmr::vector<std::uint16_t>& changes,
                                                   std::size_t also) {
  bytes_.clear();
  ElementChanges::begin(bytes_, facts);
  for (const std::uint16_t change : changes) {
    ElementChanges::add(bytes_, change);
  }
  if (elements_ == most_elements || kept_ + bytes_.size() + also > most_bytes) {
    return std::nullopt;
  }
  ++elements_;
  kept_ += bytes_.size() + also;
  return copy_text(bytes_, memory_);
}

}  // namespace personalize::rewrite

#include "rewrite/placing/attribute_places.h"

#include "base/text/ascii.h"
#include "rewrite/tokenizer/attribute.h"

namespace personalize::rewrite {
namespace {

// Bytes of a tag.
struct Range {
  std::size_t begin;
  std::size_t end;
};

// Returns where the attribute stands, from its name to behind its value; of several the first one,
// which counts. If it is not there, the place behind the tag's name.
Range find_range(const RawTag& tag, std::string_view name) {
  AttributeWalk walk(tag.text, tag.name_length);
  TagAttribute attribute;
  while (walk.next(attribute)) {
    if (!ascii::equal_ignoring_case(attribute.name, name)) {
      continue;
    }
    return {static_cast<std::size_t>(attribute.name.data() - tag.text.data()),
            static_cast<std::size_t>(attribute.end - tag.text.data())};
  }
  const auto behind_name = 1 + tag.name_length;
  return {behind_name, behind_name};
}

}  // namespace

void place_attribute(const PlacingRule& rule, const Position& position, Placements& placements,
                     std::uint32_t number, std::string_view data, std::string_view original) {
  // Where the bytes stand in the page is not known behind a value that was cut off.
  if (position.begin_is_settled || position.tag->is_cut()) {
    return placements.note(Doubt::token_too_long);
  }
  const auto [begin, end] = find_range(*position.tag, rule.attribute);
  placements.place({position.token_begin + begin, position.token_begin + end, rule.slot, number,
                    number, false, false, data, original});
}

}  // namespace personalize::rewrite

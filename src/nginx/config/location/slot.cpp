#include "nginx/config/location/slot.h"

#include <algorithm>
#include <optional>

#include "base/text/ascii.h"
#include "base/text/text.h"
#include "nginx/config/reading/location_command.h"
#include "personalize/rewrite/page_ends.h"

namespace personalize {

namespace {

struct PlacementName {
  std::string_view name;
  Placement placement;
};
// In the order of Placement.
constexpr PlacementName placements[] = {
    {"inner", Placement::inner}, {"replace", Placement::replace}, {"before", Placement::before},
    {"after", Placement::after}, {"prepend", Placement::prepend}, {"append", Placement::append},
};

std::optional<Placement> find_placement(std::string_view name) {
  const auto* found = std::find_if(std::begin(placements), std::end(placements),
                                   [&](const PlacementName& p) { return p.name == name; });
  return found == std::end(placements) ? std::nullopt : std::optional(found->placement);
}

// A position is one place in the page and takes nothing else. What looks like a position but is not
// one is probably a mistake, though it could be the name of a custom element.
void check_position(const Directive& directive, const Arguments& words) {
  const std::string_view place = words[1];
  if (is_one_of(place, page_ends)) {
    if (words.size() > 2) {
      directive.refuse(": " + std::string(place) + " takes no " + quoted(words[2]) +
                       ": it is one place in the page");
    }
    return;
  }
  const bool looks_like_one = place.substr(0, 5) == "head-" || place.substr(0, 5) == "body-";
  if (looks_like_one && place.find_first_of(" .#:[>,") == std::string_view::npos) {
    directive.refuse(": unknown place " + quoted(place) +
                     "; places are head-end, body-start and body-end");
  }
}

SlotDeclaration read_declaration(const Directive& directive) {
  const auto& words = directive.arguments();
  check_position(directive, words);
  SlotDeclaration slot{directive.where(), std::string(words[0]), std::string(words[1])};
  std::string_view placement;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "all") {
      slot.all = true;
      continue;
    }
    if (words[i] == "early") {
      slot.early = true;
      continue;
    }
    constexpr std::string_view attribute = "attribute=";
    if (ascii::starts_with(words[i], attribute)) {
      slot.attribute = ascii::lowered(words[i].substr(attribute.size()));
      if (slot.attribute.empty()) {
        directive.refuse_parameter(words[i], "the name of an attribute, as in attribute=src");
      }
      continue;
    }
    const auto found = find_placement(words[i]);
    if (!found) {
      directive.refuse_parameter(words[i],
                                 "inner, replace, before, after, prepend or append, and all; early "
                                 "with inner and replace; attribute=NAME; a "
                                 "selector with spaces is quoted whole");
    }
    if (!placement.empty()) {
      directive.refuse(" has both " + std::string(placement) + " and " + std::string(words[i]) +
                       ": keep one, and write a second line for another place");
    }
    placement = words[i];
    slot.placement = *found;
  }
  if (!slot.attribute.empty() && (slot.early || !placement.empty())) {
    directive.refuse(": an attribute takes no " + std::string(slot.early ? "early" : placement) +
                     ": its value is replaced, and nothing else of the element");
  }
  if (slot.early && slot.placement != Placement::inner && slot.placement != Placement::replace) {
    directive.refuse(": early is for inner and replace; " + std::string(placement) +
                     " replaces nothing");
  }
  return slot;
}

char* read_slot(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    auto& row = location_row<SlotDirective>(conf);
    if (row.slots == nullptr) {
      row.slots = make_in_pool<std::vector<SlotDeclaration>>(cf->pool);
    }
    row.slots->push_back(read_declaration(Directive(cf)));
  });
}

}  // namespace

std::string_view name_of(Placement placement) {
  return placements[static_cast<std::size_t>(placement)].name;
}

ngx_command_t SlotDirective::command() {
  return {ngx_string("personalize_slot"),
          http_server_location | NGX_CONF_2MORE,
          read_slot,
          NGX_HTTP_LOC_CONF_OFFSET,
          0,
          nullptr};
}

void SlotDirective::merge(ngx_conf_t*, SlotDirective& outer) {
  has_own_slots = slots != nullptr;
  slots = has_own_slots ? slots : outer.slots;
}

}  // namespace personalize

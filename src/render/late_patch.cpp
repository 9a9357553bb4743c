#include "personalize/render/late_patch.h"

#include "base/text/ascii.h"
#include "render/escaping/escape.h"

namespace personalize {

namespace {

void append_name(const LatePlace& place, std::pmr::string& out) {
  out += "pz-late-";
  out += place.key;
  out += '-';
  out += std::to_string(place.number);
}

// Returns whether a </template> in it ends the one around it, or none ends its own, or that may be
// so: where it stands in a comment it would not.
bool may_reach_outside(std::string_view html) {
  int open = 0;
  for (auto at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    const std::string_view tag = html.substr(at + 1);
    if (ascii::equal_ignoring_case(tag.substr(0, 8), "template")) {
      ++open;
    } else if (ascii::equal_ignoring_case(tag.substr(0, 9), "/template") && --open < 0) {
      return true;
    }
  }
  return open != 0;
}

}  // namespace

void append_late_mark(const LatePlace& place, bool is_range, std::pmr::string& out) {
  out += is_range ? "<?start name=\"" : "<?marker name=\"";
  append_name(place, out);
  out += "\"?>";
}

void append_late_attribute_mark(const LatePlace& place, std::pmr::string& out) {
  out += " data-";
  append_name(place, out);
  out += "=\"\" ";
}

void append_late_patch(const LatePlace& place, std::string_view name, std::string_view html,
                       std::pmr::string& out) {
  const bool is_for_script = may_reach_outside(html);
  out += is_for_script ? "<template data-pz-for=\"" : "<template for=\"";
  append_name(place, out);
  out += "\" data-pz-late=\"";
  escape_html(name, out);
  out += "\">";
  out += is_for_script ? std::string_view() : html;
  out += "</template>";
}

}  // namespace personalize

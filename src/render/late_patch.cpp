#include "personalize/render/late_patch.h"

#include "render/escaping/escape.h"

namespace personalize {

namespace {

void append_name(SlotId slot, std::pmr::string& out) {
  out += "\"pz-late-";
  out += std::to_string(slot);
  out += '"';
}

}  // namespace

void append_late_mark(SlotId slot, bool is_range, std::pmr::string& out) {
  out += is_range ? "<?start name=" : "<?marker name=";
  append_name(slot, out);
  out += "?>";
}

void append_late_patch(SlotId slot, std::string_view name, std::string_view html,
                       std::pmr::string& out) {
  out += "<template for=";
  append_name(slot, out);
  out += " data-pz-late=\"";
  escape_html(name, out);
  out += "\">";
  out += html;
  out += "</template>";
}

}  // namespace personalize

#include "personalize/render/preview_badge.h"

#include "personalize/signals/preview.h"
#include "personalize/widgets/widgets.h"
#include "render/escaping/escape.h"

namespace personalize {

void write_preview_badge(std::string_view items, std::string_view endpoint, std::string_view page,
                         std::string_view style_nonce, std::pmr::string& out) {
  out += "<link rel=\"stylesheet\" href=\"";
  escape_html(endpoint, out);
  out += "preview.css?v=";
  out += find_asset("preview.css")->version;
  if (!style_nonce.empty()) {
    out += "\" nonce=\"";
    escape_html(style_nonce, out);
  }
  out += "\"/><aside class=\"pz-preview\" aria-label=\"Preview\"><strong>Preview</strong><ul>";
  for (auto rest = items; !rest.empty();) {
    out += "<li>";
    escape_html(take_preview_item(rest), out);
    out += "</li>";
  }
  out += "</ul><a href=\"";
  escape_html(endpoint, out);
  out += "preview?end=1&amp;to=";
  escape_url_component(preview_target(page), out);
  out += "\">End preview</a></aside>";
}

}  // namespace personalize

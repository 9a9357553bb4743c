#include "render/widget_assets.h"

#include <array>
#include <charconv>

#include "personalize/render/view_script.h"
#include "personalize/widgets/widgets.h"
#include "render/escaping/escape.h"
#include "render/escaping/nonce.h"

namespace personalize {

// The output is read the same way as HTML and as XML (the W3C's "Polyglot Markup"): to HTML the
// marks of CDATA sections are comments of the style sheet or script.

namespace {

void append_address(const WidgetDelivery& delivery, const Asset& asset, std::pmr::string& out) {
  escape_html(delivery.endpoint, out);
  out += asset.name;
  out += "?v=";
  out += asset.version;
}

// What the script is to know of the response (src/widgets/limits.js).
void append_state(const WidgetDelivery& delivery, std::pmr::string& out) {
  if (!delivery.may_store) {
    out += " data-pz-no-cookie=\"\"";
    return;
  }
  if (!delivery.cookie_domain.empty()) {
    out += " data-pz-domain=\"";
    escape_html(delivery.cookie_domain, out);
    out += '"';
  }
  if (delivery.state) {
    std::array<char, 10> digits;
    const auto* end =
        std::to_chars(digits.data(), digits.data() + digits.size(), *delivery.state).ptr;
    out += " data-pz-state=\"";
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
    out += '"';
  }
}

// The script, from the endpoint.
void append_reference(const WidgetDelivery& delivery, std::string_view ticket,
                      std::pmr::string& out) {
  out += "<script src=\"";
  append_address(delivery, *find_asset("personalize.js"), out);
  out += '"';
  append_nonce(delivery.nonces.script, out);
  append_state(delivery, out);
  if (!ticket.empty()) {
    out += " data-pz-view=\"";
    out += ticket;
    out += '"';
  }
  out += " defer=\"\"></script>";
}

}  // namespace

void append_style(const WidgetDelivery& delivery, std::pmr::string& out) {
  const auto& style = *find_asset("personalize.css");
  if (delivery.endpoint.empty()) {
    out += "<style";
    append_nonce(delivery.nonces.style, out);
    out += ">/*<![CDATA[*/\n";
    out += style.body;
    out += "/*]]>*/</style>";
  } else {
    out += "<link rel=\"stylesheet\" href=\"";
    append_address(delivery, style, out);
    out += '"';
    append_nonce(delivery.nonces.style, out);
    out += "/>";
  }
}

void append_script(const WidgetDelivery& delivery, std::pmr::string& out) {
  if (delivery.endpoint.empty()) {
    const auto& script = *find_asset("personalize.js");
    out += "<script";
    append_nonce(delivery.nonces.script, out);
    append_state(delivery, out);
    out += ">//<![CDATA[\n";
    out += script.body;
    out += "//]]></script>";
  } else {
    append_reference(delivery, {}, out);
  }
}

void append_view_script(const WidgetDelivery& delivery, std::string_view ticket,
                        std::pmr::string& out) {
  append_reference(delivery, ticket, out);
}

}  // namespace personalize

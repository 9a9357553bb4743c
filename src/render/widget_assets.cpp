#include "render/widget_assets.h"

#include <array>
#include <charconv>

#include "base/text/ascii.h"
#include "personalize/render/state_script.h"
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

// What the script is to know of the response (src/widgets/script/limits.js).
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

// The shared script, from the endpoint.
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

// The text of an element, between marks that hide a CDATA section from HTML. A file that ends such
// sections itself goes without.
void append_body(std::string_view body, std::string_view begin, std::string_view end,
                 std::pmr::string& out) {
  const bool is_hidden = body.find("]]>") == std::string_view::npos;
  out += is_hidden ? begin : "\n";
  out += body;
  if (!ascii::ends_with(body, "\n")) {
    out += '\n';
  }
  out += is_hidden ? end : "";
}

void append_script_body(std::string_view body, std::pmr::string& out) {
  append_body(body, "//<![CDATA[\n", "//]]>", out);
  out += "</script>";
}

// `how`: what stands behind the address.
void append_script(const WidgetDelivery& delivery, const Asset& script, std::string_view how,
                   std::pmr::string& out) {
  out += "<script";
  if (!delivery.endpoint.empty()) {
    out += " src=\"";
    append_address(delivery, script, out);
    out += how;
  }
  append_nonce(delivery.nonces.script, out);
  out += '>';
  if (delivery.endpoint.empty()) {
    append_script_body(script.body, out);
  } else {
    out += "</script>";
  }
}

}  // namespace

void append_style(const WidgetDelivery& delivery, std::pmr::string& out) {
  append_style(delivery, *find_asset("personalize.css"), out);
}

void append_style(const WidgetDelivery& delivery, const Asset& style, std::pmr::string& out) {
  if (delivery.endpoint.empty()) {
    out += "<style";
    append_nonce(delivery.nonces.style, out);
    out += '>';
    append_body(style.body, "/*<![CDATA[*/\n", "/*]]>*/", out);
    out += "</style>";
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
    out += "<script";
    append_nonce(delivery.nonces.script, out);
    append_state(delivery, out);
    out += '>';
    append_script_body(find_asset("personalize.js")->body, out);
  } else {
    append_reference(delivery, {}, out);
  }
}

void append_script(const WidgetDelivery& delivery, const Asset& script, std::pmr::string& out) {
  append_script(delivery, script, "\" defer=\"\"", out);
}

void append_early_script(const WidgetDelivery& delivery, const Asset& script,
                         std::pmr::string& out) {
  append_script(delivery, script, "\" async=\"\"", out);
}

void append_view_script(const WidgetDelivery& delivery, std::string_view ticket,
                        std::pmr::string& out) {
  append_reference(delivery, ticket, out);
}

void append_script_by_need(const WidgetDelivery& delivery, const Asset& script,
                           std::pmr::string& out) {
  append_script(delivery, script, out);
}

void append_json(const WidgetDelivery& delivery, std::string_view id, std::string_view json,
                 std::pmr::string& out) {
  out += "<script type=\"application/json\" id=\"";
  out += id;
  out += '"';
  append_nonce(delivery.nonces.script, out);
  out += '>';
  out += json;
  out += "</script>";
}

void append_state_script(const WidgetDelivery& delivery, std::string_view json,
                         std::pmr::string& out) {
  append_json(delivery, "pz-state", json, out);
  if (!delivery.endpoint.empty()) {
    append_script(delivery, *find_asset(handover_script), out);
  }
}

}  // namespace personalize

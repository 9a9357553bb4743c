#include "personalize/render/visual_elements.h"

#include "base/text/ascii.h"
#include "base/text/utf8.h"
#include "personalize/widgets/widgets.h"
#include "render/escaping/escape.h"
#include "render/escaping/nonce.h"
#include "render/escaping/script_values.h"
#include "render/widget_assets.h"

namespace personalize {

namespace {

enum class RawText { style, script };

// Appends a character as an escape of CSS; the blank ends it.
void append_style_escape(std::uint32_t code, std::pmr::string& out) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '\\';
  for (int shift = 20; shift >= 0; shift -= 4) {
    out += hex[(code >> shift) & 15U];
  }
  out += ' ';
}

// Appends the text of an element that nothing in it ends.
void append_raw_text(std::string_view text, RawText kind, bool is_utf8, std::pmr::string& out) {
  const std::string_view end = kind == RawText::script ? "</script" : "</style";
  while (!text.empty()) {
    const bool is_end = ascii::equal_ignoring_case(text.substr(0, end.size()), end) ||
                        (kind == RawText::script && text.substr(0, 4) == "<!--");
    if (is_end) {
      out += "<\\";
      text.remove_prefix(1);
    }
    if (is_utf8 || static_cast<unsigned char>(text.front()) < 0x80) {
      out += text.front();
      text.remove_prefix(1);
    } else if (kind == RawText::style) {
      append_style_escape(take_code_point(text), out);
    } else {
      append_script_escape(take_code_point(text), out);
    }
  }
}

void append_element(std::string_view tag, std::string_view experiment, std::string_view nonce,
                    RawText kind, std::string_view text, bool is_utf8, std::pmr::string& out) {
  out += '<';
  out += tag;
  append_attribute("data-pz-visual", experiment, out);
  append_nonce(nonce, out);
  out += '>';
  append_raw_text(text, kind, is_utf8, out);
  out += "</";
  out += tag;
  out += '>';
}

}  // namespace

void append_attribute(std::string_view name, std::string_view value, std::pmr::string& out) {
  out += ' ';
  out += name;
  out += "=\"";
  escape_html(value, out);
  out += '"';
}

void append_visual_style(const WidgetDelivery& delivery, std::string_view experiment,
                         std::string_view css, bool is_utf8, std::pmr::string& out) {
  append_element("style", experiment, delivery.nonces.style, RawText::style, css, is_utf8, out);
}

void append_visual_script(const WidgetDelivery& delivery, std::string_view experiment,
                          std::string_view js, bool is_utf8, std::pmr::string& out) {
  append_element("script", experiment, delivery.nonces.script, RawText::script, js, is_utf8, out);
}

void append_visual_changes(const WidgetDelivery& delivery, std::string_view json,
                           std::pmr::string& out) {
  append_json(delivery, "pz-visual", json, out);
  append_early_script(delivery, *find_asset(visual_script), out);
}

}  // namespace personalize

// The files of the widgets, as they are embedded.
#include <cstddef>
#include <cstdint>
// cmocka.h needs the three above and <csetjmp>.
#include "suite.h"

#include <string>

#include "personalize/widgets/widgets.h"
#include "widgets/widget.h"

namespace {

using personalize::assets;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void every_widget_is_embedded(void**) {
  for (const auto& widget : personalize::widgets()) {
    assert_true(widget.markup.size() > 100);
    // Content-Security-Policy: neither style attributes nor inline handlers.
    assert_false(has(widget.markup, "style="));
    assert_false(has(widget.markup, " on"));
    assert_false(has(widget.markup, "<script"));
  }
}

void assets_are_served_by_name(void**) {
  assert_int_equal(assets().size(), 3);
  assert_true(assets()[0].name == "personalize.css" && assets()[0].type == "text/css");
  assert_true(assets()[1].name == "personalize.js" && assets()[1].type == "text/javascript");
  assert_true(assets()[2].name == "preview.css" && assets()[2].type == "text/css");
  assert_true(assets()[0].body.find("pz-preview") == std::string_view::npos);
  for (const auto& asset : assets()) {
    assert_int_equal(asset.version.size(), 16);
    assert_true(asset.version.find_first_not_of("0123456789abcdef") == std::string_view::npos);
  }
  assert_true(assets()[0].version != assets()[1].version);
}

void assets_can_stand_in_a_page(void**) {
  const auto style = assets()[0].body, script = assets()[1].body;
  assert_false(has(style, "</"));
  assert_false(has(script, "</") || has(script, "<!--"));
  for (const auto body : {style, script}) {
    assert_false(has(body, "http:") || has(body, "https:"));
    for (const char c : body) {
      assert_true(static_cast<unsigned char>(c) < 128);
    }
  }
  assert_true(has(style, ".pz-bar") && has(style, ".pz-popup") && has(style, ".pz-recs"));
  assert_true(has(script, "pz-hello-bar") && has(script, "pz-exit-popup"));
  assert_false(has(script, "eval") || has(script, "new Function"));
  // What only explains is not sent.
  assert_false(has(script, "// ") || has(style, "/*"));
}

void closing_in_many_languages(void**) {
  assert_true(personalize::close_label("pl") == "Zamknij");
  assert_true(personalize::close_label("en") == "Close");
  assert_true(personalize::close_label("xx") == "Close");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(every_widget_is_embedded),
    cmocka_unit_test(assets_are_served_by_name),
    cmocka_unit_test(assets_can_stand_in_a_page),
    cmocka_unit_test(closing_in_many_languages),
};
const Suite suite(__FILE__, tests);

}  // namespace

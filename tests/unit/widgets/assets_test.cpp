// The files of the widgets, as they are embedded.
#include <cstddef>
#include <cstdint>
// cmocka.h needs the three above and <csetjmp>.
#include "suite.h"

#include <set>
#include <string>

#include "base/text/ascii.h"
#include "personalize/widgets/widgets.h"
#include "widgets/embedded.h"
#include "widgets/widget.h"

namespace {

using personalize::assets;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void every_widget_is_embedded(void**) {
  for (const auto& widget : personalize::widgets()) {
    assert_true(widget.markup.size() > 40);
  }
}

void no_markup_needs_an_unsafe_policy(void**) {
  for (std::size_t i = 0; i < personalize::embedded_count; ++i) {
    const auto& file = personalize::embedded_files[i];
    if (!personalize::ascii::ends_with(file.name, ".html")) {
      continue;
    }
    // Content-Security-Policy: neither style attributes nor inline handlers.
    assert_false(has(file.body, "style="));
    assert_false(has(file.body, " on"));
    assert_false(has(file.body, "<script"));
    // Comments between elements are white space to those who compare the page (React).
    assert_false(has(file.body, "<!--"));
  }
}

void embedded_files_have_names_of_their_own(void**) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < personalize::embedded_count; ++i) {
    assert_true(names.insert(personalize::embedded_files[i].name).second);
  }
}

void assets_are_served_by_name(void**) {
  assert_int_equal(assets().size(), 6);
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
  assert_true(has(script, "pz-hello-bar") && has(script, "pz-countdown"));
  // It can stand in a CDATA section.
  assert_false(has(script, "]]>"));
  assert_false(has(script, "eval") || has(script, "new Function"));
  // What only explains is not sent.
  assert_false(has(script, "// ") || has(style, "/*"));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(every_widget_is_embedded),
    cmocka_unit_test(no_markup_needs_an_unsafe_policy),
    cmocka_unit_test(embedded_files_have_names_of_their_own),
    cmocka_unit_test(assets_are_served_by_name),
    cmocka_unit_test(assets_can_stand_in_a_page),
};
const Suite suite(__FILE__, tests);

}  // namespace

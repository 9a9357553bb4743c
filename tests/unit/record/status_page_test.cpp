// The status as a page, and which form of the status a client gets.
#include "personalize/record/status_page.h"

#include <memory_resource>
#include <string>
#include <string_view>

#include "personalize/record/status_format.h"
#include "suite.h"

using namespace personalize;

namespace {

constexpr std::string_view browser =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

void formats_are_negotiated(void**) {
  const struct {
    std::string_view accept;
    StatusFormat format;
  } cases[] = {
      {"", StatusFormat::prometheus},
      {"*/*", StatusFormat::prometheus},
      {browser, StatusFormat::html},
      {"text/html;q=0.9, */*", StatusFormat::prometheus},
      {"TEXT/HTML", StatusFormat::html},
      {"application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       StatusFormat::prometheus},
      {"application/json", StatusFormat::json},
      {"application/json, text/plain, */*", StatusFormat::json},
      {"text/plain, application/json", StatusFormat::json},
      {"text/plain;q=1, application/json;q=0.5", StatusFormat::prometheus},
      {"application/json;q=0, */*", StatusFormat::prometheus},
      {"text/*", StatusFormat::prometheus},
      {"text/*, text/plain;q=0.2", StatusFormat::html},
      {"application/*", StatusFormat::json},
      {"text/html;level=1;q=0.3, application/json;q=0.25", StatusFormat::html},
      {"text/html;q=0.0001, text/plain", StatusFormat::prometheus},
      {"text/html;q=nonsense, application/json;q=0.1", StatusFormat::json},
      {"image/png", StatusFormat::prometheus},
  };
  for (const auto& one : cases) {
    if (negotiate_status_format(one.accept) != one.format) {
      fail_msg("%.*s", static_cast<int>(one.accept.size()), one.accept.data());
    }
  }
}

void formats_have_names(void**) {
  assert_true(find_status_format("html") == StatusFormat::html);
  assert_true(find_status_format("json") == StatusFormat::json);
  assert_true(find_status_format("prometheus") == StatusFormat::prometheus);
  assert_false(find_status_format("").has_value());
  assert_false(find_status_format("HTML").has_value());
}

void names_are_escaped_in_tables(void**) {
  std::pmr::string out;
  TableWriter writer(out);
  writer.begin(metrics::exposures);
  writer.add({"<b>&\"", "\x01"}, 3);
  writer.begin(metrics::switches);
  writer.end();
  const std::string_view text = out;
  assert_true(text.find("<td>&lt;b&gt;&amp;&quot;</td><td>?</td><td class=n>3</td>") !=
              std::string_view::npos);
  assert_true(text.find("<h3>switch</h3>") != std::string_view::npos);
  assert_true(text.find("<p>None.</p>") != std::string_view::npos);
  assert_true(text.find("<b>") == std::string_view::npos);
}

void data_cannot_end_its_script(void**) {
  std::pmr::string out;
  write_status_page(R"({"a</script><script>":1})", "<p>TABLES</p>", out);
  const std::string_view page = out;
  assert_true(page.find(R"({"a\u003c/script>\u003cscript>":1})") != std::string_view::npos);
  assert_true(page.find("<p>TABLES</p>") != std::string_view::npos);
  assert_true(page.find("{{") == std::string_view::npos);
  assert_true(page.find("font-family") < page.find("TABLES"));
  assert_true(page.find("'use strict'") > page.find("TABLES"));
  assert_true(status_page_policy().find("script-src 'sha256-") != std::string::npos);
  assert_true(status_page_policy().find("unsafe") == std::string::npos);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(formats_are_negotiated),
    cmocka_unit_test(formats_have_names),
    cmocka_unit_test(names_are_escaped_in_tables),
    cmocka_unit_test(data_cannot_end_its_script),
};
const Suite suite(__FILE__, tests);

}  // namespace

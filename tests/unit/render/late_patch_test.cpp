// Content that comes when the page is past its place.
#include <string>

#include "personalize/render/late_patch.h"
#include "suite.h"

using namespace personalize;

namespace {

void test_marks(void**) {
  std::pmr::string out;
  append_late_mark({"a1b2", 3}, true, out);
  out += late_mark_end;
  append_late_mark({"a1b2", 12}, false, out);
  append_late_attribute_mark({"a1b2", 4}, out);
  assert_string_equal(out.c_str(),
                      "<?start name=\"pz-late-a1b2-3\"?><?end?><?marker name=\"pz-late-a1b2-12\"?>"
                      " data-pz-late-a1b2-4=\"\" ");
}

std::string patch(std::string_view name, std::string_view html) {
  std::pmr::string out;
  append_late_patch({"a1b2", 3}, name, html, out);
  return std::string(out);
}

void test_content(void**) {
  assert_string_equal(patch("recs", "<p>a</p>").c_str(),
                      "<template for=\"pz-late-a1b2-3\" data-pz-late=\"recs\"><p>a</p></template>");
  assert_string_equal(patch("a\"<b", "<template><i></i></TEMPLATE>").c_str(),
                      "<template for=\"pz-late-a1b2-3\" "
                      "data-pz-late=\"a&quot;&lt;b\"><template><i></i></TEMPLATE></template>");
}

// A script finds the place by its number, and has the content.
void test_content_that_would_end_its_template(void**) {
  for (const char* html : {"a</template>b", "</TEMPLATE >", "<template></template></template>"}) {
    assert_string_equal(
        patch("recs", html).c_str(),
        "<template data-pz-for=\"pz-late-a1b2-3\" data-pz-late=\"recs\"></template>");
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(test_marks),
    cmocka_unit_test(test_content),
    cmocka_unit_test(test_content_that_would_end_its_template),
};
const Suite suite(__FILE__, tests);

}  // namespace

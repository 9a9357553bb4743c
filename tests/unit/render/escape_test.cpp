// Every place of a page against hostile values.
#include "render/escaping/address.h"

#include "base/text/utf8.h"
#include "fixture.h"
#include "suite.h"

using personalize::is_safe_address;
using personalize::Value;

namespace {

const std::vector<std::string> hostile = {
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\" onmouseover=\"alert(1)",
    "--><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><svg onload=alert(1)>",
    "<!--#include virtual=\"/etc/passwd\" -->",
    "]]><script>",
    "&lt;script&gt;",
    "`onload=alert(1)`",
    std::string("a\0<b>", 5),
    "\xC0\"\xE0<\xF0'>",
    "javascript:alert(1)",
    "{{profile.secret}}",
};

std::string shown(const std::string& text, const std::string& value) {
  Fixture f;
  f.set("profile.x", Value::string(value));
  return f.render(text);
}

// What is between the two parts of the template that stand around the value.
std::string inside(const std::string& before, const std::string& after, const std::string& value) {
  const auto page = shown(before + "{{profile.x}}" + after, value);
  assert_true(page.size() >= before.size() + after.size());
  expect(page.substr(0, before.size()), before);
  expect(page.substr(page.size() - after.size()), after);
  return page.substr(before.size(), page.size() - before.size() - after.size());
}

void no_value_leaves_its_place(void**) {
  const std::pair<std::string, std::string> places[] = {
      {"<p>", "</p>"},
      {"<p title=\"", "\">x</p>"},
      {"<p title='", "'>x</p>"},
      {"<p data-value=\"a ", " b\">x</p>"},
      {"<title>", "</title>"},
      {"<textarea>", "</textarea>"},
      {"<a href=\"", "\">x</a>"},
      {"<a href='", "'>x</a>"},
      {"<a href=\"/p/", "\">x</a>"},
      {"<a href=\"/p?q=", "\">x</a>"},
      {"<img src=\"", "\">"},
      {"<img srcset=\"", " 2x\">"},
      {"<form action=\"", "\"></form>"},
      {"<button formaction=\"", "\"></button>"},
      {"<svg><a xlink:href=\"", "\"></a></svg>"},
      {"<div data-url=\"", "\"></div>"},
  };
  for (const auto& place : places) {
    for (const auto& value : hostile) {
      const auto escaped = inside(place.first, place.second, value);
      if (escaped.find_first_of(std::string("<>\"'\0", 5)) != std::string::npos) {
        fail_msg("%s%s", place.first.c_str(), escaped.c_str());
      }
    }
  }
}

void text_and_attributes(void**) {
  expect(inside("<p>", "</p>", "a & b < c > d \" e ' f"),
         "a &amp; b &lt; c &gt; d &quot; e &#39; f");
  expect(inside("<p title=\"", "\"></p>", "Zażółć 🎁"), "Zażółć 🎁");
  expect(inside("<p>", "</p>", "a\xC0\x80z"), "a\uFFFD\uFFFDz");
  expect(inside("<p>", "</p>", "\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  expect(inside("<p>", "</p>", "\xF0\x9F\x8E"), "\uFFFD\uFFFD\uFFFD");  // cut off
  expect(inside("<p>", "</p>", std::string(1, '\0')), "\uFFFD");
}

// An escape sequence of ISO-2022-JP would make the quote that follows a part of a character.
void controls_do_not_leave(void**) {
  for (const auto& place :
       std::vector<std::pair<std::string, std::string>>{{"<p>", "</p>"},
                                                        {"<p title=\"", "\">"},
                                                        {"<a href=\"/p/", "\">"},
                                                        {"<a href=\"/p?q=", "\">"},
                                                        {"<img srcset=\"", " 2x\">"}}) {
    for (std::uint32_t code = 0; code < 0xA0; ++code) {
      const bool is_text = code == '\t' || code == '\n' || code == '\r' ||
                           (code >= 0x20 && code != 0x7F && code < 0x80);
      std::string control = "a";
      personalize::append_utf8(code, control);
      const auto escaped = inside(place.first, place.second, control + "$B\"");
      const bool leaves = escaped.find(control) != std::string::npos;
      if (leaves && !is_text) {
        fail_msg("%02x leaves %s", code, place.first.c_str());
      }
    }
  }
  expect(inside("<p>", "</p>",
                "a\x1B$Bb\tc\nd\r\xC2\x9B"
                "e"),
         "a\uFFFD$Bb\tc\nd\r\uFFFDe");
  expect(inside("<p>", "</p>", "\xEF\xBF\xBE\xEF\xBF\xBF"), "\uFFFD\uFFFD");  // not in XML
}

void addresses_that_load_code(void**) {
  const auto src = [](const std::string& value) {
    return shown("<script src=\"/widgets/{{profile.x}}.js\"></script>", value);
  };
  expect(src("card-2_b"), "<script src=\"/widgets/card-2_b.js\"></script>");
  for (const auto* value : {"../uploads/evil", "%2e%2e/x", "a/b", "a.b", ".", "..", "a%2fb", "a\\b",
                            "a b", "é", "@evil", "a?b", "a#b", "", "\n"}) {
    expect(src(value), "<script src=\"\"></script>");
  }
  expect(shown("<script src=\"https://cdn.example/npm/{{profile.x}}\"></script>", "a@1/b"),
         "<script src=\"\"></script>");
  expect(shown("<iframe src=\"/map?q={{profile.x}}\"></iframe>", "a/b&c"),
         "<iframe src=\"/map?q=a%2Fb%26c\"></iframe>");
  Fixture f;
  f.set("profile.n", Value::number(7));
  f.set("profile.f", Value::number(1.5));
  expect(f.render("<link href=\"/s/{{profile.n}}.css\">"), "<link href=\"/s/7.css\">");
  expect(f.render("<link href=\"/s/{{profile.f}}.css\">"), "<link href=\"\">");
  expect(f.render("<link href=\"/s/{{profile.f}}.css\"><a href=\"/{{profile.f}}\">"),
         "<link href=\"\"><a href=\"/1.5\">");
}

void addresses_as_browsers_read_them(void**) {
  const auto href = [](const std::string& before, const std::string& value,
                       const std::string& after = "") {
    return shown("<a href=\"" + before + "{{profile.x}}" + after + "\">", value);
  };
  const std::string nowhere = "<a href=\"#\">";
  expect(href("", "javascript", "&#58;alert(1)"), nowhere);
  expect(href("", "javascript", "&#x3A;alert(1)"), nowhere);
  expect(href("", "javascript", "&#0000058;alert(1)"), nowhere);
  expect(href("", "javascript", "&#58alert(1)"), "<refused>");
  expect(href("", "javascript", "\n:alert(1)"), nowhere);
  expect(href("java\t", "script", ":alert(1)"), nowhere);
  expect(href("\n /", "/evil.example"), "<a href=\"\n /%2Fevil.example\">");
  expect(href("/&#10;", "/evil.example"), "<a href=\"/&#10;%2Fevil.example\">");
  expect(href("\\", "/evil.example"), "<a href=\"\\%2Fevil.example\">");
  expect(href("/", "", "/evil.example"), nowhere);
  expect(href("/", "", "\t\\evil.example"), nowhere);
  expect(href("/", "pl", "/about"), "<a href=\"/pl/about\">");
  expect(href("//cdn.example/", "a"), "<a href=\"//cdn.example/a\">");
  expect(href("/a&#47;", "b/c"), "<a href=\"/a&#47;b/c\">");
  expect(href("/a&#63;", "b/c"), "<a href=\"/a&#63;b%2Fc\">");
}

void urls_that_run_something(void**) {
  const std::vector<std::string> values = {
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      "  javascript:alert(1)",
      "\x01javascript:alert(1)",
      "java\tscript:alert(1)",
      "java\nscript:alert(1)",
      "javascript\t:alert(1)",
      std::string("java\0script:alert(1)", 20),
      "javascript&colon;x:alert(1)",
      "vbscript:msgbox(1)",
      "data:text/html,<script>alert(1)</script>",
      "blob:https://shop.example/1",
      "file:///etc/passwd",
      "\xEF\xBB\xBFjavascript:alert(1)",
      "http&:x",
  };
  for (const auto& attribute : {"href", "src", "action", "formaction", "poster", "cite",
                                "background", "xlink:href", "data-href", "data-image-src"}) {
    for (const auto& value : values) {
      const auto before = "<p " + std::string(attribute) + "=\"";
      const auto escaped = inside(before, "\"></p>", value);
      // "#", or relative: nothing that a browser drops or decodes is left in front of ':'.
      if (escaped != "#") {
        fail_msg("%s%s", before.c_str(), escaped.c_str());
      }
    }
  }
  expect(inside("<img srcset=\"", " 2x\">", "javascript:alert(1)"), "#");
  expect(inside("<img srcset=\"", " 2x\">", "/a b,c.jpg"), "/a%20b%2Cc.jpg");
}

void urls_that_lead_somewhere(void**) {
  const auto href = [](const std::string& value) {
    return inside("<a href=\"", "\">x</a>", value);
  };
  expect(href("https://shop.example/a?b=c&d=%C3%B3#e"),
         "https://shop.example/a?b=c&amp;d=%C3%B3#e");
  expect(href("HTTP://shop.example/"), "HTTP://shop.example/");
  expect(href("mailto:a@b.example"), "mailto:a@b.example");
  expect(href("tel:+48123"), "tel:+48123");
  expect(href("/kategoria/zażółć gęś"), "/kategoria/za%C5%BC%C3%B3%C5%82%C4%87%20g%C4%99%C5%9B");
  expect(href("a/b:c"), "a/b:c");
  expect(href("50%"), "50%25");
  expect(href(""), "");
  // To a browser the reference stands in the value itself, and '#' begins a fragment.
  expect(href("&#106;avascript:x"), "&amp;#106;avascript:x");
  expect(href("?q=javascript:x"), "?q=javascript:x");
}

void parts_of_urls(void**) {
  expect(inside("<a href=\"/p/", "\">x</a>", "a b"), "a%20b");
  expect(inside("<a href=\"/p/", "\">x</a>", "javascript:x"), "javascript:x");
  expect(inside("<a href=\"/s?q=", "\">x</a>", "a&b=c d/é'"), "a%26b%3Dc%20d%2F%C3%A9%27");
  expect(inside("<a href=\"#", "\">x</a>", "a?b"), "a%3Fb");
  // Never another host.
  expect(inside("<a href=\"/", "\">x</a>", "/evil.example"), "%2Fevil.example");
  expect(inside("<a href=\"/", "\">x</a>", "\\evil.example"), "%5Cevil.example");
  expect(inside("<a href=\"/", "\">x</a>", "shoes"), "shoes");
  // The scheme was written by the author.
  expect(inside("<a href=\"whatsapp://send?text=", "\">x</a>", "a b"), "a%20b");
}

void parts_that_make_a_scheme_together(void**) {
  Fixture f;
  f.set("profile.a", Value::string("java"));
  f.set("profile.b", Value::string("script:alert(1)"));
  f.set("profile.c", Value::string("javascript"));
  f.set("profile.d", Value::string(":alert(1)"));
  f.set("segment.vip", Value::boolean(true));
  expect(f.render("<a href=\"{{profile.a}}{{profile.b}}\">x</a>"), "<a href=\"#\">x</a>");
  expect(f.render("<a href=\"{{profile.c}}:alert(1)\">x</a>"), "<a href=\"#\">x</a>");
  expect(f.render("<a href=\"javascript{{profile.d}}\">x</a>"), "<a href=\"#\">x</a>");
  expect(f.render("<a href=\"{{#segment.vip}}{{profile.c}}{{/segment.vip}}:x\">x</a>"),
         "<a href=\"#\">x</a>");
  expect(f.render("<a href=\"java{{profile.nothing}}{{profile.b}}\">x</a>"), "<a href=\"#\">x</a>");
}

void a_link_brings_its_own_query(void**) {
  Fixture f;
  f.set("profile.link", Value::string("/p?a=b"));
  f.set("profile.x", Value::string("c&d"));
  expect(f.render("<a href=\"{{profile.link}}&amp;x={{profile.x}}\">x</a>"),
         "<a href=\"/p?a=b&amp;x=c%26d\">x</a>");
}

void safe_urls(void**) {
  for (const auto* url : {"", "/", "#x", "&#47;a:b", "&#x23;a:b", "a", "a/b:c", "?a:b", "http://x",
                          "HTTPS:x", " /x", "//host/x", "tel:1", "mailto:x"}) {
    assert_true(is_safe_address(url));
  }
  for (const auto* url :
       {"javascript:x", " javascript:x", "a:b", ":x", "htt p:x", "&#106;a:b", "httpx:", "data:,",
        "javascript&#58;x", "java&#10;script:x", "&#1;javascript:x"}) {
    assert_false(is_safe_address(url));
  }
}

void values_in_text_mode_are_left_alone(void**) {
  Fixture f;
  f.set("profile.x", Value::string("<b> & \""));
  expect(f.render("<{{profile.x}}>", personalize::Template::Mode::text), "<<b> & \">");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(no_value_leaves_its_place),
    cmocka_unit_test(text_and_attributes),
    cmocka_unit_test(controls_do_not_leave),
    cmocka_unit_test(addresses_that_load_code),
    cmocka_unit_test(addresses_as_browsers_read_them),
    cmocka_unit_test(urls_that_run_something),
    cmocka_unit_test(urls_that_lead_somewhere),
    cmocka_unit_test(parts_of_urls),
    cmocka_unit_test(parts_that_make_a_scheme_together),
    cmocka_unit_test(a_link_brings_its_own_query),
    cmocka_unit_test(safe_urls),
    cmocka_unit_test(values_in_text_mode_are_left_alone),
};
const Suite suite(__FILE__, tests);

}  // namespace

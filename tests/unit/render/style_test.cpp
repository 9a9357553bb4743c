// Values inside <style> and style attributes: where they can stand, and what they are written as.
#include "fixture.h"
#include "suite.h"

using personalize::Value;

namespace {

std::string shown(const std::string& text, const std::string& value) {
  Fixture f;
  f.set("profile.x", Value::string(value));
  return f.render(text);
}

void plain_values(void**) {
  for (const auto* plain : {"12px", "#ff0000", "red", "-1.5em", "Arial, serif", "50%", "1e+2"}) {
    expect(shown("<style>p{a:{{profile.x}}}</style>", plain),
           "<style>p{a:" + std::string(plain) + "}</style>");
    expect(shown("<p style=\"a: {{profile.x}}\">", plain),
           "<p style=\"a: " + std::string(plain) + "\">");
  }
  for (const auto* hostile : {"red;background:url(x)", "red}body{display:none", "url(javascript:x)",
                              "expression(1)", "\"", "'", "</style>", "<!--", "\\72", "/*", "a/b",
                              "@import", "&quot;", "ż", "red!important", "a\nb", "var(--x)"}) {
    expect(shown("<style>p{a:{{profile.x}}}</style>", hostile), "<style>p{a:}</style>");
    expect(shown("<p style='a:{{profile.x}}'>", hostile), "<p style='a:'>");
  }
  Fixture f;
  f.set("profile.n", Value::number(-12.5));
  f.set("profile.yes", Value::boolean(true));
  expect(f.render("<p style=\"width: calc(1px * {{profile.n}}); --yes: {{profile.yes}}\">"),
         "<p style=\"width: calc(1px * -12.5); --yes: true\">");
}

void strings(void**) {
  expect(shown("<style>p{content:\"{{profile.x}}\"}</style>", "a\"b\\c</style>\nż&'"),
         "<style>p{content:\"a\\22 b\\5c c\\3c /style\\3e \\a \\17c \\26 \\27 \"}</style>");
  expect(shown("<p style=\"font-family:'{{profile.x}}'\">", "A'B\"C"),
         "<p style=\"font-family:'A\\27 B\\22 C'\">");
}

void addresses(void**) {
  expect(shown("<p style=\"background:url('{{profile.x}}')\">", "/a b.png?x=1&y=')"),
         "<p style=\"background:url('/a%20b.png?x=1%26y=%27%29')\">");
  expect(shown("<p style=\"background:URL( '{{profile.x}}')\">", "javascript:alert(1)"),
         "<p style=\"background:URL( '')\">");
  expect(shown("<style>p{background:url(\"/img/{{profile.x}}.png\")}</style>", "../a/b"),
         "<style>p{background:url(\"/img/..%2Fa%2Fb.png\")}</style>");
  expect(shown("<style>p{background:image-set('{{profile.x}}' 1x)}</style>", "data:x"),
         "<style>p{background:image-set('' 1x)}</style>");
}

void places(void**) {
  struct Case {
    const char* text;
    const char* message;  // nullptr: accepted
  };
  const Case cases[] = {
      {"<style>@media (min-width: 1px) { p:hover { color: {{profile.x}} } }</style>", nullptr},
      {"<style>/* it's */ p { color: {{profile.x}}; a: {{profile.x}} }</style>", nullptr},
      {"<style>/*/ ' */ p { color: {{profile.x}} }</style>", nullptr},
      {"<style>a[href='x:y'] { color: {{profile.x}} }</style>", nullptr},
      {"<style>p { a: url(x;y'{); color: {{profile.x}} }</style>", nullptr},
      {"<p style=\"width:{{profile.x}}%;height:{{profile.x}}px\">", nullptr},
      {"<p style=\"{{#profile.x}}width:{{.}}%;{{/profile.x}}height:{{profile.x}}px\">", nullptr},
      {"<p style=\"color:{{#profile.x}}red{{/profile.x}}{{^profile.x}}blue{{/profile.x}};a:"
       "{{profile.x}}\">",
       nullptr},
      {"<style type=\"text/css\">p{a:{{profile.x}}}</style>", nullptr},
      {"<style>{{profile.x}} { color: red }</style>", "the value of a declaration"},
      {"<style>p { {{profile.x}}: red }</style>", "the value of a declaration"},
      {"<style>p { a: 1; {{profile.x}} }</style>", "the value of a declaration"},
      {"<style>p { a:{{profile.x}} { color: red } }</style>", "in a selector"},
      {"<style>@import '{{profile.x}}';</style>", "the value of a declaration"},
      {"<style>@media (min-width: {{profile.x}}) { }</style>", "the value of a declaration"},
      {"<style>a[href='{{profile.x}}'] { color: red }</style>", "the value of a declaration"},
      {"<style>p { /* {{profile.x}} */ }</style>", "a comment"},
      {"<style>p { a: url({{profile.x}}) }</style>", "put the address in quotes"},
      {"<style>p { a: url(/a{{profile.x}}) }</style>", "put the address in quotes"},
      {"<style>p { a: url('https{{profile.x}}') }</style>", "a fixed path"},
      {"<style>p { a: url('javascript:{{profile.x}}') }</style>", "a fixed path"},
      {"<style>p { a: {{profile.x}}('x') }</style>", "the name of a function"},
      {"<style>p { a: u{{profile.x}}('x') }</style>", "the name of a function"},
      {"<style>p { a: '\\{{profile.x}}' }</style>", "directly behind"},
      {"<style>p { a: u\\72l('x'); b: {{profile.x}} }</style>", "'\\' outside of a string"},
      {"<style>p { a: 'x\n{{profile.x}}' }</style>", "not closed in its line"},
      {"<style>p { behavior: {{profile.x}} }</style>", "may run it"},
      {"<style>p { a: expression({{profile.x}}) }</style>", "may run it"},
      {"<style>p { a: <{{profile.x}} }</style>", "directly behind '<'"},
      {"<style>p { a: &#39;{{profile.x}} }</style>", "characters in XHTML"},
      {"<style type=\"text/less\">p{a:{{profile.x}}}</style>", "its type must be fixed"},
      {"<svg><style>p{a:{{profile.x}}}</style></svg>", "inside of <svg>"},
      {"<p style=\"a:&quot;{{profile.x}}&quot;\">", "a character reference"},
      {"<p style=\"{{profile.x}}\">", "the value of a declaration"},
      {"<p style=a:{{profile.x}}>", "put the attribute's value in quotes"},
      {"<p style=\"a:{{#profile.x}}'{{/profile.x}}{{profile.x}}'\">", "in another state"},
      {"<p style=\"a:{{#profile.x}}url{{/profile.x}}('{{profile.x}}')\">", "broken by a section"},
  };
  for (const auto& c : cases) {
    Fixture f;
    const auto error = f.error(c.text);
    const bool as_said =
        c.message == nullptr ? error.empty() : error.find(c.message) != std::string::npos;
    if (!as_said) {
      fail_msg("%s\n\"%s\" lacks \"%s\"", c.text, error.c_str(), c.message);
    }
  }
}

void candidates_of_a_srcset(void**) {
  expect(shown("<img srcset=\"{{profile.x}}\">", "/a b.jpg 320w, /c,d.jpg 1.5x,javascript:x 2x"),
         "<img srcset=\"/a%20b.jpg 320w, /c%2Cd.jpg%201.5x%2Cjavascript:x 2x\">");
  expect(shown("<img srcset=\"{{profile.x}}\">", "/a.jpg 1x, javascript:alert(1) 2x,"),
         "<img srcset=\"/a.jpg 1x, # 2x\">");
  expect(shown("<img srcset=\"/a.jpg 1x, {{profile.x}} 2x\">", "/my photo.jpg"),
         "<img srcset=\"/a.jpg 1x, /my%20photo.jpg 2x\">");
  // Inside of an address it is a part of it.
  expect(shown("<img srcset=\"/a/{{profile.x}} 2x\">", "b 1x, c"),
         "<img srcset=\"/a/b%201x%2C%20c 2x\">");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(plain_values),
    cmocka_unit_test(strings),
    cmocka_unit_test(addresses),
    cmocka_unit_test(places),
    cmocka_unit_test(candidates_of_a_srcset),
};
const Suite suite(__FILE__, tests);

}  // namespace

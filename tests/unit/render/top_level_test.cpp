// White space and comments between the outermost elements of templates.
#include "fixture.h"
#include "suite.h"

using personalize::ConfigError;
using personalize::ConstantParts;
using personalize::Template;
using personalize::TemplateEnds;
using personalize::TemplateOptions;

namespace {

std::string show(Fixture& f, std::string_view text, TemplateEnds ends) {
  TemplateOptions options;
  options.ends = ends;
  const auto read = [&](std::string_view name, const personalize::Where&) {
    return f.partials.at(std::string(name));
  };
  const Template compiled("test", text, Template::Mode::html, f.attributes, read, {"nginx.conf", 7},
                          options);
  std::pmr::string out("page ");
  ConstantParts constants;
  assert_true(compiled.render(f, f.locale, {{}, nullptr, {}, &constants}, out));
  for (const auto& part : constants) {
    const auto written = std::string_view(out).substr(part.begin, part.end - part.begin);
    assert_true(written == std::string_view(part.source, written.size()));
  }
  return std::string(out.substr(5));
}

std::string file(Fixture& f, std::string_view text) {
  return show(f, text, TemplateEnds::trimmed);
}
std::string content(Fixture& f, std::string_view text) {
  return show(f, text, TemplateEnds::lines_trimmed);
}

void nothing_stays_beside_blocks(void**) {
  Fixture f;
  expect(file(f,
              "\n<link rel=\"stylesheet\" href=\"/a.css\"/>\n<aside>\n a\n</aside>\n\n"
              "<script src=\"/a.js\"></script>\n"),
         "<link rel=\"stylesheet\" href=\"/a.css\"/><aside>\n a\n</aside>"
         "<script src=\"/a.js\"></script>");
  expect(file(f, "<!-- the bar\n of spring -->\n<my-bar>x</my-bar>\n<style> p { } </style>\n"),
         "<my-bar>x</my-bar><style> p { } </style>");
  expect(file(f, "<DIV title=' > '> a </DIV >\n<b>c</b>\t<hr>\r\n text <p>d</p> <br/> e "),
         "<DIV title=' > '> a </DIV ><b>c</b><hr>text<p>d</p><br/>e");
  expect(file(f, "<link rel=icon href=/i>\n<meta name=a content=b>\n"),
         "<link rel=icon href=/i><meta name=a content=b>");
  expect(file(f, " \n"), "");
  expect(file(f, ""), "");
}

// White space that separates what is in one line may be seen.
void what_may_be_seen_stays(void**) {
  Fixture f;
  expect(file(f, "<b>a</b>\n<i>b</i> c <my-d></my-d>\n<my-e></my-e>\n"),
         "<b>a</b>\n<i>b</i> c <my-d></my-d>\n<my-e></my-e>");
  expect(file(f, "<li>a</li>\n<li>b</li>\n"), "<li>a</li>\n<li>b</li>");
  expect(file(f, "<b>a</b> <script>1</script> <i>b</i>"), "<b>a</b> <script>1</script> <i>b</i>");
  expect(file(f, "a <!-- b --> c <!-- d -->"), "a  c");
  expect(file(f, "a < b <c>d</c> </e> f"), "a < b <c>d</c> </e> f");
  expect(file(f, "<svg><!-- a --> <g/> </svg> <b>b</b>"), "<svg><!-- a --> <g/> </svg> <b>b</b>");
  // Comments that programs read.
  const std::string_view read =
      "a <!--esi <a/> --> <!--[if mso]> x <![endif]--> <!--#echo --> <!--pz:a--><!--/pz--> b";
  expect(file(f, read), std::string(read));
}

void values_and_sections(void**) {
  Fixture f;
  f.profile(R"({"name":"Ann","yes":true,"list":["a","b"],"empty":"","spaces":"  "})");
  expect(file(f, "{{profile.name}} <b>{{profile.name}}</b>\n"), "Ann <b>Ann</b>");
  expect(file(f,
              "<div>{{profile.name}}</div>\n{{#profile.list}}\n<p>{{.}}</p>\n{{/profile.list}}\n"
              "<a href='{{profile.name}}'>c</a>\n<p>d</p>\n"),
         "<div>Ann</div><p>a</p><p>b</p><a href='Ann'>c</a><p>d</p>");
  expect(file(f, "{{#profile.list}}\n<b>{{.}}</b>\n{{/profile.list}}\n"), "<b>a</b>\n<b>b</b>");
  expect(file(f, "{{#profile.yes}} <b>a</b> {{/profile.yes}}"), "<b>a</b>");
  expect(file(f, "<b>a</b> {{#profile.yes}}<div>b</div>{{/profile.yes}} <i>c</i>"),
         "<b>a</b> <div>b</div> <i>c</i>");
  expect(file(f, "{{profile.spaces}}<b>long enough to be a constant</b>{{profile.spaces}}"),
         "<b>long enough to be a constant</b>");
  f.partials["card"] = "<!-- card -->\n<section>{{profile.name}}\n</section>\n";
  expect(file(f, "\n{{> card}}\n{{> card}}\n"), "<section>Ann\n</section><section>Ann\n</section>");
  expect(file(f, "<ul>\n{{> card}}\n</ul>"),
         "<ul>\n<!-- card -->\n<section>Ann\n</section>\n</ul>");
  f.partials["tree"] = "<div>\n{{#profile.empty}}{{> tree}}\n{{/profile.empty}}</div>\n";
  expect(file(f, "{{> tree}}"), "<div>\n</div>");
  // Sections decide which elements are open: nothing is known to be an outermost one.
  expect(file(f,
              "{{#profile.yes}}<div>{{/profile.yes}}\n<p>a</p>\n{{#profile.yes}}</div>{{/"
              "profile.yes}}\n"
              "<p>b</p>\n<p>c</p>\n"),
         "<div>\n<p>a</p>\n</div>\n<p>b</p>\n<p>c</p>");
}

void ends_of_content(void**) {
  Fixture f;
  f.profile(R"({"yes":true})");
  expect(content(f, " <b>new</b> "), " <b>new</b> ");
  expect(content(f, "\n  <b>new</b>\n  "), "<b>new</b>");
  expect(content(f, " <div>a</div> <div>b</div> "), "<div>a</div><div>b</div>");
  expect(content(f, "{{#profile.yes}} <b>a</b> {{/profile.yes}}"), " <b>a</b> ");
  expect(show(f, "\n<p>a</p>\n<!-- b -->", TemplateEnds::kept), "\n<p>a</p>\n<!-- b -->");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(nothing_stays_beside_blocks),
    cmocka_unit_test(what_may_be_seen_stays),
    cmocka_unit_test(values_and_sections),
    cmocka_unit_test(ends_of_content),
};
const Suite suite(__FILE__, tests);

}  // namespace

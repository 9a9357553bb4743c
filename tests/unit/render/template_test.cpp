// Names, sections, partials, numbers, limits and errors of templates.
#include "fixture.h"
#include "suite.h"

using personalize::Template;
using personalize::Value;

namespace {

void names(void**) {
  Fixture f;
  f.profile(R"({"name":"Ann","address":{"city":"Łódź"},"none":null,"list":[1],"yes":true})");
  expect(f.render("Hi {{profile.name}} of {{ profile.address.city }}"), "Hi Ann of Łódź");
  expect(f.render("[{{profile.nothing}}{{profile.none}}{{profile.name.x}}]"), "[]");
  expect(f.render("[{{profile.list}}{{profile.address}}]"), "[]");
  expect(f.render("{{profile.yes}}"), "true");
}

void numbers_as_in_javascript(void**) {
  const std::pair<double, const char*> cases[] = {
      {0, "0"},
      {-0.0, "0"},
      {5, "5"},
      {-17, "-17"},
      {1.21, "1.21"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1e15, "1000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {-1.5e300, "-1.5e+300"},
      {1e-6, "0.000001"},
      {1.5e-6, "0.0000015"},
      {1e-7, "1e-7"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {9007199254740993.0, "9007199254740992"},
      {0.5, "0.5"},
      {-12345.678, "-12345.678"},
  };
  for (const auto& c : cases) {
    Fixture f;
    f.set("profile.n", Value::number(c.first));
    expect(f.render("{{profile.n}}"), c.second);
  }
}

void sections(void**) {
  Fixture f;
  f.profile(R"({"items":[{"title":"a","price":1},{"title":"b"}],"words":["x","y"],"empty":[],
                "no":false,"zero":0,"blank":"","o":{},"person":{"name":"Ann"},
                "rows":[[1,2],[3]]})");
  f.set("segment.vip", Value::boolean(true));
  expect(f.render("{{#profile.items}}<b>{{title}} {{price}}</b>{{/profile.items}}"),
         "<b>a 1</b><b>b </b>");
  expect(f.render("{{#profile.words}}{{.}},{{/profile.words}}"), "x,y,");
  expect(f.render("{{#profile.rows}}({{#.}}{{.}}{{/.}}){{/profile.rows}}"), "(12)(3)");
  expect(f.render("{{#profile.person}}{{name}}{{/profile.person}}"), "Ann");
  expect(f.render("{{#segment.vip}}yes{{/segment.vip}}{{^segment.vip}}no{{/segment.vip}}"), "yes");
  expect(f.render("{{#profile.items}}{{geo.city}}{{profile.person.name}}{{/profile.items}}"),
         "AnnAnn");
  // An item's member hides the attribute's root.
  f.profile(R"({"a":[{"profile":{"b":"inner"}},{}],"b":"outer"})");
  expect(f.render("{{#profile.a}}{{profile.b}} {{/profile.a}}"), "inner outer ");
}

void what_is_true(void**) {
  Fixture f;
  f.profile(R"({"empty":[],"no":false,"none":null,"blank":"","zero":0,"o":{},"s":"no"})");
  for (const auto* no : {"empty", "no", "none", "blank", "nothing"}) {
    const auto name = std::string("profile.") + no;
    expect(f.render("{{#" + name + "}}+{{/" + name + "}}{{^" + name + "}}-{{/" + name + "}}"), "-");
  }
  for (const auto* yes : {"zero", "o", "s"}) {
    const auto name = std::string("profile.") + yes;
    expect(f.render("{{#" + name + "}}+{{/" + name + "}}{{^" + name + "}}-{{/" + name + "}}"), "+");
  }
}

void members_may_be_called_like_roots(void**) {
  Fixture f;
  f.profile(R"({"items":[{"time":"5 min","device":"phone"}]})");
  expect(f.render("{{#profile.items}}{{time}} {{device}}{{/profile.items}}"), "5 min phone");
}

void partials(void**) {
  Fixture f;
  f.profile(R"({"tree":{"name":"a","kids":[{"name":"b","kids":[{"name":"c"}]},{"name":"d"}]},
                "name":"x"})");
  f.partials["name"] = "<b>{{profile.name}}</b>";
  f.partials["node"] = "<li>{{name}}{{#kids}}{{> node}}{{/kids}}</li>";
  f.partials["quote"] = "{{profile.name}}";
  expect(f.render("<p>{{> name}}</p>"), "<p><b>x</b></p>");
  // A lack of `kids` is looked up further out, as Mustache has it; this tree says so.
  f.profile(R"({"tree":{"name":"a","kids":[{"name":"b","kids":[]},{"name":"c","kids":[]}]},
                "name":"\"x\""})");
  expect(f.render("{{#profile.tree}}{{> node}}{{/profile.tree}}"),
         "<li>a<li>b</li><li>c</li></li>");
  // The same partial in another place is escaped for that place.
  expect(f.render("<a href=\"?q={{> quote}}\" title=\"{{> quote}}\">"),
         "<a href=\"?q=%22x%22\" title=\"&quot;x&quot;\">");
  f.partials["opens"] = "<p title=\"";
  expect(f.render("{{> opens}}{{profile.name}}\">"), "<p title=\"&quot;x&quot;\">");
  expect_part(f.error("{{> nowhere}}"), "no partial \"nowhere\"");
}

// Of what a template repeats, each time is noted; not what gave way to a harmless address.
void constant_parts(void**) {
  Fixture f;
  f.profile(R"({"items":[{"t":"a","u":"/x"},{"t":"b","u":"javascript:x"}]})");
  const auto compiled = f.compile(
      "{{#profile.items}}<li class=\"item\"><a href=\"{{u}}?from=recommended\">{{t}}</a> "
      "<small>new</small></li>{{/profile.items}}");
  std::pmr::string out;
  personalize::ConstantParts constants;
  assert_true(compiled.render(f, f.locale, {{}, nullptr, {}, &constants}, out));
  std::vector<std::string> parts;
  for (const auto& part : constants) {
    parts.emplace_back(part.source, part.end - part.begin);
  }
  const std::vector<std::string> expected = {
      "<li class=\"item\"><a href=\"", "?from=recommended", "</a> <small>new</small></li>",
      "<li class=\"item\"><a href=\"", "</a> <small>new</small></li>"};
  assert_true(parts == expected);
}

// Only of a source that is declared trusted, and only in text.
void markup_of_trusted_sources(void**) {
  Fixture f;
  f.profile(
      R"({"html":"<b>a</b>","list":[{"html":"<i>1</i>"},{"html":"<i>2</i>"}],"words":["<u>"]})");
  f.attributes.trust_source(0);  // profile
  expect(f.render("<p>{{{profile.html}}}{{&profile.html}}{{profile.html}}</p>"),
         "<p><b>a</b><b>a</b>&lt;b&gt;a&lt;/b&gt;</p>");
  expect(f.render("{{#profile.list}}{{{html}}}{{/profile.list}}"), "<i>1</i><i>2</i>");
  expect(f.render("{{#profile.words}}{{{.}}}{{/profile.words}}"), "<u>");
  f.partials["item"] = "{{{html}}}";
  expect(f.render("{{#profile.list}}{{> item}}{{/profile.list}}"), "<i>1</i><i>2</i>");
  for (const auto* refused :
       {"<p title=\"{{{profile.html}}}\">", "<script>{{{profile.html}}}</script>",
        "<!-- {{{profile.html}}} -->", "{{{cart.html}}}", "{{{geo.city}}}",
        "{{#cart.list}}{{{html}}}{{/cart.list}}", "{{#cart.list}}{{{profile.html}}}{{/cart.list}}",
        "{{#cart.list}}{{#profile.list}}{{{html}}}{{/profile.list}}{{/cart.list}}",
        "{{#profile.list}}{{#cart.list}}{{{.}}}{{/cart.list}}{{/profile.list}}",
        "{{#cart.list}}{{> item}}{{/cart.list}}"}) {
    expect_part(f.error(refused), "would insert a value without escaping");
  }
}

void endless_partials(void**) {
  Fixture f;
  f.partials["a"] = "x{{> a}}";
  f.partials["b"] = "{{> b}}{{> b}}";
  f.partials["c"] = "<p {{> c}}";
  expect(f.render("{{> a}}"), "<not rendered>");
  expect(f.render("{{> b}}"), "<not rendered>");
  expect(f.render("{{> c}}>"), "<not rendered>");
  f.partials["d"] = "{{> d}}<p title=\"";
  expect_part(f.error("{{> d}}\">"), "partial d calls itself and begins in text but ends");
  for (int i = 0; i < 40; ++i) {
    f.partials["n" + std::to_string(i)] = "{{> n" + std::to_string(i + 1) + "}}";
  }
  expect_part(f.error("{{> n0}}"), "partials nest deeper than 16");
}

// What would be compiled very often ends with a message before it takes all memory.
void doubling_partials(void**) {
  Fixture f;
  for (int i = 0; i < 15; ++i) {
    const auto next = "{{> n" + std::to_string(i + 1) + "}}";
    f.partials["n" + std::to_string(i)] = next + "\n" + next + next + next;
  }
  f.partials["n15"] = "text";
  expect_part(f.error("{{> n0}}"), "the template is too large: with its partials");
  expect(f.error("{{> n11}}"), "");
  f.partials["large"] = std::string(900000, 'x');
  f.partials["five"] = "{{> large}}{{> large}}{{> large}}{{> large}}{{> large}}";
  expect_part(f.error("{{> five}}"), "the template is too large");
  // Each section of a script is compiled again for its iterations, and what is in it each time.
  std::string nested(1000, ';');
  for (int i = 0; i < 16; ++i) {
    nested = "{{#profile.x}};f({{profile.y}}, " + nested + "){{/profile.x}};";
  }
  expect_part(f.error("<script>" + nested + "</script>"), "the template is too large");
}

void hostile_documents(void**) {
  Fixture f;
  // Long lists are shown in part.
  std::string list = "[0";
  for (int i = 1; i < 5000; ++i) {
    list += ",0";
  }
  f.profile("{\"list\":" + list + "]}");
  const auto shown = f.render("{{#profile.list}}x{{/profile.list}}");
  assert_int_equal(shown.size(), 1000);
  // Sections in sections share one budget.
  const auto square =
      f.render("{{#profile.list}}{{#profile.list}}x{{/profile.list}}{{/profile.list}}");
  assert_int_equal(square.size(), 999);

  // Output beyond a megabyte.
  f.profile("{\"list\":" + list + "],\"long\":\"" + std::string(2000, '<') + "\"}");
  expect(f.render("{{#profile.list}}{{profile.long}}{{/profile.list}}"), "<not rendered>");
  const std::string huge(3 << 20, '"');
  f.set("profile.huge", Value::string(huge));
  expect(f.render("{{profile.huge}}"), "<not rendered>");
  expect(f.render("<a href=\"{{profile.huge | upper | truncate 10000 | lower}}\">").substr(0, 12),
         "<a href=\"%22");
}

void what_was_there_stays(void**) {
  Fixture f;
  f.partials["a"] = "x{{> a}}";
  std::pmr::string out = "before";
  assert_false(f.compile("y{{> a}}").render(f, f.locale, out));
  assert_string_equal(out.c_str(), "before");
  assert_true(f.compile("<a href=\"{{profile.x}}\">").render(f, f.locale, out));
  assert_string_equal(out.c_str(), "before<a href=\"\">");
}

void out_of_memory(void**) {
  Fixture f;
  const std::string value(5000, 'x');
  f.set("profile.x", Value::string(value));
  const auto compiled = f.compile("{{profile.x}}{{profile.x | upper}}");
  char small[1024];
  std::pmr::monotonic_buffer_resource memory(small, sizeof small, std::pmr::null_memory_resource());
  std::pmr::string out("before", &memory);
  assert_false(compiled.render(f, f.locale, out));
  assert_string_equal(out.c_str(), "before");
}

void errors(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {"{{profile.x", "tag is not closed: \"}}\" is missing"},
      {"{{{profile.x}}", "tag is not closed: \"}}}\" is missing"},
      {"{{}}", "empty tag"},
      {"{{#}}x{{/}}", "empty tag"},
      {"{{=<%=}}", "delimiters are set by two words"},
      {"{{#profile.x}}", "section {{#profile.x}} is not closed: {{/profile.x}} is missing"},
      {"{{^profile.x}}", "section {{^profile.x}} is not closed"},
      {"{{/profile.x}}", "{{/profile.x}} closes no section"},
      {"{{#profile.x}}{{/profile.y}}", "{{/profile.y}} stands where {{/profile.x}} was expected"},
      {"{{.}}", "there is none around it"},
      {"{{^profile.x}}{{.}}{{/profile.x}}", "there is none around it"},
      {"{{profile x}}", "is not a name"},
      {"{{.profile}}", "is not a name"},
      {"{{profile..x}}", "is not a name"},
      {"{{profil.x}}", "\"profil\" is neither a personalize_source (profile, cart)"},
      {"{{name}}", "\"name\" is neither a personalize_source"},
      {"{{geo.citty}}", "geo.citty"},
      {"{{segment.gold}}", "declared are vip"},
      // The items of these sections have no members: it is a mistake.
      {"{{#segment.vip}}{{name}}{{/segment.vip}}", "\"name\" is neither"},
      {"{{^profile.x}}{{name}}{{/profile.x}}", "\"name\" is neither"},
      {"{{#profile.x}}{{geo.citty}}{{/profile.x}}", "geo.citty"},
      {"{{{profile.x}}}", "would insert a value without escaping"},
      {"{{&profile.x}}", "would insert a value without escaping"},
      {"{{<base}}{{/base}}", "there is no inheritance"},
      {"{{$title}}x{{/title}}", "there is no inheritance"},
      {"{{>*profile.x}}", "the name of a partial is fixed"},
      {"{{#profile.x | upper}}{{/profile.x | upper}}", "write {{#profile.x}}"},
  };
  for (const auto& c : cases) {
    Fixture f;
    expect_part(f.error(c.first), c.second);
  }
  Fixture f;
  std::string deep;
  for (int i = 0; i < 17; ++i) {
    deep += "{{#profile.x}}";
  }
  expect_part(f.error(deep), "sections nest deeper than 16");
  expect_part(f.error("a\nb\n{{name}}"), "template \"test\", line 3: ");
}

void needs(void**) {
  Fixture f;
  const auto both = f.compile("{{profile.a}}{{#cart.items}}{{b}}{{/cart.items}}{{geo.city}}");
  assert_true(both.needs(f.attributes) == personalize::SourceSet(3));
  assert_true(both.decided(f.attributes).empty());
  const auto none = f.compile("{{geo.city}}{{#segment.vip}}x{{/segment.vip}}");
  assert_true(none.needs(f.attributes).none());
  const auto decided = none.decided(f.attributes);
  assert_int_equal(decided.size(), 1);
  assert_string_equal(f.attributes[decided[0]].spelling.c_str(), "segment.vip");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(names),
    cmocka_unit_test(numbers_as_in_javascript),
    cmocka_unit_test(sections),
    cmocka_unit_test(what_is_true),
    cmocka_unit_test(members_may_be_called_like_roots),
    cmocka_unit_test(partials),
    cmocka_unit_test(constant_parts),
    cmocka_unit_test(markup_of_trusted_sources),
    cmocka_unit_test(endless_partials),
    cmocka_unit_test(doubling_partials),
    cmocka_unit_test(hostile_documents),
    cmocka_unit_test(what_was_there_stays),
    cmocka_unit_test(out_of_memory),
    cmocka_unit_test(errors),
    cmocka_unit_test(needs),
};
const Suite suite(__FILE__, tests);

}  // namespace

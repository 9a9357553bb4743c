// Values inside <script>: where they can stand, and what they are written as.
#include "fixture.h"
#include "suite.h"

using personalize::Value;

namespace {

constexpr const char* document =
    R"({"name":"Ann","n":5,"minus":-1,"half":0.5,"big":9007199254740993,"yes":true,"none":null,
        "bad":"</script><script>alert('1')//\"\\ & <!-- ${x} `\u2028]]>","empty":"",
        "list":["a",1,{"b":false}],"o":{"__proto__":{"admin":true},"a b":"ż🎁"}})";

std::string script(const std::string& text) {
  Fixture f;
  f.profile(document);
  const std::string begin = "<script>", end = "</script>";
  const auto page = f.render(begin + text + end);
  return page.front() == '<' && page[1] == 's'
             ? page.substr(begin.size(), page.size() - begin.size() - end.size())
             : page;
}

std::string refusal(const std::string& text) {
  Fixture f;
  f.profile(document);
  return f.error("<script>" + text + "</script>");
}

void values_are_literals(void**) {
  expect(script("const a = {{profile.name}};"), "const a = \"Ann\";");
  expect(script("f({{profile.n}}, {{profile.half}}, {{profile.yes}}, {{profile.none}})"),
         "f(5, 0.5, true, null)");
  expect(script("f({{profile.nothing}},{{profile.empty}})"), "f(null,\"\")");
  expect(script("a = b -{{profile.minus}};"), "a = b - -1;");
  expect(script("a = [{{profile.big}}, {{profile.n | number}}, {{profile.n | money}}]"),
         "a = [9007199254740993, \"5\", \"\\u0024"
         "5.00\"]");
  expect(script("a = {{profile.list}}"), "a = [\"a\",1,{\"b\":false}]");
  expect(script("const a = {{profile.o}};"),
         "const a = {[\"__proto__\"]:{\"admin\":true},\"a b\":\"\\u017c\\ud83c\\udf81\"};");
  expect(script("a = {{profile.bad}}"),
         "a = \"\\u003c/script\\u003e\\u003cscript\\u003ealert(\\u00271\\u0027)//\\u0022\\u005c "
         "\\u0026 \\u003c!-- \\u0024\\u007bx\\u007d \\u0060\\u2028]]\\u003e\"");
}

void strings(void**) {
  expect(script("a = \"Hi {{profile.name}}!\""), "a = \"Hi Ann!\"");
  expect(script("a = 'Hi {{profile.nothing}}'"), "a = 'Hi '");
  const auto bad = script("a = '{{profile.bad}}'");
  assert_true(bad.find_first_of("<>&\"`${}") == std::string::npos);
  expect(bad.substr(0, 20), "a = '\\u003c/script\\u");
  expect(script("a = `Hi {{profile.name}} ${ f({{profile.n}}) } {{profile.n}}`"),
         "a = `Hi Ann ${ f(5) } 5`");
  expect_part(refusal("a = '<b>{{profile.name}}</b>'"), "string of markup");
  expect_part(refusal("a = '{{profile.name}}</b>'"), "string of markup");
  expect_part(refusal("a = `<b>${1} {{profile.name}}`"), "string of markup");
  expect_part(refusal("a = '\\{{profile.name}}'"), "directly behind '\\'");
  expect_part(refusal("a = `${{profile.name}}`"), "directly behind");
  expect(script("a = `\\${{{profile.name}} }`"), "<refused>");
  expect(script("a = `\\$ {{profile.name}}`"), "a = `\\$ Ann`");
}

void places(void**) {
  const char* good[] = {
      "a = {{x}}",
      "f({{x}})",
      "[{{x}}]",
      "({a: {{x}}})",
      "return {{x}}",
      "a = b ? {{x}} : {{x}}",
      "for (const v of {{x}}) {}",
      "a => {{x}}",
      "a + {{x}}",
      "a / {{x}}",
      "a = b / c; d = {{x}}",
      "a = /[/\"]'/g; d = {{x}}",
      "a = b.return / 2; d = {{x}}",
      "a = 1 / 2 + 1./2; c = {{x}}",
      "// it's\na = {{x}}",
      "/* \" */ a = {{x}}",
      "/*/ \" */ a = {{x}}",
      "a = \"\\\"'\" + {{x}}",
      "a = 'it\\\r\ns' + {{x}}",
      "case {{x}}:",
      "f(...{{x}})",
      "a = `${b + `${c}`}`; d = {{x}}",
      "if (a) { b() } c = {{x}}",
      "a = 'x' in {{x}}",
      "a = b && {{x}}",
      "a = x++ + {{x}}",
      "//<![CDATA[\na = {{x}}\n//]]>",
      "a = '&amp;' + {{x}}",
  };
  const std::pair<const char*, const char*> bad[] = {
      {"{{x}}", "only where an expression begins"},
      {"a;{{x}}", "only where an expression begins"},
      {"a {{x}}", "only where an expression begins"},
      {"a.{{x}}", "only where an expression begins"},
      {"a{{x}}", "only where an expression begins"},
      {"f(){{x}}", "only where an expression begins"},
      {"a = {{x}}{{x}}", "only where an expression begins"},
      {"a = { {{x}}: 1}", "only where an expression begins"},
      {"a = \"b\"{{x}}", "only where an expression begins"},
      {"// {{x}}", "in a comment"},
      {"/* {{x}} */", "in a comment"},
      {"/*/ {{x}} */", "in a comment"},
      {"a = /{{x}}/", "only where an expression begins"},
      {"a = /b{{x}}/", "in a comment or regular expression"},
      {"if (a) /\"/.test({{x}})", "a '/' before it may begin a regular expression"},
      {"a = b++ / {{x}}", "a '/' before it may begin a regular expression"},
      {"a = \"b\n{{x}}", "not closed in its line"},
      {"a = 'b\\\\\n' + {{x}}", "not closed in its line"},
      {"\\u0061 = {{x}}", "'\\' outside of a string"},
      {"a-->b; c = {{x}}", "may begin a comment"},
      {"// \u2028\na = {{x}}", "line separator"},
      {"return\u00A0/\"/.test({{x}})", "a '/' before it may begin a regular expression"},
      {"wide\u00E9 / 2; a = {{x}}", "a '/' before it may begin a regular expression"},
      {"a = 1 <{{x}}", "directly behind '<'"},
      {"a = 1 &{{x}}", "directly behind '<' or '&'"},
      {"a = &quot;{{x}}&quot;", "characters in XHTML"},
      {"a = 'b&#39; + {{x}}", "characters in XHTML"},
      {"a = {{{x}}}", "without escaping"},
  };
  const auto filled = [](std::string text) {
    for (auto at = text.find("{x}"); at != std::string::npos; at = text.find("{x}")) {
      text.replace(at, 3, "{profile.x}");
    }
    return text;
  };
  for (const auto* text : good) {
    const auto error = refusal(filled(text));
    if (!error.empty()) {
      fail_msg("%s\n%s", text, error.c_str());
    }
  }
  for (const auto& [text, message] : bad) {
    const auto error = refusal(filled(text));
    if (error.find(message) == std::string::npos) {
      fail_msg("%s\n\"%s\" lacks \"%s\"", text, error.c_str(), message);
    }
  }
}

// A value must be right for every iteration, and whether the section is there or not.
void sections(void**) {
  expect(script("a = [{{#profile.list}}{{.}}, {{/profile.list}}]"),
         "a = [\"a\", 1, {\"b\":false}, ]");
  expect(script("a = {{#profile.yes}}true{{/profile.yes}}{{^profile.yes}}false{{/profile.yes}};"
                "b = {{profile.n}}"),
         "a = true;b = 5");
  expect(script("{{#profile.yes}}f({{profile.n}});{{/profile.yes}}g({{profile.n}});"),
         "f(5);g(5);");
  expect(script("a = {n:{{profile.n}}{{#profile.name}}, name: {{.}}{{/profile.name}}}"),
         "a = {n:5, name: \"Ann\"}");
  // The first iteration is a regular expression, the second a division and a string.
  expect_part(refusal("a = {{#profile.list}}/x\"/ + {{.}} {{/profile.list}}"),
              "a '/' before it may begin");
  expect_part(refusal("a = {{#profile.yes}}\"{{/profile.yes}}{{profile.name}}"),
              "in another state");
  expect_part(refusal("a = {{#profile.yes}}`${ {{/profile.yes}} {{profile.name}}"),
              "in another state");
  expect_part(refusal("a = b {{#profile.yes}}/{{/profile.yes}}{{profile.name}}/"), "section");
  expect_part(refusal("ret{{#profile.yes}}urn{{/profile.yes}} /x/; a = {{profile.name}}"),
              "a '/' before it may begin");
  // Without values any section is as good as it was.
  expect(script("{{#profile.yes}}a = \"{{/profile.yes}}b\""), "a = \"b\"");
}

void what_is_loaded(void**) {
  for (const auto* refused :
       {"import \"{{profile.name}}\"", "import a from '{{profile.name}}'",
        "import {a} from \"/{{profile.name}}.js\"", "export * from '{{profile.name}}'",
        "import({{profile.name}})", "import ( {{profile.name}} )", "import(`/${{{profile.name}}}`)",
        "import/**/('{{profile.name}}')", "self.importScripts('{{profile.name}}')",
        "new Worker({{profile.name}})", "new SharedWorker('{{profile.name}}')"}) {
    expect(script(refused), "<refused>");
  }
  expect(script("import a from '/a.js'; a({{profile.name}})"), "import a from '/a.js'; a(\"Ann\")");
  expect(script("const from = {{profile.name}}"), "const from = \"Ann\"");
}

void json_blocks(void**) {
  const auto block = [](const std::string& text, const std::string& type) {
    Fixture f;
    f.profile(document);
    return f.render("<script type=" + type + ">" + text + "</script>");
  };
  expect(block("{\"name\":{{profile.name}},\"o\":{{profile.o}}}", "\"application/ld+json\""),
         "<script type=\"application/ld+json\">{\"name\":\"Ann\",\"o\":{\"__proto__\":{\"admin\":"
         "true},\"a b\":\"\\u017c\\ud83c\\udf81\"}}</script>");
  expect(block("{{profile.minus}}", "application/json"),
         "<script type=application/json>-1</script>");
  expect(block("{\"a\":\"x {{profile.name}}\"}", "' Application/JSON '"),
         "<script type=' Application/JSON '>{\"a\":\"x Ann\"}</script>");
  for (const auto* refused :
       {"{ {{profile.name}}: 1}", "// {{profile.name}}", "[1 {{profile.name}}]",
        "['{{profile.name}}']", "{\"a\" {{profile.name}}}"}) {
    expect(block(refused, "application/json"), "<refused>");
  }
}

void types(void**) {
  const auto accepts = [](const std::string& attributes) {
    Fixture f;
    f.profile(document);
    return f.error("<script" + attributes + ">a = {{profile.n}}</script>").empty();
  };
  assert_true(accepts(""));
  assert_true(accepts(" type"));
  assert_true(accepts(" type=module async"));
  assert_true(accepts(" type='text/JavaScript' id=\"a\""));
  assert_true(accepts(" data-id=\"{{profile.name}}\""));
  for (const auto* refused :
       {" type=text/babel", " type=importmap", " type=speculationrules", " type='text/template'",
        " type=\"text/javascript; charset=utf-8\"", " language=vbscript", " type=a type=module",
        " {{#profile.yes}}type=module{{/profile.yes}}",
        " type=\"{{#profile.yes}}module{{/profile.yes}}\"", " type=\"module&#9;\""}) {
    if (accepts(refused)) {
      fail_msg("%s", refused);
    }
  }
  Fixture f;
  expect_part(f.error("<svg><script>a = {{profile.n}}</script></svg>"), "inside of <svg>");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(values_are_literals),
    cmocka_unit_test(strings),
    cmocka_unit_test(places),
    cmocka_unit_test(sections),
    cmocka_unit_test(what_is_loaded),
    cmocka_unit_test(json_blocks),
    cmocka_unit_test(types),
};
const Suite suite(__FILE__, tests);

}  // namespace

// Constants that are known when a template is compiled: it shows what it shows when they come with
// each render.
#include "fixture.h"
#include "suite.h"

#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace personalize;

namespace {

const std::vector<std::string> names = {"a", "b", "c", "x"};

std::string show(Fixture& f, std::string_view text, const std::vector<Value>& values,
                 const std::vector<bool>& is_constant, bool members_first) {
  TemplateOptions options;
  options.fields = names;
  options.closed = true;
  options.members_first = members_first;
  for (std::size_t i = 0; i < values.size(); ++i) {
    options.constants.push_back(is_constant[i] ? std::optional(values[i]) : std::nullopt);
  }
  const auto read = [&](std::string_view name, const Where&) {
    return f.partials.at(std::string(name));
  };
  const Template compiled("test", text, Template::Mode::html, f.attributes, read, {}, options);
  // Constants are not looked at again.
  std::vector<Value> given = values;
  std::pmr::string out;
  assert_true(compiled.render(f, f.locale, {{}, given.data(), {}, nullptr}, out));
  return std::string(out);
}

// Every template, with all ways to know of the fields' values.
void constants_change_nothing(void**) {
  Fixture f;
  f.partials["name"] = "<i>{{a}}</i>{{#x}}{{b}}{{n}}{{/x}}";
  f.partials["tree"] = "({{n}}{{a}}{{#kids}}{{> tree}}{{/kids}})";
  const char* const templates[] = {
      "{{a}}|{{b}}|{{c}}",
      "{{#a}}[{{a}}]{{/a}}{{^a}}none{{/a}}",
      "{{^a}}none{{/a}}{{#a}}[{{a}}]{{/a}} {{^b}}no b{{/b}}",
      "{{#a}}{{#b}}{{a}}{{b}}{{/b}}{{^b}}{{a}}{{/b}}{{a}}{{/a}}",
      "{{#c}}{{n}}{{a}}{{#b}}{{n}}{{/b}}{{/c}}",
      "{{#c}}{{#x}}{{n}}{{m}}{{a}};{{/x}}{{/c}}",
      "{{#x}}{{n}}{{#c}}{{n}}{{m}}{{/c}}{{^m}}no m{{/m}},{{/x}}",
      "{{#x}}{{#n}}<b>{{n}}</b>{{/n}}{{^n}}-{{/n}}{{#m}}{{.}}{{/m}}{{/x}}",
      "{{#c}}{{#m}}{{.}}{{n}}{{/m}}{{/c}}{{#a}}{{.}}{{/a}}",
      R"(<a href="{{a}}" title="{{a}}">{{b}}</a><a href="/x?{{a}}={{b}}#{{c}}">{{#c}}{{m}}{{/c}}</a>)",
      "{{#c}}<a href=\"{{n}}\">{{n | upper}}</a>{{n | default b}}{{q | default n}}{{/c}}",
      "{{a | upper}}{{b | default a}}{{#b}}{{b | default 'x'}}{{/b}}",
      "{{> name}}{{#c}}{{> name}}{{/c}}{{#x}}{{> name}}{{/x}}",
      "{{#c}}{{> tree}}{{/c}}{{#x}}{{> tree}}{{/x}}",
      "<script>f({{a}}, '{{b}}', {{#c}}{{n}}{{/c}}{{^c}}0{{/c}})</script>",
      "{{#c}}{{#n.0}}{{n.length}}{{/n.0}}{{^m.n}}{{m.n}}{{n}}{{/m.n}}{{/c}}{{#x}}{{n.0}}{{/x}}",
  };
  const char* const documents[] = {
      R"({"a": "A & <b>", "b": "b", "c": {"n": "N<", "m": 5}, "x": [{"n": 1}, {"m": "M"}, {}]})",
      R"({"a": "", "b": false, "c": {}, "x": []})",
      R"({"a": "javascript:x", "b": 12.5, "c": {"n": "", "m": "m", "q": null}, "x": {"n": "xn"}})",
      R"({"a": "a", "b": true, "c": null, "x": [1, "two", null, {"n": "n", "kids": [{"n": "k", "kids": []}]}]})",
      R"({"a": "/p", "b": "", "c": {"n": [1, 2], "m": {"n": "mn"}, "kids": [{"kids": false}]}, "x": "text"})",
  };
  for (const char* document : documents) {
    f.profile(document);
    std::vector<Value> values;
    const auto profile = f.attributes.intern("profile", {});
    for (const auto& name : names) {
      values.push_back(f.get(profile).find(name));
    }
    for (const char* text : templates) {
      for (const bool members_first : {false, true}) {
        const auto expected =
            show(f, text, values, std::vector<bool>(names.size(), false), members_first);
        for (unsigned known = 1; known < 1U << names.size(); ++known) {
          std::vector<bool> is_constant;
          for (std::size_t i = 0; i < names.size(); ++i) {
            is_constant.push_back((known >> i & 1) != 0);
          }
          const auto shown = show(f, text, values, is_constant, members_first);
          if (shown != expected) {
            fail_msg("%s with %s and %u known: %s instead of %s", text, document, known,
                     shown.c_str(), expected.c_str());
          }
        }
      }
    }
  }
}

// Sections over constants that are asked for when the template is run: each is linked twice at
// most, and not what is in it twice as often as it is.
void nested_constants(void**) {
  Fixture f;
  std::string text(500000, 'x');
  for (int i = 0; i < 16; ++i) {
    text = "{{#a}}{{.}}" + text + "{{/a}}";
  }
  const std::vector<Value> values = {Value::string("A"), Value(), Value(), Value()};
  const std::clock_t begin = std::clock();
  const auto shown = show(f, text, values, {true, false, false, false}, false);
  expect(shown, std::string(16, 'A') + std::string(500000, 'x'));
  assert_true(std::clock() - begin < 10 * CLOCKS_PER_SEC);
}

// A record is the object that it would be as a document.
void records(void**) {
  Fixture f;
  static constexpr std::string_view members[] = {"a", "m", "n"};
  static constexpr RecordNames known = {members, 3};
  static constexpr std::string_view other_members[] = {"m", "n"};
  static constexpr RecordNames others = {other_members, 2};
  const Value first[] = {Value::string("own a"), Value(), Value::number(1)};
  const Value second[] = {Value(), Value::string("M"), Value::string("N")};
  const Value third[] = {Value::boolean(true), Value::string("")};
  const Record all[] = {{&known, first}, {&known, second}, {&others, third}};
  const Value items[] = {Value::object(all[0]), Value::object(all[1]), Value::object(all[2])};
  const Value list = Value::list(items, 3);
  DocumentBuilder builder(std::pmr::get_default_resource());
  builder.copy(list);
  const Value document = Value::document(builder.finish());

  for (const char* text :
       {"{{#x}}{{a}}{{m}}{{n}};{{/x}}", "{{#x}}{{#m}}{{m}}{{a}}{{/m}}{{^m}}-{{n}}{{/m}};{{/x}}",
        "{{#x}}{{#a}}{{.}}{{/a}}{{#c}}{{n}}{{z}}{{/c}}{{/x}}", "<script>f({{x}})</script>",
        "{{#x}}{{n.length}}{{m.0}}{{/x}}"}) {
    std::string shown[2];
    for (const bool is_record : {false, true}) {
      TemplateOptions options;
      options.fields = names;
      options.members_first = true;
      options.records = &known;
      const Template compiled("test", text, Template::Mode::html, f.attributes, {}, {}, options);
      const Value values[] = {Value::string("A"), Value(), Value::object(all[1]),
                              is_record ? list : document};
      std::pmr::string out;
      assert_true(compiled.render(f, f.locale, {{}, values, {}, nullptr}, out));
      shown[is_record ? 1 : 0] = out;
    }
    expect(shown[1], shown[0]);
  }
  assert_int_equal(items[0].size(), 2);
  expect(std::string(items[0].key_at(1)), "n");
  assert_true(items[0].at(2).is_missing() && items[0].find("z").is_missing());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(constants_change_nothing),
    cmocka_unit_test(nested_constants),
    cmocka_unit_test(records),
};
const Suite suite(__FILE__, tests);

}  // namespace

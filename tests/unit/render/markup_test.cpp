// Places where a value is refused, and templates whose sections do not fit their place.
#include "render/places/markup.h"

#include "fixture.h"
#include "suite.h"

using personalize::Value;

namespace {

struct Case {
  const char* text;
  const char* message;  // part of it; nullptr: accepted
};

void check(const std::vector<Case>& cases) {
  for (const auto& c : cases) {
    Fixture f;
    const auto error = f.error(c.text);
    if (c.message == nullptr && !error.empty()) {
      fail_msg("%s\n%s", c.text, error.c_str());
    }
    if (c.message != nullptr && error.find(c.message) == std::string::npos) {
      fail_msg("%s\n\"%s\" lacks \"%s\"", c.text, error.c_str(), c.message);
    }
  }
}

void places_without_escaping(void**) {
  check({
      {"<SCRIPT type=x>{{profile.x}}</script>", "in <script>"},
      {"<iframe>{{profile.x}}</iframe>", "in <iframe>"},
      {"<xmp>{{profile.x}}</xmp>", "in <xmp>"},
      {"<noembed>{{profile.x}}</noembed>", "in <noembed>"},
      {"<!-- {{profile.x}} -->", "in a comment or declaration"},
      {"<!doctype {{profile.x}}>", "in a comment or declaration"},
      {"<? {{profile.x}} ?>", "in a comment or declaration"},
      {"</ {{profile.x}}>", "in a comment or declaration"},
      {"<{{profile.x}}>", "after \"<\""},
      {"</{{profile.x}}>", "after \"<\""},
      {"<h{{profile.x}}>", "in a tag name"},
      {"<p {{profile.x}}>", "among the attributes of <p>"},
      {"<p data-{{profile.x}}=\"1\">", "among the attributes of <p>"},
      {"<p a=\"1\"{{profile.x}}>", "among the attributes of <p>"},
      {"<p title={{profile.x}}>", "put the attribute's value in quotes: title=\"…\""},
      {"<p title=a{{profile.x}}>", "put the attribute's value in quotes"},
      {"<p onclick=\"f('{{profile.x}}')\">", "in the attribute \"onclick\" of <p>: it is a script"},
      {"<p OnClick='{{profile.x}}'>", "it is a script"},
      {"<iframe srcdoc=\"{{profile.x}}\"></iframe>", "srcdoc"},
      {"<iframe sandbox=\"{{profile.x}}\"></iframe>", "sandbox"},
      {"<script type=\"{{profile.x}}\"></script>", "decides about what is loaded"},
      {"<link rel=\"{{profile.x}}\" href=\"/x\">", "decides about what is loaded"},
      {"<meta http-equiv=\"refresh\" content=\"{{profile.x}}\">", "<meta http-equiv>"},
      {"<meta content=\"{{profile.x}}\" http-equiv=\"refresh\">", "<meta http-equiv>"},
      {"<svg><animate attributeName=\"href\" to=\"{{profile.x}}\"/></svg>", "change other"},
      {"<a href=\"javascript:f('{{profile.x}}')\">",
       "no escaping for what follows \"javascript:\""},
      {"<a href=\"JAVA\nSCRIPT:f('{{profile.x}}')\">", "\"javascript:\""},
      {"<a href=\"data:text/html,{{profile.x}}\">", "\"data:\""},
      {"<a href=\"java&#115;cript{{profile.x}}\">", "without character references"},
  });
}

void places_that_load_code(void**) {
  check({
      {"<script src=\"{{profile.x}}\"></script>", "it loads what runs in the page"},
      {"<script src=\"https:{{profile.x}}\"></script>", "it loads"},
      {"<script src=\"https://cdn.{{profile.x}}\"></script>", "it loads"},
      {"<script src=\"//{{profile.x}}\"></script>", "it loads"},
      {"<script src=\"/{{profile.x}}\"></script>", "it loads"},
      {"<link rel=\"stylesheet\" href=\"{{profile.x}}\">", "it loads"},
      {"<base href=\"{{profile.x}}\">", "it loads"},
      {"<iframe src=\"{{profile.x}}\"></iframe>", "it loads"},
      {"<object data=\"{{profile.x}}\"></object>", "it loads"},
      {"<iframe src=\"https://video.example/embed/{{profile.x}}\"></iframe>", nullptr},
      {"<script src=\"/widgets/{{profile.x}}.js\"></script>", nullptr},
      {"<script src=\"//cdn.example/{{profile.x}}.js\"></script>", nullptr},
  });
}

void values_in_addresses_that_load_code(void**) {
  check({
      {"<script src=\"/&#47;{{profile.x}}\"></script>", "it loads"},
      {"<script src=\"\n//{{profile.x}}\"></script>", "it loads"},
      {"<script src=\"/\\{{profile.x}}\"></script>", "it loads"},
      {"<script src=\"/\t/{{profile.x}}\"></script>", "it loads"},
      {"<script src=\"https:///{{profile.x}}\"></script>", "it loads"},
      {"<script src=\"/w.js?v={{profile.x}}\"></script>", "one segment of its path"},
      {"<script src=\"/w.js&#63;v={{profile.x}}\"></script>", "one segment of its path"},
      {"<script src=\"/w/{{profile.x}}.js?v=1\"></script>", nullptr},
      {"<script src=\"/w/{{profile.x}}/{{profile.y}}.js\"></script>", nullptr},
      {"<iframe src=\"/map?place={{profile.x}}\"></iframe>", nullptr},
      {"<div hx-get=\"{{profile.x}}\"></div>", "it loads"},
      {"<div data-hx-post=\"{{profile.x}}\"></div>", "it loads"},
      {"<div hx-get=\"/search?q={{profile.x}}\"></div>", nullptr},
  });
}

void places_that_load_html(void**) {
  for (const auto* place :
       {"turbo-frame src", "include-fragment src", "sl-include src", "div sse-connect",
        "div data-ws-connect", "button hx-action", "button fx-action", "div ic-src",
        "div ic-get-from", "a up-href", "div up-source", "div w3-include-html"}) {
    const std::string tag = std::string("<") + place;
    check({
        {(tag + "='{{profile.x}}'>").c_str(), "it loads"},
        {(tag + "='/{{profile.x}}'>").c_str(), "it loads"},
        {(tag + "='/part/{{profile.x}}?q={{profile.y}}'>").c_str(), nullptr},
    });
  }
  for (const auto* name : {"up-content", "up-document", "data-up-fragment"}) {
    check({{("<a " + std::string(name) + "='{{profile.x}}'>").c_str(), "a page of its own"}});
  }
  check({{"<img src='{{profile.x}}'>", nullptr}, {"<my-card title='{{profile.x}}'>", nullptr}});
}

void values_behind_a_percent_sign(void**) {
  check({
      {"<script src='/w/%{{profile.x}}'></script>", "write %25"},
      {"<script src='/w/%2{{profile.x}}'></script>", "write %25"},
      {"<script src='/w/&#37;{{profile.x}}'></script>", "write %25"},
      {"<script src='/w/%&#50;{{profile.x}}'></script>", "write %25"},
      {"<script src='/w/%\n2\n{{profile.x}}'></script>", "write %25"},
      {"<iframe src='/w/%{{profile.x}}'></iframe>", "write %25"},
      {"<a href='/w/%{{profile.x}}'>", "write %25"},
      {"<a href='/w?off=20%{{profile.x}}'>", "write %25"},
      {"<a href='/w/{{profile.x}}%{{profile.y}}'>", "write %25"},
      {"<a href='/w/%{{#segment.vip}}a{{/segment.vip}}'>", "write %25"},
      {"<a href='/w/{{#profile.list}}{{.}}%{{/profile.list}}'>", "write %25"},
      {"<script src='/w/%25{{profile.x}}'></script>", nullptr},
      {"<script src='/w/%2E%2D{{profile.x}}'></script>", nullptr},
      {"<a href='/w/%2F&amp;{{profile.x}}'>", nullptr},
      {"<a href='/w/%g{{profile.x}}'>", nullptr},
      {"<a href='/w/50%'>{{profile.x}}</a>", nullptr},
      {"<p title='50%{{profile.x}}'>", nullptr},
  });
}

void attributes_that_frameworks_evaluate(void**) {
  for (const auto* name : {"@click",
                           "x-on:click",
                           "x-data",
                           "x-html",
                           "v-html",
                           "v-bind:title",
                           ":onclick",
                           ":title",
                           "hx-on:click",
                           "hx-on--load",
                           "data-hx-on:click",
                           "hx-vals",
                           "data-hx-vals",
                           "hx-trigger",
                           "ng-click",
                           "data-ng-click",
                           "data-bind",
                           "wire:click",
                           "on:click",
                           "data-on:load",
                           "_",
                           "(click)",
                           "[innerHTML]",
                           "*ngIf",
                           "#ref",
                           ".prop",
                           "v-on:click.prevent",
                           "data-script",
                           "hx-sse",
                           "data-hx-ws",
                           "up-on-loaded",
                           "data-up-on-loaded",
                           "up-watch",
                           "ic-on-success",
                           "t-on-click",
                           "t-out",
                           "rv-on-click",
                           "data-rv-html",
                           "mv-value",
                           "bind-title",
                           "data-on-click",
                           "data-on-click__once",
                           "data-on__x",
                           "data-effect",
                           "data-text",
                           "data-signals",
                           "data-signals-count",
                           "data-signals__ifmissing",
                           "data-attr",
                           "data-attr-title",
                           "data-class-active",
                           "data-style",
                           "data-show",
                           "data-computed-total",
                           "data-init__delay",
                           "uk-tooltip",
                           "data-uk-tooltip",
                           "hx-swap-oob",
                           "hx-target",
                           "fx-swap",
                           "ic-target",
                           "ts-action",
                           "phx-click",
                           "sse-swap",
                           "data-action",
                           "data-controller",
                           "data-hello-greeter-outlet",
                           "data-method",
                           "data-disable-with",
                           "data-target",
                           "data-html",
                           "data-bs-title",
                           "data-bs-template",
                           "data-turbo-method",
                           "data-turbo-submits-with",
                           "data-ajax-success",
                           "data-dojo-props",
                           "data-tippy-content",
                           "data-sub-html",
                           "data-main",
                           "is",
                           "nonce"}) {
    const auto text = "<p " + std::string(name) + "='{{profile.x}}'>";
    check({{text.c_str(), "it is a script"}});
  }
  for (const auto* name :
       {"data-x-axis", "data-v-1f2e", "data-value", "aria-label", "data-turbo-confirm", "xml:lang",
        "xlink:title", "data-title", "é", "data-t-key", "data-text-color", "data-online",
        "data-shown", "text", "up-target", "hx-confirm", "data-hello-name-value", "data-targets",
        "data-methods"}) {
    const auto text = "<p " + std::string(name) + "='{{profile.x}}'>";
    check({{text.c_str(), nullptr}});
  }
}

// What an operator writes there as it is stays.
void constants_in_such_attributes(void**) {
  check({{"<p uk-tooltip='title: Hello' data-action='click->cart#add' hx-swap-oob='true' "
          "data-bs-toggle='modal' data-turbo-method='delete'>{{profile.x}}</p>",
          nullptr},
         {"<iframe src='/a' allow='camera'></iframe>{{profile.x}}", nullptr},
         {"<iframe src='/a' allow='{{profile.x}}'></iframe>", "it decides about what can run"},
         {"<turbo-stream action='{{profile.x}}'></turbo-stream>", "it is a script"},
         {"<img lowsrc='/a/{{profile.x}}' dynsrc='{{profile.x}}' hx-push-url='/a/{{profile.x}}'>",
          nullptr}});
}

void references_in_addresses(void**) {
  check({
      {"<a href=\"{{profile.x}}&colon;alert(1)\">", "an address with \"&colon\""},
      {"<a href=\"/p&sol;{{profile.x}}\">", "an address with \"&sol\""},
      {"<a href=\"{{profile.x}}&{{profile.y}}\">", "character reference"},
      {"<a href=\"{{profile.x}}&col{{profile.y}}\">", "character reference"},
      {"<a href=\"{{profile.x}}&#5{{profile.y}}\">", "character reference"},
      {"<a href=\"{{profile.x}}&{{#segment.vip}}colon;{{/segment.vip}}\">", "reference"},
      {"<a href=\"{{profile.x}}&amp;a={{profile.y}}\">", nullptr},
      {"<a href=\"/p?a=1&b={{profile.x}}&{{profile.y}}\">", nullptr},
      {"<a href=\"/p?a=1{{#segment.vip}}&{{/segment.vip}}b\">", nullptr},
      {"<a href=\"/a&colon;b\">", nullptr},
      {"<p title=\"{{profile.x}}&colon;\">", nullptr},
  });
}

void places_that_are_safe(void**) {
  check({
      {"{{profile.x}}", nullptr},
      {"a < b {{profile.x}}", nullptr},
      {"<p>{{profile.x}}</p >", nullptr},
      {"<p title = \"{{profile.x}}\" hidden>", nullptr},
      {"<br/>{{profile.x}}", nullptr},
      {"<img alt='{{profile.x}}' />{{profile.x}}", nullptr},
      {"<script>if (a < b && \"</p>\") {}</script>{{profile.x}}", nullptr},
      {"<style>a > b {}</style >{{profile.x}}", nullptr},
      {"<!-- a -- b > --!>{{profile.x}}", nullptr},
      {"<!-->{{profile.x}}", nullptr},
      {"<!--->{{profile.x}}", nullptr},
      {"<!---->{{profile.x}}", nullptr},
      {"<!doctype html>{{profile.x}}", nullptr},
      {"<svg><title>{{profile.x}}</title></svg>", nullptr},
      {"<meta name=\"description\" content=\"{{profile.x}}\">", nullptr},
      {"<script data-id=\"{{profile.x}}\"></script>", nullptr},
      {"<a href=\"/p\" title=\"{{profile.x}}\">", nullptr},
  });
}

void text_that_is_read_differently_elsewhere(void**) {
  check({
      {"<svg><title/><a href=\"{{profile.x}}\">", "<title/> is read differently"},
      {"<svg><script/>{{profile.x}}</svg>", "<script/> is read differently"},
      {"<title><a href=\"{{profile.x}}\"></title>", "\"<\" stands before it"},
      {"<textarea></text{{profile.x}}</textarea>", "\"<\" stands before it"},
      {"<svg><![CDATA[x]]></svg>", "CDATA"},
      {"<svg><script><set to=\"</script>onclick=\">{{profile.x}}", "\"<\" in the text of <script>"},
      {"<svg><style><a title=\"</style>\"></svg>{{profile.x}}", "\"<\" in the text of <style>"},
      {"<svg><foreignObject></svg></foreignObject><script>a<b</script>", "in the text of <script>"},
      {"<svg><title>a</title><path/></svg>{{profile.x}}<script>a<b</script>", nullptr},
      {"<svg/><script>a<b</script>", nullptr},
      {"{{#segment.vip}}<svg>{{/segment.vip}}", "begins in text and ends in <svg> or <math>"},
      {"<script><!-- x --></script>", "changes where the script ends"},
  });
}

void templates_that_end_amid_something(void**) {
  check({
      {"<p title=\"x", "ends in the attribute \"title\" of <p>"},
      {"<script>", "ends in <script>"},
      {"<!-- x", "ends in a comment"},
      {"<p\n", "line 2: it ends among the attributes of <p>"},
      {"a <", "after \"<\""},
  });
}

void sections_that_change_the_place(void**) {
  check({
      {"{{#segment.vip}}<p title=\"{{/segment.vip}}\">",
       "section segment.vip begins in text and ends in the attribute \"title\" of <p>"},
      {"<p {{#segment.vip}}>{{/segment.vip}}", "begins among the attributes of <p>"},
      {"{{#segment.vip}}<!--{{/segment.vip}}", "ends in a comment"},
      {"{{^segment.vip}}<script>{{/segment.vip}}</script>", "ends in <script>"},
      {"<p{{#segment.vip}}x{{/segment.vip}}>", "needs white space"},
      {"<p{{#segment.vip}} x{{/segment.vip}}y>", "needs white space"},
      {"<p title=\"a\"{{#segment.vip}}b=\"c\"{{/segment.vip}}>", "needs white space"},
      {"<p {{#segment.vip}}a {{/segment.vip}}=\"x\">", "needs white space"},
      // Iterated, the name becomes onx.
      {"<p {{#profile.list}}x=\"{{.}}\" on{{/profile.list}}>", "it is a script"},
  });
}

void sections_that_keep_the_place(void**) {
  check({
      {"<p{{#segment.vip}} class=\"vip\"{{/segment.vip}}>", nullptr},
      {"<p{{#segment.vip}} class=\"vip\"{{/segment.vip}} id=\"x\">", nullptr},
      {"<p {{#segment.vip}}hidden{{/segment.vip}}>", nullptr},
      {"<p {{#segment.vip}}hidden {{/segment.vip}}id=\"x\">{{profile.x}}", nullptr},
      {"<p {{#segment.vip}}hidden {{/segment.vip}} id=\"x\">", nullptr},
      {"<p class=\"a{{#segment.vip}} b{{/segment.vip}}\">", nullptr},
      {"<a href=\"{{#segment.vip}}/v{{/segment.vip}}{{^segment.vip}}/{{/segment.vip}}\">", nullptr},
      {"<a href=\"/{{#segment.vip}}?a={{profile.x}}{{/segment.vip}}\">", nullptr},
      {"<script>{{#segment.vip}}f();{{/segment.vip}}</script>", nullptr},
      {"{{#segment.vip}}<b>{{profile.x}}</b>{{/segment.vip}}", nullptr},
      {"<title>{{#segment.vip}}a{{/segment.vip}}</title>", nullptr},
  });
}

void lines_are_counted(void**) {
  Fixture f;
  expect_part(f.error("<p>\n{{! a\n comment }}\n<b\nonclick='{{profile.x}}'>"), "line 5: ");
  expect_part(f.error("\n\n<title/>"), "template \"test\", line 3: ");
}

void attributes_without_values_cost_nothing(void**) {
  Fixture f;
  f.set("segment.vip", Value::boolean(true));
  expect(f.render("<a href=\"javascript:history.back()\">x</a>"),
         "<a href=\"javascript:history.back()\">x</a>");
  expect(f.render("<p{{#segment.vip}} class='a'{{/segment.vip}} id='b'>"), "<p class='a' id='b'>");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(places_without_escaping),
    cmocka_unit_test(places_that_load_code),
    cmocka_unit_test(values_in_addresses_that_load_code),
    cmocka_unit_test(places_that_load_html),
    cmocka_unit_test(values_behind_a_percent_sign),
    cmocka_unit_test(attributes_that_frameworks_evaluate),
    cmocka_unit_test(constants_in_such_attributes),
    cmocka_unit_test(references_in_addresses),
    cmocka_unit_test(places_that_are_safe),
    cmocka_unit_test(text_that_is_read_differently_elsewhere),
    cmocka_unit_test(templates_that_end_amid_something),
    cmocka_unit_test(sections_that_change_the_place),
    cmocka_unit_test(sections_that_keep_the_place),
    cmocka_unit_test(lines_are_counted),
    cmocka_unit_test(attributes_without_values_cost_nothing),
};
const Suite suite(__FILE__, tests);

}  // namespace

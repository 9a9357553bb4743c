// Fragments and widgets of campaigns.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "personalize/render/content.h"

#include "fixture.h"
#include "personalize/widgets/widgets.h"
#include "suite.h"

using personalize::ConfigError;
using personalize::Content;
using personalize::Declaration;
using personalize::Statement;
using personalize::Value;
using personalize::WidgetDelivery;

namespace {

using Words = std::vector<std::string>;

// Statements stand in nginx.conf from line 11 on.
Declaration campaign(const std::vector<Words>& statements) {
  Declaration declaration{{"nginx.conf", 10}, "summer", {}};
  unsigned line = 11;
  for (const auto& words : statements) {
    declaration.statements.push_back({{"nginx.conf", line++}, words, {}});
  }
  return declaration;
}

// What a campaign shows in a page that has these assets already.
std::string show(Fixture& f, const std::vector<Words>& statements, unsigned assets = 3,
                 const std::string& directory = ".") {
  const Content content(campaign(statements), directory, f.attributes);
  std::pmr::string out;
  return content.render(f, f.locale, {}, assets, out) ? std::string(out) : "<nothing>";
}

void expect_error(const std::vector<Words>& statements, unsigned line, const std::string& part,
                  const std::string& directory = ".") {
  Fixture f;
  try {
    const Content content(campaign(statements), directory, f.attributes);
    fail_msg("no error: %s", part.c_str());
  } catch (const ConfigError& error) {
    expect_part(error.what(), part);
    assert_int_equal(error.where().line, line);
  }
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A directory of fragments, gone at the end.
class Directory {
 public:
  Directory() { assert_non_null(mkdtemp(path_)); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
      std::remove(file->c_str());
    }
    rmdir(path_);
  }

  void write(const std::string& name, const std::string& text) {
    const auto slash = name.find('/');
    if (slash != std::string::npos) {
      const auto folder = path() + "/" + name.substr(0, slash);
      if (mkdir(folder.c_str(), 0700) == 0) {
        files_.push_back(folder);
      }
    }
    files_.push_back(path() + "/" + name);
    auto* file = std::fopen(files_.back().c_str(), "wb");
    assert_non_null(file);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }

  std::string path() const { return path_; }

 private:
  char path_[32] = "/tmp/fragments.XXXXXX";
  std::vector<std::string> files_;
};

void fragments(void**) {
  Directory directory;
  directory.write("parts/bar.html", "\xEF\xBB\xBF<p>{{profile.name}}{{> price}}{{> more.txt}}</p>");
  directory.write("parts/price.html", " <b>{{profile.price | money}}</b>");
  directory.write("parts/more.txt", "!");
  Fixture f;
  f.profile(R"({"name":"<Ann>","price":5})");
  expect(show(f, {{"slot", "x"}, {"fragment", "parts/bar.html"}}, 0, directory.path()),
         "<p>&lt;Ann&gt; <b>$5.00</b>!</p>");
  expect(show(f, {{"fragment", directory.path() + "/parts/bar.html"}}, 0, "/nowhere"),
         "<p>&lt;Ann&gt; <b>$5.00</b>!</p>");

  const Content content(campaign({{"fragment", "parts/bar.html"}}), directory.path(), f.attributes);
  assert_true(content.needs(f.attributes) == personalize::SourceSet(1));
}

// Templates of an operator take fields as widgets do, and may stand in the configuration.
void fields_of_fragments(void**) {
  Directory directory;
  directory.write("card.html", "<p>{{title}}{{#list}}<i>{{name}}</i>{{/list}}</p>");
  Fixture f;
  f.profile(R"({"name":"<Ann>","items":[{"name":"A"},{"name":"B"}],"spent":200})");
  expect(show(f,
              {{"fragment", "card.html"},
               {"set", "title", "For {{profile.name}}"},
               {"set", "list", "${profile.items}"}},
              0, directory.path()),
         "<p>For &lt;Ann&gt;<i>A</i><i>B</i></p>");
  expect(show(f, {{"content", "<b>{{off}}</b> of {{profile.spent}}"},
                  {"set", "off", "${profile.spent | times 0.1 | round}"}}),
         "<b>20</b> of 200");
  expect(show(f, {{"content", "<a href='/{{to}}'>Go</a>"}, {"set", "to", "{{profile.name}}"}}),
         "<a href='/%3CAnn%3E'>Go</a>");
  // An offer that does not say why is none.
  expect(show(f, {{"content", "<p>{{discount}} off: {{reason}}</p>"},
                  {"set", "discount", "10%"},
                  {"set", "reason", "{{profile.why}}"}}),
         "<nothing>");
  const Content content(campaign({{"content", "{{a}}{{b}}{{cart.x}}"},
                                  {"set", "a", "{{profile.name}}"},
                                  {"set", "b", "${segment.vip}"}}),
                        ".", f.attributes);
  assert_true(content.needs(f.attributes) == personalize::SourceSet(3));
  assert_int_equal(content.decided(f.attributes).size(), 1);

  expect_error({{"content", "<p>{{text}}</p>"}, {"set", "text", "a"}, {"set", "txet", "b"}}, 13,
               "field \"txet\" is not shown: write {{txet}} into the template");
  expect_error({{"content", "{{a}}"}, {"set", "a", "x"}, {"set", "a", "y"}}, 13,
               "\"a\" is duplicate");
  expect_error({{"content", "{{a}}"}, {"set", "a.b", "x"}}, 12, "must be one word without a dot");
  expect_error({{"content", "{{a}}"}, {"set", "a", "${nothing.x}"}}, 12, "unknown attribute");
  expect_error({{"content", "{{a}}"}, {"set", "a", "{{nothing.x}}"}}, 12, "unknown attribute");
  expect_error({{"content", "<p onclick='{{profile.x}}'>"}}, 11, "template \"content\", line 1: ");
  expect_error({{"content", "x"}, {"widget", "hello-bar"}}, 12, "already shows a content");
}

// What a campaign writes into an attribute of the page.
std::string show_in(Fixture& f, const std::string& element, const std::string& attribute,
                    const std::vector<Words>& statements) {
  const personalize::AttributePlace place = {{"nginx.conf", 5}, "hero", element, attribute};
  personalize::check_attribute_place(place);
  const Content content(campaign(statements), ".", f.attributes, nullptr, &place);
  std::pmr::string out("<img");
  unsigned assets = 0;
  return content.render(f, f.locale, {}, assets, out) ? std::string(out) : "<nothing>";
}

void attributes_of_the_page(void**) {
  Fixture f;
  f.profile(
      R"json({"name":"\"Ann\" & 'Bo' <b>","hero":"/a b.jpg?w=1&h=2","evil":"javascript:alert(1)",
                    "two":"/a.jpg 1x, javascript:x 2x","price":5,"yes":true})json");
  expect(show_in(f, "img", "src", {{"content", "{{profile.hero}}"}}),
         "<img src=\"/a%20b.jpg?w=1&amp;h=2\"");
  expect(show_in(f, "img", "src", {{"content", " /hero/{{profile.name}}.jpg?x=1&y=\"2\" "}}),
         "<img src=\"/hero/%22Ann%22%20&amp;%20%27Bo%27%20%3Cb%3E.jpg?x=1&amp;y=&quot;2&quot;\"");
  expect(show_in(f, "", "alt", {{"content", "For {{profile.name}} & \"more\""}}),
         "<img alt=\"For &quot;Ann&quot; &amp; &#39;Bo&#39; &lt;b&gt; &amp; &quot;more&quot;\"");
  expect(show_in(f, "", "data-price", {{"content", "{{profile.price | money}}"}}),
         "<img data-price=\"$5.00\"");
  expect(show_in(f, "a", "href",
                 {{"content",
                   "{{#profile.yes}}/vip{{/profile.yes}}{{^profile.yes}}/{{/profile.yes}}"}}),
         "<img href=\"/vip\"");
  expect(
      show_in(f, "", "title",
              {{"content", "{{a}} {{b}}"}, {"set", "a", "x<y"}, {"set", "b", "{{profile.price}}"}}),
      "<img title=\"x&lt;y 5\"");
  expect(show_in(f, "", "title",
                 {{"content", "<3 {{profile.price}} < b{{#profile.price}}<{{/profile.price}}"}}),
         "<img title=\"&lt;3 5 &lt; b&lt;\"");
  expect(show_in(f, "", "title", {{"content", "vip {{!<b>}}a"}}), "<img title=\"vip a\"");
  // Scripts read HTML from it.
  expect(show_in(f, "", "data-tip", {{"content", "Only <b>{{profile.price}}</b>"}}),
         "<img data-tip=\"Only &lt;b&gt;5&lt;/b&gt;\"");
  // The page's own stays where nothing is there, or no address.
  for (const char* none : {"{{profile.none}}", "{{profile.evil}}", " {{profile.none}} "}) {
    expect(show_in(f, "a", "href", {{"content", none}}), "<nothing>");
  }
  expect(show_in(f, "img", "srcset", {{"content", "{{profile.two}}"}}).find("javascript:") ==
                 std::string::npos
             ? ""
             : "loads it",
         "");
}

std::string show_classes(Fixture& f, const std::string& content,
                         std::optional<std::string_view> of_page) {
  const personalize::AttributePlace place = {{"nginx.conf", 5}, "tier", "", "class"};
  personalize::check_attribute_place(place);
  const Content shown(campaign({{"content", content}}), ".", f.attributes, nullptr, &place);
  WidgetDelivery delivery;
  delivery.page_classes = of_page;
  std::pmr::string out;
  unsigned assets = 0;
  return shown.render(f, f.locale, delivery, assets, out) ? std::string(out) : "<nothing>";
}

void classes_are_added_and_removed(void**) {
  Fixture f;
  f.profile(R"({"tier":"gold","evil":"\"><b> x"})");
  expect(show_classes(f, "tier-{{profile.tier}} -guest", " a guest\tb guest "),
         " class=\"a b tier-gold\"");
  expect(show_classes(f, "vip", ""), " class=\"vip\"");
  expect(show_classes(f, "-a", "a"), " class=\"\"");
  expect(show_classes(f, "+-mt-4 a b", "b"), " class=\"b -mt-4 a\"");
  expect(show_classes(f, "c{{profile.evil}}", "d<e"), " class=\"d&lt;e c&quot;&gt;&lt;b&gt; x\"");
  for (const char* nothing : {"a", "-x", "{{profile.none}}", "-"}) {
    expect(show_classes(f, nothing, "a b"), "<nothing>");
  }
  // A script changes them.
  expect(show_classes(f, "tier-{{profile.tier}} -guest +-a", std::nullopt),
         " class=\"tier-gold -guest +-a\"");
  expect(show_classes(f, "c{{profile.evil}}", std::nullopt), " class=\"c&quot;&gt;&lt;b&gt; x\"");
}

void attributes_that_are_refused(void**) {
  Fixture f;
  for (const auto& [element, attribute, part] :
       {std::tuple("a", "onclick", "is a script"), std::tuple("", "style", "is a style sheet"),
        std::tuple("iframe", "srcdoc", "decides about what is loaded"),
        std::tuple("", "srcdoc", "is a page of its own"),
        std::tuple("script", "src", "decides about what is loaded"),
        std::tuple("x-frame", "src", "loads what runs"),
        std::tuple("meta", "content", "decides about"),
        std::tuple("div", "hx-get", "loads what runs"),
        std::tuple("div", ":title", "an expression"),
        std::tuple("", "data-pz-slot", "is the module's own"),
        std::tuple("", "src", "depends on the element: write its name in the selector"),
        std::tuple("", "value", "depends on the element"), std::tuple("img", "s\"rc", "is no name"),
        std::tuple("iframe", "sandbox", "decides about")}) {
    try {
      show_in(f, element, attribute, {{"content", "x"}});
      fail_msg("accepted: %s", attribute);
    } catch (const ConfigError& error) {
      expect_part(error.what(), part);
      assert_int_equal(error.where().line, 5);
    }
  }
  for (const auto& [statements, part] :
       {std::pair(std::vector<Words>{{"widget", "hello-bar"}, {"set", "text", "x"}},
                  "takes no widget: write \"content\""),
        std::pair(std::vector<Words>{{"content", "javascript:{{profile.x}}"}},
                  "there is no escaping for what follows"),
        std::pair(std::vector<Words>{{"content", " <img src='/x.jpg'>"}},
                  "\"content\" has markup: the slot is the attribute \"href\""),
        std::pair(std::vector<Words>{{"content", "<a href='{{profile.x}}'>"}}, "has markup"),
        std::pair(std::vector<Words>{{"content", "</a>"}}, "has markup"),
        std::pair(std::vector<Words>{{"content", "/{{profile.x}}<b>"}}, "has markup"),
        std::pair(std::vector<Words>{{"content", "{{#profile.x}}<b{{/profile.x}}"}}, "has markup"),
        std::pair(std::vector<Words>{{"content", "<!-- {{profile.x}} -->"}}, "has markup"),
        std::pair(std::vector<Words>{{"content", "{{#profile.x}}"}}, "is not closed")}) {
    try {
      show_in(f, "a", "href", statements);
      fail_msg("accepted: %s", part);
    } catch (const ConfigError& error) {
      expect_part(error.what(), part);
    }
  }
}

void fragments_that_cannot_be_used(void**) {
  Directory directory;
  directory.write("bad.html", "<p>\n<p onclick=\"{{profile.x}}\">");
  directory.write("calls.html", "{{> gone}}");
  directory.write("big.html", std::string((1 << 20) + 1, 'x'));
  const auto path = directory.path();
  expect_error({{"fragment", "no.html"}}, 11, "no.html\": No such file", path);
  expect_error({{"fragment", "."}}, 11, "directory", path);
  expect_error({{"fragment", "bad.html"}}, 11, "template \"bad.html\", line 2: ", path);
  expect_error({{"fragment", "calls.html"}}, 11, "no partial \"gone\": there is no ", path);
  directory.write("leads-out.html", "{{> parts/../../secret}}");
  expect_error({{"fragment", "leads-out.html"}}, 11, "is outside of the folder", path);
  directory.write("absolute.html", "{{> /etc/passwd}}");
  expect_error({{"fragment", "absolute.html"}}, 11, "is outside of the folder", path);
  expect_error({{"fragment", "big.html"}}, 11, "longer than a megabyte", path);
}

void errors(void**) {
  expect_error({{"slot", "x"}}, 10, "campaign \"summer\" shows nothing");
  expect_error({{"widget", "hello-bar"}, {"fragment", "x"}}, 12, "already shows a widget");
  expect_error({{"fragment", "x"}, {"fragment", "y"}}, 12, "already shows a fragment");
  expect_error({{"widget"}}, 11, "\"widget\" takes one name");
  expect_error({{"fragment", "a", "b"}}, 11, "\"fragment\" takes one file");
  expect_error({{"set", "text", "x"}}, 10, "shows nothing");
  expect_error(
      {{"set", "text", "x"}, {"widget", "helo-bar"}}, 12,
      "unknown widget \"helo-bar\"; the widgets are hello-bar, popup, exit-popup, side-coupon");
  expect_error({{"widget", "hello-bar"}, {"set", "txet", "x"}}, 12,
               "widget hello-bar has no field \"txet\": it has text, link, link_text, code");
  expect_error({{"widget", "hello-bar"}, {"set", "code", "x"}, {"set", "code", "y"}}, 13,
               "field \"code\" is duplicate");
  expect_error({{"widget", "hello-bar"}}, 11, "needs the field \"text\"");
  expect_error({{"widget", "recommendations"}}, 11, "needs the field \"items\"");
  expect_error({{"widget", "hello-bar"}, {"set", "text"}}, 12, "takes a field and a value");
  expect_error({{"widget", "hello-bar"}, {"set", "text", "a", "b"}}, 12, "quote a value");
  expect_error({{"widget", "hello-bar"}, {"set", "text", "{{prfile.name}}"}}, 12,
               "template \"set text\", line 1: unknown attribute \"prfile.name\"");
  expect_error({{"widget", "hello-bar"}, {"set", "text", "{{> x}}"}}, 12, "no partial \"x\"");
  expect_error({{"widget", "recommendations"}, {"set", "items", "{{profile.items}}"}}, 12,
               "takes the name of a list");
  expect_error({{"widget", "recommendations"}, {"set", "items", "geo.city"}}, 12,
               "takes the name of a list");
  expect_error({{"widget", "recommendations"}, {"set", "items", "shelf.items"}}, 12,
               "unknown attribute \"shelf.items\"");
}

void hello_bar(void**) {
  Fixture f;
  f.profile(R"json({"name":"<b>\"Ann\"","link":"/sale?a=1&b=2","evil":"javascript:alert(1)"})json");
  const auto bar = show(f, {{"widget", "hello-bar"},
                            {"set", "text", "Hello {{profile.name}}"},
                            {"set", "link", "{{profile.link}}"},
                            {"set", "link_text", "Look & see"},
                            {"set", "code", "TEN"}});
  expect_part(bar, "<pz-hello-bar data-pz-campaign=\"summer\" data-pz-uncounted=\"\">");
  expect_part(bar, "<span class=\"pz-bar-message\">Hello &lt;b&gt;&quot;Ann&quot;</span>");
  expect_part(bar, "<a class=\"pz-bar-link\" href=\"/sale?a=1&amp;b=2\">Look &amp; see</a>");
  expect_part(bar, "<code class=\"pz-code\">TEN</code>");
  expect_part(bar, "aria-label=\"Close\"");

  // What is not set is not there.
  const auto plain = show(f, {{"widget", "hello-bar"}, {"set", "text", "Hi"}});
  expect_part(plain, "<span class=\"pz-bar-message\">Hi</span>");
  assert_false(has(plain, "<a ") || has(plain, "<code"));

  const auto whole =
      show(f, {{"widget", "hello-bar"}, {"set", "text", "Hi"}, {"set", "link", "/x"}});
  expect_part(whole, "<a class=\"pz-bar-whole\" href=\"/x\">Hi</a>");

  const auto evil = show(
      f, {{"widget", "hello-bar"}, {"set", "text", "Hi"}, {"set", "link", "{{profile.evil}}"}});
  expect_part(evil, "href=\"#\"");

  expect(show(f, {{"widget", "hello-bar"}, {"set", "text", "{{profile.nothing}}"}}), "<nothing>");
}

void an_offer_needs_its_reason(void**) {
  Fixture f;
  f.profile(R"({"why":"For members","nothing":""})");
  const auto with_reason = [&](const char* reason, const char* widget, const char* field) {
    return show(f, {{"widget", widget},
                    {"set", field, "Hi"},
                    {"set", "price", "9.99"},
                    {"set", "discount", "10%"},
                    {"set", "reason", reason}});
  };
  for (const auto& [widget, field] : {std::pair("hello-bar", "text"), {"exit-popup", "title"}}) {
    const auto offer = with_reason("{{profile.why}}", widget, field);
    expect_part(offer, ">$9.99<");
    expect_part(offer, ">10%<");
    expect_part(offer, "pz-reason\">For members<");
    expect(with_reason("{{profile.nothing}}", widget, field), "<nothing>");
  }
  // Without an offer it may be missing.
  expect_part(show(f, {{"widget", "hello-bar"},
                       {"set", "text", "Hi"},
                       {"set", "reason", "{{profile.nothing}}"}}),
              "<span class=\"pz-bar-message\">Hi</span>");
}

void what_is_counted_says_so(void**) {
  Fixture f;
  const Content bar(campaign({{"widget", "hello-bar"}, {"set", "text", "Hi"}}), ".", f.attributes);
  WidgetDelivery delivery;
  delivery.counted = true;
  unsigned assets = 3;
  std::pmr::string out;
  assert_true(bar.render(f, f.locale, delivery, assets, out));
  expect_part(std::string(out), "<pz-hello-bar data-pz-campaign=\"summer\">");
  assert_true(bar.reports("summer"));
}

// Recommendations work without script; one that nobody would hear is left out.
void the_script_comes_where_somebody_hears(void**) {
  Fixture f;
  f.profile(R"({"items":["a"]})");
  const Content shelf(campaign({{"widget", "recommendations"}, {"set", "items", "profile.items"}}),
                      ".", f.attributes);
  const auto script = [&](const WidgetDelivery& delivery) {
    unsigned assets = 0;
    std::pmr::string out;
    assert_true(shelf.render(f, f.locale, delivery, assets, out));
    return has(std::string(out), "<script");
  };
  assert_false(script({}));
  assert_true(script({"/_pz/", {}, false}));
  assert_true(script({"", {}, true}));
}

void fragments_take_part_by_an_attribute(void**) {
  Fixture f;
  Directory directory;
  directory.write("plain.html", "<p>Hi</p>");
  directory.write("own.html", "<p data-pz-campaign=\"summer\">Hi</p>");
  const Content plain(campaign({{"fragment", "plain.html"}}), directory.path(), f.attributes);
  const Content own(campaign({{"fragment", "own.html"}}), directory.path(), f.attributes);
  assert_false(plain.reports("summer"));
  assert_true(own.reports("summer"));
  assert_false(own.reports("winter"));

  WidgetDelivery delivery;
  delivery.endpoint = "/_pz/";
  unsigned assets = 0;
  std::pmr::string out;
  assert_true(own.render(f, f.locale, delivery, assets, out));
  expect_part(std::string(out),
              "<p data-pz-campaign=\"summer\">Hi</p><script src=\"/_pz/personalize.js?v=");
  out.clear();
  assert_true(own.render(f, f.locale, delivery, assets, out));
  assert_false(has(std::string(out), "<script"));
}

void widgets_have_rules_of_their_own(void**) {
  const auto rules = [](const std::vector<Words>& statements) {
    auto declaration = campaign(statements);
    const auto before = declaration.statements.size();
    personalize::add_default_rules(declaration);
    std::string text;
    for (auto i = before; i < declaration.statements.size(); ++i) {
      for (const auto& word : declaration.statements[i].words) {
        text += word + " ";
      }
    }
    return text;
  };
  expect(rules({{"widget", "hello-bar"}}), "stop after=dismiss for=7d ");
  expect(rules({{"widget", "exit-popup"}}), "cap 1/session stop after=answer ");
  expect(rules({{"widget", "survey"}}), "cap 1/session stop after=answer ");
  expect(rules({{"widget", "recommendations"}}), "");
  expect(rules({{"fragment", "hello-bar"}}), "");
  expect(rules({{"stop", "after=dismiss", "for=1d"}, {"widget", "hello-bar"}}), "");
  expect(rules({{"stop", "for=1d", "after=dismiss"}, {"widget", "hello-bar"}}), "");
  expect(rules({{"stop", "after=click"}, {"widget", "hello-bar"}}), "stop after=dismiss for=7d ");
  expect(rules({{"widget", "exit-popup"}, {"cap", "5/day"}}), "stop after=answer ");
  expect(rules({{"widget", "popup"}, {"stop", "after=answer", "for=0s"}}), "cap 1/session ");
}

void exit_popup(void**) {
  Fixture f;
  f.profile(R"({"name":"Ann <3"})");
  const auto popup = show(f, {{"widget", "exit-popup"},
                              {"set", "title", "Wait, {{profile.name}}"},
                              {"set", "text", "10% off"},
                              {"set", "link", "/sale"},
                              {"set", "link_text", "Go"},
                              {"set", "code", "TEN"},
                              {"set", "image", "/i.png"}});
  expect_part(popup,
              "<dialog class=\"pz-popup\" aria-labelledby=\"pz-summer-title\" "
              "aria-describedby=\"pz-summer-text\">");
  expect_part(popup, "id=\"pz-summer-title\">Wait, Ann &lt;3</h2>");
  expect_part(popup, "id=\"pz-summer-text\">10% off</p>");
  expect_part(popup, "<a class=\"pz-button\" href=\"/sale\" autofocus=\"\">Go</a>");
  expect_part(popup, "<code class=\"pz-code\">TEN</code>");
  expect_part(popup, "src=\"/i.png\"");
  expect_part(popup, "<form class=\"pz-popup-top\" method=\"dialog\">");

  const auto linked =
      show(f, {{"widget", "exit-popup"}, {"set", "title", "Wait"}, {"set", "link", "/sale"}});
  expect_part(linked, "<a href=\"/sale\">Wait</a></h2>");
  assert_false(has(linked, "aria-describedby"));
}

void when_a_widget_appears(void**) {
  Fixture f;
  const auto popup = show(f, {{"widget", "exit-popup"}, {"set", "title", "Wait"}});
  expect_part(popup, " data-pz-trigger=\"exit_intent\"");
  const auto said = show(f, {{"widget", "exit-popup"},
                             {"set", "title", "Wait"},
                             {"trigger", "delay=5s", "click=a[title=\"<\"]"},
                             {"trigger", "back"},
                             {"auto_hide", "10s"},
                             {"priority", "3"}});
  expect_part(said, " data-pz-trigger=\"delay=5000 click=a[title%3D&quot;&lt;&quot;]|back\"");
  expect_part(said, " data-pz-auto-hide=\"10000\" data-pz-priority=\"3\"");
  const auto bar =
      show(f, {{"widget", "hello-bar"}, {"set", "text", "Hi"}, {"trigger", "scroll=30%"}});
  expect_part(bar, " data-pz-trigger=\"scroll=30\" hidden=\"\"");
  // What waits needs the script, where nothing else would.
  const auto row =
      show(f, {{"widget", "hello-bar"}, {"set", "text", "Hi"}, {"trigger", "load"}}, 0);
  expect_part(row, "<script");
  expect_error({{"fragment", "bar.html"}, {"trigger", "delay=5s"}}, 12,
               "write data-pz-trigger=\"delay=5000\" into the element that has data-pz-campaign");
  expect_error({{"fragment", "bar.html"}, {"auto_hide", "5s"}}, 12, "data-pz-auto-hide=\"5000\"");
  expect_error({{"widget", "hello-bar"}, {"set", "text", "Hi"}, {"trigger", "soon"}}, 13,
               "unknown word \"soon\" of trigger");
}

void recommendations(void**) {
  Fixture f;
  f.profile(R"json({"items":[
    {"title":"Shoe <1>","url":"/p/1?a=b&c","image":"/i/1.png","price":10,"item_brand":"Fell"},
    {"item_name":"Shoe 2","link":"javascript:alert(1)","price":"20.5"},
    "Shoe 3",
    {"name":"Shoe 4","price":"soon"},
    {"url":"/nameless"}, 5, null, {"title":5}]})json");
  const auto shelf = show(f, {{"widget", "recommendations"},
                              {"set", "items", "profile.items"},
                              {"set", "title", "For you"},
                              {"set", "reason", "Because"},
                              {"set", "link", "/all"},
                              {"set", "link_text", "All"}});
  expect_part(shelf,
              "<pz-rows class=\"pz-recommendations\" data-pz-campaign=\"summer\" "
              "data-pz-uncounted=\"\">");
  expect_part(shelf, "<section class=\"pz-recs\" aria-labelledby=\"pz-summer-title\">");
  expect_part(shelf, "<a href=\"/p/1?a=b&amp;c\">Shoe &lt;1&gt;</a>");
  expect_part(shelf, "<img src=\"/i/1.png\"");
  expect_part(shelf, "<span class=\"pz-price\">$10.00</span>");
  expect_part(shelf, "<span class=\"pz-card-brand\">Fell</span>");
  expect_part(shelf, "<span class=\"pz-card-name\">Shoe 2</span>");
  expect_part(shelf, "$20.50");
  expect_part(shelf, "<span class=\"pz-card-name\">Shoe 3</span>");
  expect_part(shelf, "<span class=\"pz-card-name\">Shoe 4</span>");
  assert_false(has(shelf, "javascript") || has(shelf, "nameless") || has(shelf, "soon"));

  std::size_t cards = 0, frames = 0;
  for (std::size_t at = 0; (at = shelf.find("<li", at)) != std::string::npos; ++at) {
    ++cards;
  }
  for (std::size_t at = 0; (at = shelf.find("pz-card-frame\"", at)) != std::string::npos; ++at) {
    ++frames;
  }
  assert_int_equal(cards, 4);
  assert_int_equal(frames, 4);  // one has a picture, so all have its place

  f.profile(R"({"items":["a","b"]})");
  const auto words = show(f, {{"widget", "recommendations"}, {"set", "items", "profile.items"}});
  assert_false(has(words, "pz-card-frame\"") || has(words, "<h2"));
}

void recommendations_without_items(void**) {
  for (const auto* items : {"[]", "null", "\"text\"", "[1,2]", "{}", "{\"title\":\"x\"}",
                            "[{\"url\":\"/x\"}]", "[[\"a\"]]", "[\"\"]"}) {
    Fixture f;
    f.profile("{\"items\":" + std::string(items) + "}");
    expect(show(f,
                {{"widget", "recommendations"},
                 {"set", "items", "profile.items"},
                 {"set", "title", "For you"}},
                0),
           "<nothing>");
  }
}

void long_lists_are_shown_in_part(void**) {
  Fixture f;
  std::string items;
  for (int i = 0; i < 500; ++i) {
    items += (i == 0 ? "" : ",") + std::string("\"item\"");
  }
  f.profile("{\"items\":[" + items + "]}");
  const auto shelf = show(f, {{"widget", "recommendations"}, {"set", "items", "profile.items"}});
  std::size_t cards = 0;
  for (std::size_t at = 0; (at = shelf.find("<li", at)) != std::string::npos; ++at) {
    ++cards;
  }
  assert_int_equal(cards, 24);
}

void style_and_script_once_in_a_page(void**) {
  Fixture f;
  f.profile(R"({"items":["a"]})");
  const Content bar(campaign({{"widget", "hello-bar"}, {"set", "text", "x"}}), ".", f.attributes);
  const Content shelf(campaign({{"widget", "recommendations"}, {"set", "items", "profile.items"}}),
                      ".", f.attributes);

  unsigned assets = 0;
  std::pmr::string first, second, third;
  assert_true(shelf.render(f, f.locale, {}, assets, first));
  assert_int_equal(assets, 1);
  assert_true(bar.render(f, f.locale, {}, assets, second));
  assert_int_equal(assets, 3);
  assert_true(bar.render(f, f.locale, {}, assets, third));
  const std::string a(first), b(second), c(third);
  assert_true(has(a, "<style>") && !has(a, "<script>"));
  assert_true(!has(b, "<style>") && has(b, "<script>"));
  assert_true(!has(c, "<style>") && !has(c, "<script>"));

  // Nothing shown, nothing brought.
  assets = 0;
  f.profile("{}");
  std::pmr::string out = "before";
  assert_false(shelf.render(f, f.locale, {}, assets, out));
  assert_int_equal(assets, 0);
  assert_string_equal(out.c_str(), "before");
}

void style_and_script_from_an_endpoint(void**) {
  Fixture f;
  const Content bar(campaign({{"widget", "hello-bar"}, {"set", "text", "x"}}), ".", f.attributes);
  unsigned assets = 0;
  std::pmr::string out;
  assert_true(bar.render(f, f.locale, WidgetDelivery{"/a&b/", {}}, assets, out));
  for (const auto& asset : personalize::assets()) {
    const bool is_by_need = asset.name == personalize::attention_script ||
                            asset.name == personalize::handover_script ||
                            asset.name == personalize::visual_script;
    if (asset.name == "preview.css" || is_by_need) continue;  // of these no widget is made
    expect_part(std::string(out), "=\"/a&amp;b/" + std::string(asset.name) +
                                      "?v=" + std::string(asset.version) + "\"");
  }
  expect_part(std::string(out), "<link rel=\"stylesheet\" href=");
  expect_part(std::string(out), "\" defer=\"\"></script>");
  assert_false(has(std::string(out), "<style>"));
}

void nonces_of_the_page(void**) {
  Fixture f;
  const Content bar(campaign({{"widget", "hello-bar"}, {"set", "text", "x"}}), ".", f.attributes);
  for (const char* endpoint : {"", "/_pz/"}) {
    unsigned assets = 0;
    std::pmr::string out;
    assert_true(bar.render(f, f.locale, {endpoint, {"s1", "t1"}}, assets, out));
    expect_part(std::string(out), "nonce=\"s1\"");
    expect_part(std::string(out), "nonce=\"t1\"");
  }

  Directory directory;
  directory.write("a.html", "<Script>f()</script><style media=all>p{}</style><b>{{geo.city}}</b>");
  const Content fragment(campaign({{"fragment", "a.html"}}), directory.path(), f.attributes);
  unsigned assets = 0;
  std::pmr::string out;
  assert_true(fragment.render(f, f.locale, {"", {"s1", "t1"}}, assets, out));
  expect_part(std::string(out),
              "<Script nonce=\"s1\">f()</script><style nonce=\"t1\" media=all>p{}</style><b>");
}

void a_locale_names_the_closing_button(void**) {
  Fixture f;
  const Content bar(campaign({{"widget", "hello-bar"}, {"set", "text", "x"}}), ".", f.attributes);
  const personalize::Locale polish("pl-PL", "PLN");
  unsigned assets = 3;
  std::pmr::string out;
  assert_true(bar.render(f, polish, {}, assets, out));
  expect_part(std::string(out), "aria-label=\"Zamknij\"");
}

void what_a_widget_needs(void**) {
  Fixture f;
  const Content shelf(
      campaign({{"widget", "recommendations"},
                {"set", "items", "cart.items"},
                {"set", "title", "{{profile.name}}{{#segment.vip}}!{{/segment.vip}}"}}),
      ".", f.attributes);
  assert_true(shelf.needs(f.attributes) == personalize::SourceSet(3));
  const auto decided = shelf.decided(f.attributes);
  assert_int_equal(decided.size(), 1);
  assert_string_equal(f.attributes[decided[0]].spelling.c_str(), "segment.vip");
}

void out_of_memory(void**) {
  Fixture f;
  const std::string name(5000, 'x');
  f.set("profile.name", Value::string(name));
  const Content bar(campaign({{"widget", "hello-bar"}, {"set", "text", "{{profile.name}}"}}), ".",
                    f.attributes);
  char small[2048];
  std::pmr::monotonic_buffer_resource memory(small, sizeof small, std::pmr::null_memory_resource());
  std::pmr::string out("before", &memory);
  unsigned assets = 0;
  assert_false(bar.render(f, f.locale, {}, assets, out));
  assert_string_equal(out.c_str(), "before");
  assert_int_equal(assets, 0);
}

// What a campaign tells in place of HTML.
std::string tell(Fixture& f, const std::vector<Words>& statements) {
  const Content content(campaign(statements), ".", f.attributes);
  std::pmr::string out;
  return content.write_data(f, f.locale, {}, out) ? std::string(out) : "<nothing>";
}

void fields_in_place_of_html(void**) {
  Fixture f;
  f.profile(R"-({"name": "<Ada>", "link": "/sale", "bad": "javascript:alert(1)",
                 "items": [{"id": "a", "title": "A", "url": "javascript:alert(1)"}]})-");
  const Words bar = {"widget", "hello-bar"};
  const std::string told = tell(f, {bar,
                                    {"set", "text", "For {{profile.name}}"},
                                    {"set", "link", "{{profile.link}}"},
                                    {"set", "link_text", "See"}});
  assert_true(has(told, R"("widget":"hello-bar","fields":{)"));
  assert_true(has(told, R"(For \u003cAda\u003e)"));
  assert_true(has(told, R"("link":"/sale")"));
  const std::string unsafe = tell(f, {bar,
                                      {"set", "text", "Hi"},
                                      {"set", "link", "{{profile.bad}}"},
                                      {"set", "link_text", "See"}});
  assert_true(has(unsafe, "Hi") && !has(unsafe, "javascript"));
  const std::string list =
      tell(f, {{"widget", "recommendations"}, {"set", "items", "profile.items"}});
  assert_true(!has(list, "javascript"));
  assert_string_equal(tell(f, {bar, {"set", "text", "{{profile.nothing}}"}}).c_str(), "<nothing>");
  const std::string fragment =
      tell(f, {{"content", "<p>{{says}}</p>"}, {"set", "says", "{{profile.name}}"}});
  assert_string_equal(fragment.c_str(),
                      R"("fields":{"says":"\u003cAda\u003e"},)"
                      R"("html":"\u003cp\u003e\u0026lt;Ada\u0026gt;\u003c/p\u003e")");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(fields_of_fragments),
    cmocka_unit_test(fragments),
    cmocka_unit_test(attributes_of_the_page),
    cmocka_unit_test(classes_are_added_and_removed),
    cmocka_unit_test(attributes_that_are_refused),
    cmocka_unit_test(fields_in_place_of_html),
    cmocka_unit_test(fragments_that_cannot_be_used),
    cmocka_unit_test(errors),
    cmocka_unit_test(hello_bar),
    cmocka_unit_test(exit_popup),
    cmocka_unit_test(an_offer_needs_its_reason),
    cmocka_unit_test(what_is_counted_says_so),
    cmocka_unit_test(the_script_comes_where_somebody_hears),
    cmocka_unit_test(fragments_take_part_by_an_attribute),
    cmocka_unit_test(widgets_have_rules_of_their_own),
    cmocka_unit_test(when_a_widget_appears),
    cmocka_unit_test(recommendations),
    cmocka_unit_test(recommendations_without_items),
    cmocka_unit_test(long_lists_are_shown_in_part),
    cmocka_unit_test(style_and_script_once_in_a_page),
    cmocka_unit_test(style_and_script_from_an_endpoint),
    cmocka_unit_test(nonces_of_the_page),
    cmocka_unit_test(a_locale_names_the_closing_button),
    cmocka_unit_test(what_a_widget_needs),
    cmocka_unit_test(out_of_memory),
};
const Suite suite(__FILE__, tests);

}  // namespace

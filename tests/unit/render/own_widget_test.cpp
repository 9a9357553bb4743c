// An operator's widgets: what is read of them, and what campaigns show.
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "fixture.h"
#include "personalize/render/content.h"
#include "personalize/render/own_widgets.h"
#include "suite.h"

using personalize::ConfigError;
using personalize::Content;
using personalize::Declaration;
using personalize::OwnWidgets;
using personalize::Value;
using personalize::WidgetDelivery;

namespace {

using Words = std::vector<std::string>;

Declaration declare(const char* name, const std::vector<Words>& statements) {
  Declaration declaration{{"nginx.conf", 10}, name, {}};
  unsigned line = 11;
  for (const auto& words : statements) {
    declaration.statements.push_back({{"nginx.conf", line++}, words, {}});
  }
  return declaration;
}

// A card in a directory that is gone at the end.
class Card {
 public:
  Card() {
    assert_non_null(mkdtemp(path_));
    write("card.html",
          "<p class=\"card\"{{> campaign}}>{{title}}{{#list}}<b>{{title}} {{n}}</b>"
          "{{/list}}{{> more}}</p>\n");
    write("more.html", "<i>{{close}}</i>");
    write("card.css", ".card{}");
    write("card.js", "start();");
    write("word.html", "word\n");
  }
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;
  ~Card() {
    for (const auto& file : files_) {
      unlink(file.c_str());
    }
    rmdir(path_);
  }

  void write(const std::string& name, const std::string& text) {
    files_.push_back(path() + "/" + name);
    std::ofstream(files_.back()) << text;
  }
  std::string path() const { return path_; }

  void add(OwnWidgets& widgets, const std::vector<Words>& more = {}) const {
    std::vector<Words> statements = {
        {"template", "card.html"}, {"field", "title", "required"}, {"field", "list", "list"}};
    statements.insert(statements.end(), more.begin(), more.end());
    widgets.add(declare("card", statements), path());
  }

  std::string show(Fixture& f, const OwnWidgets& widgets, const WidgetDelivery& delivery,
                   unsigned& assets,
                   const std::vector<Words>& sets = {{"set", "title", "T"}}) const {
    std::vector<Words> statements = {{"widget", "card"}};
    statements.insert(statements.end(), sets.begin(), sets.end());
    const Content content(declare("summer", statements), path(), f.attributes, &widgets);
    std::pmr::string out;
    return content.render(f, f.locale, delivery, assets, out) ? std::string(out) : "<nothing>";
  }

 private:
  char path_[24] = "/tmp/own_widget.XXXXXX";
  std::vector<std::string> files_;
};

constexpr const char* shown =
    "<p class=\"card\" data-pz-campaign=\"summer\" data-pz-uncounted=\"\">T<i>Close</i></p>";

void it_is_shown_like_a_built_in_one(void**) {
  const Card card;
  OwnWidgets widgets;
  card.add(widgets);
  assert_true(widgets.warnings().empty());
  Fixture f;
  f.profile(R"({"title":"<x>","list":[{"title":"a","n":1},{"n":2}],"empty":[]})");
  unsigned assets = 0;
  expect(card.show(f, widgets, {}, assets), shown);
  assert_int_equal(assets, 0);
  expect(
      card.show(f, widgets, {}, assets,
                {{"set", "title", "{{profile.title}}{{> word}}"}, {"set", "list", "profile.list"}}),
      "<p class=\"card\" data-pz-campaign=\"summer\" data-pz-uncounted=\"\">&lt;x&gt;word"
      "<b>a 1</b><b>&lt;x&gt;word 2</b><i>Close</i></p>");
  expect(card.show(f, widgets, {}, assets, {{"set", "title", "{{profile.nothing}}"}}), "<nothing>");
  expect_part(
      card.show(f, widgets, {}, assets, {{"set", "title", "T"}, {"set", "list", "[{\"n\": 7}]"}}),
      "<b>T 7</b>");
}

void its_files_are_in_the_page_once(void**) {
  const Card card;
  OwnWidgets widgets;
  card.add(widgets, {{"script", "card.js"}, {"style", "card.css"}});
  Fixture f;
  unsigned assets = 0;
  WidgetDelivery inline_delivery;
  inline_delivery.nonces = {"abc", "def"};
  expect(card.show(f, widgets, inline_delivery, assets),
         std::string("<style nonce=\"def\">/*<![CDATA[*/\n.card{}\n/*]]>*/</style>") + shown +
             "<script nonce=\"abc\">//<![CDATA[\nstart();\n//]]></script>");
  expect(card.show(f, widgets, inline_delivery, assets), shown);

  const auto* style = widgets.find_asset("card.css");
  const auto* script = widgets.find_asset("card.js");
  assert_non_null(style);
  assert_non_null(script);
  assert_true(style->body == ".card{}" && script->type == "text/javascript");
  assert_null(widgets.find_asset("card.html"));
  assets = 0;
  WidgetDelivery served;
  served.endpoint = "/_pz/";
  const auto page = card.show(f, widgets, served, assets);
  expect_part(page,
              "<link rel=\"stylesheet\" href=\"/_pz/card.css?v=" + std::string(style->version));
  // After the shared script, whose functions it may use.
  const auto own = page.find("<script src=\"/_pz/card.js?v=" + std::string(script->version) +
                             "\" defer=\"\"></script>");
  assert_true(own != std::string::npos && page.find("<script") < own);
}

void what_is_doubtful(void**) {
  Card card;
  card.write("plain.html", "<p>{{title}}</p>");
  OwnWidgets widgets;
  widgets.add(declare("plain", {{"template", "plain.html"}, {"field", "title"}, {"field", "text"}}),
              card.path());
  const auto warnings = widgets.warnings();
  assert_int_equal(warnings.size(), 1);
  expect_part(warnings[0].second, "field \"text\" of widget \"plain\" is not shown");
  Fixture f;
  const Content content(declare("summer", {{"widget", "plain"}, {"set", "title", "T"}}),
                        card.path(), f.attributes, &widgets);
  assert_false(content.reports("summer"));
}

void errors(void**) {
  Card card;
  card.write("attribute.html", "<p>\n{{geo.city}}</p>");
  card.write("onclick.html", "<p onclick=\"{{title}}\">");
  const std::pair<std::vector<Words>, const char*> cases[] = {
      {{{"field", "title"}}, "lacks \"template FILE\""},
      {{{"template", "attribute.html"}}, "template \"attribute.html\", line 2: unknown field"},
      {{{"template", "onclick.html"}, {"field", "title"}}, "it is a script"},
      {{{"template", "card.html"}, {"template", "card.html"}}, "\"template\" is duplicate"},
      {{{"template", "card.html"}, {"style", "card.css"}, {"style", "card.css"}}, "is duplicate"},
      {{{"template", "card.html"}, {"field", "a-b"}}, "letters, digits and '_'"},
      {{{"template", "../card.html"}}, "No such file"},
  };
  for (const auto& [statements, message] : cases) {
    OwnWidgets widgets;
    try {
      widgets.add(declare("card", statements), card.path());
      fail_msg("no error: %s", message);
    } catch (const ConfigError& error) {
      expect_part(error.what(), message);
    }
  }
  OwnWidgets widgets;
  card.add(widgets);
  Fixture f;
  try {
    const Content content(declare("summer", {{"widget", "crad"}}), card.path(), f.attributes,
                          &widgets);
    fail();
  } catch (const ConfigError& error) {
    expect_part(error.what(), ", card");
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(it_is_shown_like_a_built_in_one),
    cmocka_unit_test(its_files_are_in_the_page_once),
    cmocka_unit_test(what_is_doubtful),
    cmocka_unit_test(errors),
};
const Suite suite(__FILE__, tests);

}  // namespace

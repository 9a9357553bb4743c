// Every widget, with every field, by the table.
#include <map>
#include <tuple>

#include "personalize/render/content.h"

#include "fixture.h"
#include "suite.h"
#include "widgets/widget.h"

using personalize::ClaimTickets;
using personalize::ConfigError;
using personalize::Content;
using personalize::Declaration;
using personalize::FieldKind;
using personalize::OfferedPrize;
using personalize::Value;
using personalize::Widget;
using personalize::WidgetDelivery;
using personalize::WidgetField;
using personalize::widgets;

namespace {

using Words = std::vector<std::string>;

Declaration campaign(std::string_view widget, const std::vector<Words>& sets) {
  Declaration declaration{{"nginx.conf", 10}, "summer", {}};
  declaration.statements.push_back({{"nginx.conf", 11}, {"widget", std::string(widget)}, {}});
  unsigned line = 12;
  for (const auto& words : sets) {
    declaration.statements.push_back({{"nginx.conf", line++}, words, {}});
  }
  return declaration;
}

class SomeTickets final : public ClaimTickets {
 public:
  bool write(const std::pmr::vector<OfferedPrize>& prizes, std::pmr::string& out) override {
    out += "TICKET-" + std::to_string(prizes.size());
    return true;
  }
};

std::string show(Fixture& f, std::string_view widget, const std::vector<Words>& sets) {
  SomeTickets tickets;
  WidgetDelivery delivery;
  delivery.claims = &tickets;
  const Content content(campaign(widget, sets), ".", f.attributes);
  unsigned assets = 3;
  std::pmr::string out;
  return content.render(f, f.locale, delivery, assets, out) ? std::string(out) : "<nothing>";
}

std::string error(std::string_view widget, const std::vector<Words>& sets) {
  Fixture f;
  try {
    const Content content(campaign(widget, sets), ".", f.attributes);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A value that suits a field.
std::string value_of(const WidgetField& field) {
  switch (field.kind) {
    case FieldKind::goals:
      return "50";
    case FieldKind::number:
      return "12";
    case FieldKind::least:
      return "5";
    case FieldKind::choice:
      // A list shows fewer of the other fields.
      return std::string(field.name == "form" ? field.choices.front() : field.choices.back());
    case FieldKind::answers:
      return "One|Two…";
    case FieldKind::deadline:
      return "daily 14:00";
    case FieldKind::items:
      return R"([{"name":"Kettle","url":"/kettle/","price":49,"old_price":60,"rating":4.5,
        "reviews":12,"image":"/kettle.svg","add_to_cart":"/cart?add=1","badge":"New"}])";
    case FieldKind::prizes:
      return R"([{"text":"10% off","code":"SECRET-CODE"}])";
    case FieldKind::questions:
      return R"([{"id":"why","text":"Why?","answers":["A","B…"]},
        {"id":"nps","text":"How likely?","kind":"scale"},{"id":"say","text":"Say"}])";
    case FieldKind::target:
      return "/subscribe";
    default:
      return field.name == "currency" ? "EUR" : "some words";
  }
}

std::vector<Words> sets_of(const Widget& widget, bool only_required = false) {
  std::vector<Words> sets;
  for (const auto& field : widget.fields) {
    if (field.required || !only_required) {
      sets.push_back({"set", std::string(field.name), value_of(field)});
    }
  }
  return sets;
}

// Whether each tag that is opened is closed, in order: what an XML parser asks for first.
void expect_balanced(const std::string& html, const std::string& name) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string::npos; ++at) {
    const auto end = html.find('>', at);
    assert_true(end != std::string::npos);
    const auto tag = html.substr(at + 1, end - at - 1);
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) {
        fail_msg("%s: </%s> closes nothing: %s", name.c_str(), tag.c_str(), html.c_str());
      }
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find_first_of(" \n")));
    }
  }
  if (!open.empty()) {
    fail_msg("%s: <%s> is open: %s", name.c_str(), open.back().c_str(), html.c_str());
  }
}

void every_widget_shows_its_fields(void**) {
  for (const auto& widget : widgets()) {
    Fixture f;
    f.set("time.now", Value::number(1795176000));
    f.set("time.offset", Value::number(0));
    for (const bool only_required : {true, false}) {
      const std::string name(widget.name);
      const auto html = show(f, widget.name, sets_of(widget, only_required));
      assert_false(html == "<nothing>");
      expect_part(html, " data-pz-campaign=\"summer\" data-pz-uncounted=\"\"");
      expect_balanced(html, name);
      // React and the like compare what stands beside our elements: there is no text.
      assert_true(html.front() == '<' && html.back() == '>');
      assert_false(has(html, "SECRET-CODE"));
      assert_false(has(html, "{{") || has(html, "{remaining}</"));
    }
  }
}

// Items for a list that the page has.
void rows_can_be_items_of_a_list(void**) {
  Fixture f;
  const std::string items = R"([{"name":"Kettle","url":"/k","id":"k1"},{"name":"Lamp"}])";
  for (const char* widget : {"recommendations", "continue-shopping"}) {
    const auto html = show(
        f, widget,
        {{"set", "items", items}, {"set", "form", "list"}, {"set", "item_class", "product \"x"}});
    expect_balanced(html, widget);
    const std::string begin = "<pz-rows class=\"pz-" + std::string(widget) +
                              " pz-list\" data-pz-campaign=\"summer\" data-pz-uncounted=\"\">";
    assert_true(html.rfind(begin, 0) == 0);
    expect_part(
        html, "<li class=\"pz-card product &quot;x\" data-pz-item=\"k1\" data-pz-list=\"summer\"");
    assert_false(has(html, "<section") || has(html, "<ul") || has(html, "<button"));
    const auto row = show(f, widget, {{"set", "items", items}, {"set", "title", "x"}});
    assert_true(has(row, "<section") && has(row, "<li class=\"pz-card\""));
    expect_part(
        error(widget, {{"set", "items", items}, {"set", "form", "list"}, {"set", "title", "x"}}),
        "\"title\" of widget " + std::string(widget) + " is not shown with set form list");
  }
}

// A code of a pool, and a prize, are not in the page, and nothing is where nobody can claim.
void what_is_claimed_has_a_ticket(void**) {
  const std::vector<Words> pool = {{"set", "title", "x"}, {"code", "pool=codes:summer"}};
  const std::vector<Words> prizes = {
      {"set", "title", "x"}, {"set", "prizes", R"([{"text":"a"},{"text":"b","code":"pool=c"}])"}};
  for (const auto& [widget, sets, ticket] :
       {std::tuple("side-coupon", pool, "TICKET-0"), std::tuple("exit-popup", pool, "TICKET-0"),
        std::tuple("scratch-coupon", prizes, "TICKET-2")}) {
    Fixture f;
    expect_part(show(f, widget, sets), " data-pz-claim=\"" + std::string(ticket) + "\"");
    const Content content(campaign(widget, sets), ".", f.attributes);
    unsigned assets = 3;
    std::pmr::string out;
    assert_false(content.render(f, f.locale, {}, assets, out));
  }
  expect_part(error("notice", {{"set", "text", "x"}, {"code", "pool=a"}}), "shows no code");
  expect_part(
      error("exit-popup", {{"set", "title", "x"}, {"set", "code", "A"}, {"code", "pool=a"}}),
      "\"set code\" and \"code pool=\"");
}

void every_required_field_is_needed(void**) {
  for (const auto& widget : widgets()) {
    for (const auto& field : widget.fields) {
      if (!field.required) {
        continue;
      }
      auto sets = sets_of(widget, true);
      const std::string name(field.name);
      sets.erase(std::find_if(sets.begin(), sets.end(),
                              [&](const Words& words) { return words[1] == name; }));
      expect_part(error(widget.name, sets), "needs the field \"" + name + "\": add set " + name);
      if (field.kind != FieldKind::prizes && field.kind != FieldKind::questions) {
        Fixture f;
        f.profile(R"({"nothing":""})");
        const bool list = personalize::is_list(field.kind);
        sets.push_back({"set", name, list ? "profile.nothing" : "{{profile.nothing}}"});
        expect(show(f, widget.name, sets), "<nothing>");
      }
    }
  }
}

// Whatever a document says, the markup stays what it is.
void hostile_values(void**) {
  const std::string evil[] = {
      "\"><script>alert(1)</script>",
      "' onload='x",
      "javascript:alert(1)",
      "</script></style>",
      "<!--#include virtual=\"/x\" -->",
      "{{profile.secret}}",
      "]]>",
      "&lt;",
      "<!--",
  };
  for (const auto& widget : widgets()) {
    Fixture f;
    f.set("time.now", Value::number(1795176000));
    f.set("time.offset", Value::number(0));
    auto sets = sets_of(widget);
    for (auto& words : sets) {
      const auto field = std::find_if(widget.fields.begin(), widget.fields.end(),
                                      [&](const auto& one) { return one.name == words[1]; });
      const bool is_text = field->kind == FieldKind::text || field->kind == FieldKind::texts ||
                           field->kind == FieldKind::price || field->kind == FieldKind::answers;
      words[2] = is_text                               ? "{{profile.evil}}"
                 : field->kind == FieldKind::items     ? "profile.items"
                 : field->kind == FieldKind::questions ? "profile.questions"
                                                       : words[2];
    }
    for (const auto& value : evil) {
      std::string json;
      for (const char c : value) {
        json += c == '"' ? "\\\"" : std::string(1, c);
      }
      const auto member = [&](const char* name) {
        return "\"" + std::string(name) + "\":\"" + json + "\"";
      };
      std::string item = "{\"price\":5";
      for (const auto* name : {"name", "url", "image", "brand", "badge", "currency", "add_to_cart",
                               "id", "summary", "availability"}) {
        item += "," + member(name);
      }
      f.profile("{" + member("evil") + ",\"secret\":\"SECRET\",\"items\":[" + item + "}]," +
                "\"questions\":[{\"id\":\"a\"," + member("text") + ",\"answers\":[\"" + json +
                "\"]},{\"id\":\"b\",\"kind\":\"scale\"," + member("text") + "," + member("low") +
                "}]}");
      const auto html = show(f, widget.name, sets);
      assert_false(html == "<nothing>");
      expect_balanced(html, std::string(widget.name));
      for (const auto* part : {"<script", "</script", "<!--", "onload='", " href=\"javascript:",
                               " src=\"javascript:", " action=\"javascript:", "SECRET", "]]>"}) {
        if (has(html, part)) {
          fail_msg("%s has %s: %s", std::string(widget.name).c_str(), part, html.c_str());
        }
      }
    }
  }
}

// What visitors enter is sent to the shop, whatever a document says.
void where_a_form_is_sent(void**) {
  Fixture f;
  const auto form = [&](const std::string& said, const std::string& action) {
    f.profile("{\"to\": \"" + said + "\"}");
    return show(f, "lead-form", {{"set", "title", "x"}, {"set", "action", action}});
  };
  expect_part(form("/subscribe?a=1", "{{profile.to}}"), " action=\"/subscribe?a=1\"");
  expect_part(form("x", "https://lists.example/{{profile.to}}"),
              " action=\"https://lists.example/x\"");
  for (const auto* evil : {"https://evil.example/", "//evil.example/", "/\\\\evil.example/",
                           "HTTPS://e", "http:e", "javascript:alert(1)", ""}) {
    const auto shown = form(evil, "{{profile.to}}");
    if (has(shown, " action=")) {
      fail_msg("sent to %s: %s", evil, shown.c_str());
    }
  }
  assert_false(has(form("//evil.example", "/{{profile.to}}"), "action=\"///"));
}

void lists_in_the_configuration(void**) {
  Fixture f;
  const auto shelf = show(f, "recommendations", {{"set", "items", R"([{"name":"Kettle"},"Mug"])"}});
  expect_part(shelf, "Kettle");
  expect_part(shelf, "Mug");
  expect_part(error("recommendations", {{"set", "items", "[{\"name\":\"x\"}"}}), "is not JSON: ");
  expect_part(error("recommendations", {{"set", "items", "[]"}}), "field \"items\" is empty");
  expect_part(error("recommendations", {{"set", "items", R"([{"name":"x"},{"url":"/x"}])"}}),
              "item 2 has no name");
  expect_part(
      error("survey", {{"set", "questions", R"([{"id":"a","text":"x"},{"id":"a","text":"y"}])"}}),
      "question \"a\" is duplicate");
  expect_part(error("survey", {{"set", "questions", R"([{"text":"x"}])"}}), "needs an \"id\"");
  expect_part(error("survey", {{"set", "questions", R"([1,2,3,4,5,6])"}}), "at most 5");
  expect_part(error("survey", {{"set", "questions", "{{profile.questions}}"}}),
              "takes the name of a list in a document");
  expect_part(
      error("scratch-coupon", {{"set", "title", "x"}, {"set", "prizes", R"([{"code":"x"}])"}}),
      "a prize needs a \"text\"");
  expect_part(error("scratch-coupon",
                    {{"set", "title", "x"}, {"set", "prizes", R"([{"text":"x","weight":0}])"}}),
              "no prize can be won");
  expect_part(error("scratch-coupon",
                    {{"set", "title", "x"}, {"set", "prizes", R"([{"text":"x","stok":1}])"}}),
              "unknown member \"stok\" of a prize: it has text, code, weight, stock");
  expect_part(error("scratch-coupon",
                    {{"set", "title", "x"}, {"set", "prizes", R"([{"text":"x","code":"pool="}])"}}),
              "lacks the key of its pool");
}

// An operator's source may be called like a member that an item lacks.
void sources_do_not_show_in_built_in_markup(void**) {
  Fixture f;
  f.attributes.declare_source("rating", {});
  f.attributes.declare_source("words", {});
  f.set("rating", Value::number(5));
  f.set("words", Value::string("x"));
  const auto shelf = show(f, "recommendations", {{"set", "items", R"([{"name":"Kettle"}])"}});
  assert_false(has(shelf, "pz-card-rating"));
  const auto survey =
      show(f, "survey", {{"set", "questions", R"([{"id":"a","text":"x","answers":["y"]}])"}});
  assert_false(has(survey, "textarea"));
}

void literals_are_checked(void**) {
  expect_part(error("countdown", {{"set", "deadline", "tomorrow"}}), "is not a deadline");
  expect_part(error("purchase-progress", {{"set", "goal", "much"}}), "takes a number, as in 50");
  expect_part(error("purchase-progress", {{"set", "goal", "50"}, {"set", "goal", "40"}}),
              "goal 40 is not above the one before it");
  expect_part(error("purchase-progress", {{"set", "goal", "0"}}), "goal 0 is not above 0");
  expect_part(error("notice", {{"set", "min", "x"}}), "takes a number");
  expect_part(error("floating-icon", {{"set", "icon", "skull"}}),
              "has no \"skull\": it is one of gift, percent, help, chat, cart");
}

void several_messages(void**) {
  Fixture f;
  f.profile(R"({"nothing":""})");
  const auto bar = show(
      f, "hello-bar",
      {{"set", "text", "One"}, {"set", "text", "{{profile.nothing}}"}, {"set", "text", "Two"}});
  expect_part(
      bar,
      "<span class=\"pz-bar-message\">One</span>"
      "<span class=\"pz-bar-message\" hidden=\"\">Two</span></p><button class=\"pz-bar-next\"");
  const auto one = show(f, "hello-bar", {{"set", "text", "One"}});
  assert_false(has(one, "pz-bar-next"));
}

void deadlines_pass(void**) {
  Fixture f;
  f.set("time.now", Value::number(1795176000));
  f.set("time.offset", Value::number(3600));
  f.profile(R"({"until":"2026-11-20T18:00:00Z","over":"2026-11-20T11:00:00Z","bad":"soon"})");
  const auto bar = [&](const char* deadline) {
    return show(f, "hello-bar", {{"set", "text", "x"}, {"set", "deadline", deadline}});
  };
  expect_part(bar("{{profile.until}}"), "data-pz-deadline=\"1795197600000 0 0\"");
  expect_part(bar("{{profile.until}}"), " data-pz-at-zero=\"hide\"");
  expect_part(bar("2026-11-20T14:00"), "<time datetime=\"P0DT1H0M0S\">");
  expect(bar("{{profile.over}}"), "<nothing>");
  expect(bar("2026-11-20T13:00"), "<nothing>");
  // What a document does not say rightly is no countdown.
  const auto without = bar("{{profile.bad}}");
  expect_part(without, ">x</span>");
  assert_false(has(without, "pz-countdown"));
  expect(show(f, "countdown", {{"set", "deadline", "{{profile.bad}}"}}), "<nothing>");

  const auto done = [&](const char* deadline) {
    return show(
        f, "countdown",
        {{"set", "deadline", deadline}, {"set", "text", "Until"}, {"set", "done_text", "Over"}});
  };
  expect_part(done("{{profile.over}}"), "<p class=\"pz-done\" role=\"status\">Over</p>");
  assert_false(has(done("{{profile.over}}"), "pz-countdown"));
  expect_part(done("{{profile.until}}"),
              "<p class=\"pz-done\" role=\"status\" hidden=\"\">Over</p>");
  expect_part(done("{{profile.until}}"), "data-pz-at-zero=\"text\"");
}

void numbers_that_are_too_low_say_nothing(void**) {
  Fixture f;
  f.profile(R"({"bought":37,"words":"many"})");
  const auto notice = [&](const char* value, const char* least) {
    return show(f, "notice",
                {{"set", "text", "{{profile.bought}} bought today"},
                 {"set", "value", value},
                 {"set", "min", least}});
  };
  expect_part(notice("{{profile.bought}}", "20"), "37 bought today");
  expect(notice("{{profile.bought}}", "38"), "<nothing>");
  expect(notice("{{profile.words}}", "1"), "<nothing>");
  expect(notice("{{profile.nothing}}", "0"), "<nothing>");
}

void labels_stand_in_for_fields(void**) {
  Fixture f;
  const auto plain = show(f, "lead-form", {{"set", "title", "x"}});
  expect_part(plain, "type=\"submit\">Send</button>");
  expect_part(plain, "tabindex=\"-1\" hidden=\"\">Thank you!</p>");
  expect_part(plain, "type=\"email\"");
  const auto own = show(f, "lead-form",
                        {{"set", "title", "x"},
                         {"set", "send", "Join"},
                         {"set", "thanks", "Hi!"},
                         {"set", "type", "tel"}});
  expect_part(own, "type=\"submit\">Join</button>");
  expect_part(own, ">Hi!</p>");
  expect_part(own, "type=\"tel\"");
}

void an_article_or_several(void**) {
  Fixture f;
  expect_part(show(f, "editorial", {{"set", "title", "Wool"}, {"set", "link", "/wool"}}),
              "<a href=\"/wool\">Wool</a>");
  const auto several =
      show(f, "editorial", {{"set", "items", R"([{"name":"A","url":"/a"},{"name":"B"}])"}});
  expect_part(several, "<a href=\"/a\">A</a>");
  expect_part(error("editorial", {{"set", "title", "x"}}), "needs the field \"link\"");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(every_widget_shows_its_fields),
    cmocka_unit_test(rows_can_be_items_of_a_list),
    cmocka_unit_test(what_is_claimed_has_a_ticket),
    cmocka_unit_test(every_required_field_is_needed),
    cmocka_unit_test(hostile_values),
    cmocka_unit_test(where_a_form_is_sent),
    cmocka_unit_test(lists_in_the_configuration),
    cmocka_unit_test(sources_do_not_show_in_built_in_markup),
    cmocka_unit_test(literals_are_checked),
    cmocka_unit_test(several_messages),
    cmocka_unit_test(deadlines_pass),
    cmocka_unit_test(numbers_that_are_too_low_say_nothing),
    cmocka_unit_test(labels_stand_in_for_fields),
    cmocka_unit_test(an_article_or_several),
};
const Suite suite(__FILE__, tests);

}  // namespace

// What is kept of items: the second time a list is shown, it looks as it did the first time.
#include "fixture.h"
#include "suite.h"

#include <memory>
#include <utility>

#include "personalize/render/content.h"
#include "personalize/render/kept_texts.h"

using namespace personalize;

namespace {

// Keeps everything, by the item's place in the document.
class Shelf final : public KeptTexts {
 public:
  bool has(const Value&) noexcept override { return true; }
  const KeptText* find(const Value& list, std::uint32_t number, const void* part,
                       const Locale& locale) noexcept override {
    for (const Kept& one : kept_) {
      if (one.part == part && one.locale == &locale && list.at(number).is_same(one.item)) {
        ++found;
        return reinterpret_cast<const KeptText*>(one.room.get());
      }
    }
    return nullptr;
  }
  void keep(const Value& list, std::uint32_t number, const void* part, const Locale& locale,
            const KeptText& text) noexcept override {
    Kept one{list.at(number), part, &locale, std::make_unique<char[]>(text.size_of_copy())};
    text.copy_to(one.room.get());
    kept_.push_back(std::move(one));
  }

  std::size_t size() const { return kept_.size(); }
  void forget() {
    kept_.clear();
    found = 0;
  }
  std::size_t found = 0;

 private:
  struct Kept {
    Value item;
    const void* part;
    const Locale* locale;
    std::unique_ptr<char[]> room;
  };
  std::vector<Kept> kept_;
};

struct Shown {
  std::string text;
  std::string constants;
};

Shown show(Fixture& f, const Template& compiled, KeptTexts* kept, bool notes_constants = true) {
  std::pmr::string out("before ");
  ConstantParts parts;
  TemplateInput input;
  input.constants = notes_constants ? &parts : nullptr;
  input.kept = kept;
  assert_true(compiled.render(f, f.locale, input, out));
  Shown shown{std::string(out), ""};
  for (const ConstantPart& part : parts) {
    // A constant is what it says it is.
    const auto size = part.end - part.begin;
    assert_memory_equal(out.data() + part.begin, part.source, size);
    shown.constants += std::to_string(part.begin) + "-" + std::to_string(part.end) + "/" +
                       std::to_string(part.hash) + " ";
  }
  return shown;
}

constexpr const char* profile = R"json({"name": "Ann", "items": [
  {"title": "Hat & <scarf>", "url": "/p/1?a=b&c", "price": 12.5, "currency": "EUR",
   "tags": ["a", "b"], "maker": {"name": "Acme"}, "when": "2026-11-30"},
  {"title": "\"Gloves\"", "url": "javascript:alert(1)", "price": 1000, "currency": "PLN",
   "tags": []},
  "a word", 7, null, {"title": "", "name": "x"}]})json";

// Returns how many items are kept.
std::size_t check(const char* text) {
  Fixture f;
  f.profile(profile);
  const Template compiled = f.compile(text);
  const Shown plain = show(f, compiled, nullptr);
  Shelf shelf;
  for (const bool notes_constants : {false, true, true}) {
    const Shown shown = show(f, compiled, &shelf, notes_constants);
    assert_string_equal(shown.text.c_str(), plain.text.c_str());
    if (notes_constants) {
      assert_string_equal(shown.constants.c_str(), plain.constants.c_str());
    }
  }
  assert_int_equal(shelf.found, 2 * shelf.size());
  return shelf.size();
}

void what_is_the_items_own(void**) {
  for (const char* body :
       {"<li>{{title}}</li>",
        "<li><a href=\"{{url}}\" title='{{title}}'>{{title | upper}}</a></li>",
        "<b>{{price | money currency}}</b> constant text that is long enough",
        "{{#tags}}<i>{{.}}</i>{{/tags}}{{^tags}}<i>none of them</i>{{/tags}}",
        "{{#maker}}{{name}}{{title}}{{/maker}}", "{{maker.name | default 'nobody'}}",
        "{{#when}}{{when | date}}{{/when}}", "<img srcset=\"{{url}} 2x\">",
        "<a href=\"/search?q={{title}}\">constant text</a>"}) {
    const std::string text =
        std::string("<ul>{{#profile.items}}") + body + "{{/profile.items}}</ul>";
    assert_int_equal(check(text.c_str()), 3);
  }
}

void what_is_not(void**) {
  for (const char* body : {"{{title}} for {{profile.name}}", "{{title | default profile.name}}",
                           "{{price | money profile.name}}"}) {
    const std::string text = std::string("{{#profile.items}}") + body + "{{/profile.items}}";
    try {
      assert_int_equal(check(text.c_str()), 0);
    } catch (const ConfigError&) {
      // Nor can it be shown at all.
    }
  }
  // An address that begins around the items, and items inside of others.
  check("<a href=\"/x{{#profile.items}}/{{title}}{{/profile.items}}\">x</a>");
  assert_int_equal(check("{{#profile}}{{#items}}{{title}}{{/items}}{{/profile}}"), 0);
  // Nor is there anything to keep.
  assert_int_equal(check("{{#profile.items}}<hr>{{/profile.items}}"), 0);
  assert_int_equal(check("{{#profile.items}}{{/profile.items}}"), 0);
  // What is no list.
  assert_int_equal(check("{{#profile.name}}{{.}}{{/profile.name}}"), 0);
}

// Beside what is not the item's own, the rest is.
void parts_of_items(void**) {
  for (const auto& [body, parts] : std::vector<std::pair<const char*, std::size_t>>{
           {"<a href=\"{{url}}\">{{title}}</a>{{#tags}}{{.}}{{/tags}} for {{profile.name}}", 1},
           {"{{profile.name}}{{title}}{{#price}}{{price}}{{/price}}<hr>", 1},
           {"{{title}}{{url}}{{price}}{{profile.name}}{{#maker}}{{name}}{{/maker}} {{title}}", 2},
           {"<a href=\"{{url}}?{{profile.name}}\">{{title}}{{price}}{{#tags}}{{.}}{{/tags}}</a>",
            1},
           {"{{#profile.name}}{{title}}{{url}}{{price}}{{/profile.name}}", 1},
           {"{{#profile.name}}{{title}}{{/profile.name}}", 1},
           {"{{#title}}{{profile.name}}{{/title}}{{^title}}{{price}}{{url}}{{/title}}", 0}}) {
    const std::string text = std::string("{{#profile.items}}") + body + "{{/profile.items}}";
    assert_int_equal(check(text.c_str()), 3 * parts);
  }
}

// Cards of a widget: what they have of their place in the list is written anew.
void cards(void**) {
  Fixture f;
  const auto title = [](int i) {
    return "{\"id\":" + std::to_string(i) + ",\"title\":\"Hat " + std::to_string(i) +
           "\",\"price\":" + std::to_string(i * 10);
  };
  const std::string one = title(1) + ",\"image\":\"/1.jpg\"}", two = title(2) + "}",
                    three = title(3) + ",\"old_price\":99}";
  Declaration campaign{{"nginx.conf", 10}, "summer", {}};
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"widget", "recommendations"},
                                             {"set", "title", "For you"},
                                             {"set", "items", "profile.list"}}) {
    campaign.statements.push_back({{}, words, {}});
  }
  const Content content(campaign, ".", f.attributes);
  Shelf shelf;
  const auto show_cards = [&](KeptTexts* kept) {
    WidgetDelivery delivery;
    delivery.kept_texts = kept;
    std::pmr::string out;
    unsigned assets = 3;
    assert_true(content.render(f, f.locale, delivery, assets, out));
    return std::string(out);
  };
  for (const auto& list :
       {"[" + one + "," + two + "," + three + "]", "[" + three + ",{}," + one + "]",
        "[" + two + "," + three + "]", "[7," + two + "]"}) {
    f.profile("{\"list\":" + list + "}");
    shelf.forget();
    const auto plain = show_cards(nullptr);
    expect(show_cards(&shelf), plain);
    expect(show_cards(&shelf), plain);
    assert_true(shelf.size() > 0 && shelf.found == shelf.size());
  }
}

void long_texts(void**) {
  Fixture f;
  std::string words;
  for (int i = 0; i < 900; ++i) {
    words += "\"12345\",";
  }
  f.profile("{\"items\":[{\"tags\":[" + words + "\"\"]},{\"title\":\"a\"}]}");
  const Template compiled =
      f.compile("{{#profile.items}}{{title}}{{#tags}}{{.}}{{/tags}};{{/profile.items}}");
  const Shown plain = show(f, compiled, nullptr);
  Shelf shelf;
  assert_string_equal(show(f, compiled, &shelf).text.c_str(), plain.text.c_str());
  assert_string_equal(show(f, compiled, &shelf).text.c_str(), plain.text.c_str());
}

const CMUnitTest tests[] = {
    cmocka_unit_test(what_is_the_items_own),
    cmocka_unit_test(what_is_not),
    cmocka_unit_test(parts_of_items),
    cmocka_unit_test(cards),
    cmocka_unit_test(long_texts),
};
const Suite suite(__FILE__, tests);

}  // namespace

// Time per render: a template, and built-in widgets as an operator would set them. An argument
// chooses those whose name begins with it.
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/values/json/json.h"
#include "personalize/base/document.h"
#include "personalize/render/content.h"
#include "personalize/sources/sources.h"
#include "render/templates/template.h"

namespace {

using namespace personalize;

constexpr std::string_view profile = R"({"name":"Ann","cart":{"total":119.5,"count":3},
  "recommended":[
    {"id":"t1","title":"Moor Wool Throw","url":"/product/throw/","image":"/img/throw.svg","price":89},
    {"id":"c1","title":"Hollow Beeswax Candle","url":"/product/candle/","image":"/img/candle.svg",
     "price":22,"old_price":29,"brand":"Hollow","rating":4.5,"rating_count":120},
    {"id":"b1","title":"Willow Log Basket","url":"/product/basket/","image":"/img/basket.svg",
     "price":74.5,"brand":"Willow","badge":"New"},
    {"id":"m1","title":"Meridian Brass Compass","url":"/p/compass/","image":"/img/compass.svg",
     "price":78,"currency":"EUR"},
    {"id":"k1","title":"Enamel Kettle & Cosy","url":"/p/kettle/?from=rec","image":"/img/kettle.svg",
     "price":1049.99},
    {"id":"r1","title":"Rope Doormat","url":"/p/doormat/","image":"/img/doormat.svg","price":35}]})";

class ProfileFacts : public Facts {
 public:
  explicit ProfileFacts(const AttributeTable& attributes) : attributes_(attributes) {
    DocumentBuilder builder(std::pmr::get_default_resource());
    decode_json(profile, builder);
    document_ = builder.finish();
  }

  Value get(AttributeId id) noexcept override {
    auto value = Value::document(document_);
    for (const auto& word : attributes_[id].path) {
      value = value.find(word);
    }
    return value;
  }

 private:
  const AttributeTable& attributes_;
  std::string document_;
};

// Keeps all items, as a worker keeps those of lists that chains make.
class Shelf final : public KeptTexts {
 public:
  bool has(const Value& list) noexcept override { return list.size() != 0; }
  const KeptText* find(const Value&, std::uint32_t number, const void* part,
                       const Locale&) noexcept override {
    const auto found = texts_.find({part, number});
    return found == texts_.end() ? nullptr : reinterpret_cast<const KeptText*>(found->second.get());
  }
  void keep(const Value&, std::uint32_t number, const void* part, const Locale&,
            const KeptText& text) noexcept override {
    auto& room = texts_[{part, number}];
    room = std::make_unique<char[]>(text.size_of_copy());
    text.copy_to(room.get());
  }

 private:
  std::map<std::pair<const void*, std::uint32_t>, std::unique_ptr<char[]>> texts_;
};

// Of this thread, so that other work of the machine counts less.
double cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

std::string_view wanted;

// Nanoseconds per call; the best of several rounds.
void measure(const char* name, const std::function<std::size_t(std::pmr::string&)>& render) {
  constexpr int rounds = 20, calls = 2000;
  if (std::string_view(name).substr(0, wanted.size()) != wanted) {
    return;
  }
  double best = 1e30;
  std::size_t bytes = 0;
  for (int round = 0; round < rounds; ++round) {
    const double begin = cpu_ns();
    for (int i = 0; i < calls; ++i) {
      // As in NGINX: what a request needs comes from its own memory.
      static char memory[16 * 1024];
      std::pmr::monotonic_buffer_resource arena(memory, sizeof memory);
      std::pmr::string out(&arena);
      bytes = render(out);
    }
    best = std::min(best, (cpu_ns() - begin) / calls);
  }
  std::printf("%-34s %8.0f ns %7zu bytes\n", name, best, bytes);
}

}  // namespace

int main(int argc, char** argv) {
  wanted = argc > 1 ? argv[1] : "";
  AttributeTable attributes;
  attributes.declare_source("profile", {});
  const Locale locale("en-US", "USD");
  ProfileFacts facts(attributes);

  const auto fragment = [](std::string_view, const Where&) { return std::string(); };
  const auto measure_template = [&](const char* name, std::string_view text) {
    const Template compiled(name, text, Template::Mode::html, attributes, fragment, {});
    measure(name, [&](std::pmr::string& out) {
      compiled.render(facts, locale, {}, out);
      return out.size();
    });
  };
  measure_template("text and one value", "<p>Welcome back, {{profile.name}}</p>");
  measure_template("a link", "<a href=\"/hello?name={{profile.name}}\">{{profile.name}}</a>");
  measure_template("money", "<p>{{profile.cart.total | money}}</p>");

  // A block of six items, as an operator's own fragment shows it.
  measure_template(
      "a block of six items",
      "<section class=\"recs\"><h2>For {{profile.name}}</h2><ul>"
      "{{#profile.recommended}}<li><a href=\"{{url}}\"><img src=\"{{image}}\" "
      "alt=\"\" loading=\"lazy\"><span>{{title}}</span>"
      "<b>{{price | money currency}}</b></a></li>{{/profile.recommended}}</ul></section>");
  measure_template("six items as JSON", "<script>show({{profile.recommended}})</script>");

  const auto measure_widget = [&](const char* name,
                                  const std::vector<std::vector<std::string>>& statements,
                                  KeptTexts* kept = nullptr) {
    Declaration campaign{{}, "campaign", {}};
    for (const auto& words : statements) {
      campaign.statements.push_back({{}, words, {}});
    }
    const Content content(campaign, ".", attributes);
    measure(name, [&](std::pmr::string& out) {
      unsigned assets = 3;
      WidgetDelivery delivery;
      delivery.kept_texts = kept;
      content.render(facts, locale, delivery, assets, out);
      return out.size();
    });
  };
  measure_widget("hello-bar", {{"widget", "hello-bar"},
                               {"set", "text", "Welcome back, {{profile.name}}"},
                               {"set", "link", "/cart/"},
                               {"set", "link_text", "Go to your cart"}});
  measure_widget("exit-popup", {{"widget", "exit-popup"},
                                {"set", "title", "We keep your cart, {{profile.name}}"},
                                {"set", "text", "{{profile.cart.count}} things"},
                                {"set", "link", "/cart/"},
                                {"set", "link_text", "Finish your order"}});
  const std::vector<std::vector<std::string>> row = {{"widget", "recommendations"},
                                                     {"set", "title", "Chosen for you"},
                                                     {"set", "items", "profile.recommended"}};
  measure_widget("recommendations, 6 items", row);
  Shelf shelf;
  measure_widget("recommendations, 6 kept items", row, &shelf);
}

// How fast pages are scanned: GB/s on one core, median of many runs.
//
//   rewrite_scan [runs [name]]
//
// The pages are made up to look like a shop's: cards with links, pictures, prices and buttons,
// running text, inline scripts and icons. Five slots are looked for by selector; none is found
// before the page's end, so that all of it is scanned. Further down: one slot, by the selectors
// that operators write, on pages that do not have the element and on one that has it at its end.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/rewrite/rewrite.h"

using namespace personalize;

namespace {

// A small generator of its own, so that pages are the same everywhere.
class Random {
 public:
  std::uint32_t next(std::uint32_t below) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33) % below;
  }

 private:
  std::uint64_t state_ = 42;
};

class PageMaker {
 public:
  std::string words(std::uint32_t count) {
    static const char* const words[] = {"delivery",   "free",   "the",  "of",    "summer",
                                        "collection", "shoes",  "and",  "new",   "for",
                                        "cotton",     "in",     "a",    "price", "returns",
                                        "within",     "thirty", "days", "soft",  "blue"};
    std::string text;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (i != 0) text += ' ';
      text += words[random_.next(20)];
    }
    return text;
  }

  std::string head() {
    std::string page =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" +
        words(6) +
        "</title>\n<link rel=\"stylesheet\" href=\"/assets/main.css\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "</head>\n<body class=\"page page--category\">\n<header class=\"site-header\">"
        "<nav class=\"nav nav--main\" aria-label=\"Main\">\n<ul class=\"nav__list\">\n";
    for (int i = 0; i < 12; ++i) {
      page += "<li class=\"nav__item\"><a class=\"nav__link\" href=\"/c/" + std::to_string(i) +
              "\">" + words(2) + "</a></li>\n";
    }
    return page + "</ul>\n</nav></header>\n<main id=\"content\">\n";
  }

  // About one tag in 43 bytes, one attribute a tag.
  std::string card() {
    std::string id = std::to_string(random_.next(1000000));
    std::string page = "<article class=\"card card--product\" data-id=\"" + id +
                       "\">\n  <a class=\"card__link\" href=\"/p/" + id + "-" + slug() +
                       "\"><img class=\"card__image\" src=\"/media/" + id + ".webp\" alt=\"" +
                       words(3) +
                       "\" loading=\"lazy\" width=\"320\" height=\"320\"></a>\n"
                       "  <h3 class=\"card__title\">" +
                       words(4 + random_.next(4)) + "</h3>\n  <p>" + words(26 + random_.next(40)) +
                       ".</p>\n  <div class=\"card__row\"><span class=\"price\">$" +
                       std::to_string(random_.next(300)) + ".00</span>";
    if (random_.next(3) == 0) page += "<span class=\"badge badge--sale\">Sale</span>";
    if (random_.next(2) == 0) page += "<em>" + words(2) + "</em>";
    page +=
        "</div>\n  <button type=\"button\" class=\"button button--primary\">Add to "
        "cart</button>\n</article>\n";
    return page;
  }

  // About one element in 44 bytes, so twice as many tags; one attribute an element.
  std::string item() {
    std::string id = std::to_string(random_.next(1000000));
    return "<li class=\"item\"><a class=\"item__link\" href=\"/p/" + id +
           "\"><img class=\"thumb\" src=\"/media/" + id + ".webp\" alt=\"" + words(2) +
           "\"></a>\n  <h3>" + words(4) + "</h3>\n  <p>" + words(12 + random_.next(10)) +
           ".</p>\n  <div class=\"row\"><span class=\"price\">$" +
           std::to_string(random_.next(300)) + ".00</span><em>" + words(2) + "</em></div>\n</li>\n";
  }

  // As component libraries render it: each part has its name in an attribute, some classes, and
  // references in its addresses.
  std::string component() {
    static const char* const parts[] = {"card", "badge", "button", "price"};
    std::string id = std::to_string(random_.next(1000000));
    std::string page = "<div data-slot=\"card\" data-testid=\"product-" + id +
                       "\" class=\"flex flex-col gap-6 rounded-xl border py-6 shadow-sm\">\n";
    page += "<a data-slot=\"card-link\" class=\"block hover:underline\" href=\"/p?id=" + id +
            "&amp;from=list\"><img data-slot=\"card-image\" alt=\"Women's " + words(2) +
            "\" src=\"/media/" + id + ".webp?w=320&amp;h=320\" loading=\"lazy\"></a>\n";
    page += "<h3 data-slot=\"card-title\" class=\"leading-none font-semibold\">" + words(5) +
            "</h3>\n<p data-slot=\"card-description\" class=\"text-sm\">" + words(26) + ".</p>\n";
    for (const char* part : parts) {
      page +=
          std::string("<span data-slot=\"") + part + "\" class=\"text-xs\">" + words(2) + "</span>";
    }
    return page + "</div>\n";
  }

  std::string slug() {
    std::string text = words(3);
    std::replace(text.begin(), text.end(), ' ', '-');
    return text;
  }

  // Of a table of data, as dense as pages are that somebody reads: a tag in 13 bytes.
  std::string table_row() {
    std::string page = "<tr class=\"row\">";
    for (int i = 0; i < 4; ++i) {
      page += "<td class=\"name\"><a href=\"/p/" + std::to_string(random_.next(10000)) + "\">" +
              words(2) + "</a></td><td class=\"num\">" + std::to_string(random_.next(100)) +
              ".00</td>";
    }
    return page + "</tr>\n";
  }

  // Denser than any: a tag in 7 bytes.
  std::string dense() {
    std::string page = "<tr>";
    for (int i = 0; i < 8; ++i)
      page += "<td class=\"c\"><b>" + std::to_string(random_.next(100)) + "</b></td>";
    return page + "</tr>\n";
  }

  std::string text() { return "<p>" + words(60 + random_.next(120)) + ".</p>\n"; }

  std::string script() {
    std::string page = "<script>\nwindow.__STATE__ = {";
    for (int i = 0; i < 200; ++i) {
      page += "\"" + slug() + "\":{\"n\":" + std::to_string(random_.next(1000)) +
              ",\"html\":\"<b>" + words(2) + "<\\/b>\",\"ok\":a<b},\n";
    }
    return page + "};\n</script>\n";
  }

  std::string icon() {
    return "<svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M12 2L2 7l10 "
           "5 10-5z\"/>"
           "<circle cx=\"12\" cy=\"12\" r=\"3\"/></svg>" +
           words(2) + "\n";
  }

  static std::string foot() {
    return "</main>\n<footer class=\"site-footer\"><p>End</p></footer>\n</body>\n</html>\n";
  }

 private:
  Random random_;
};

enum class Kind { ordinary, items, table, dense, sparse, scripts, icons, components };

std::string make_page(Kind kind, std::size_t kilobytes) {
  std::size_t size = kilobytes * 1024;
  PageMaker maker;
  std::string page = maker.head();
  const bool in_table = kind == Kind::table || kind == Kind::dense;
  if (in_table) page += "<table><tbody>\n";
  if (kind == Kind::items) page += "<ul class=\"items\">\n";
  while (page.size() + 200 < size) {
    switch (kind) {
      case Kind::ordinary:
        page += maker.card();
        break;
      case Kind::items:
        page += maker.item();
        break;
      case Kind::table:
        page += maker.table_row();
        break;
      case Kind::dense:
        page += maker.dense();
        break;
      case Kind::sparse:
        page += maker.text();
        break;
      case Kind::scripts:
        page += maker.script() + maker.card();
        break;
      case Kind::icons:
        page += maker.card() + maker.icon();
        break;
      case Kind::components:
        page += maker.component();
        break;
    }
  }
  if (in_table) page += "</tbody></table>\n";
  if (kind == Kind::items) page += "</ul>\n";
  return page + PageMaker::foot();
}

struct Count {
  std::size_t tags = 0;
  std::size_t attributes = 0;
};

Count count(const std::string& page) {
  Count result;
  for (std::size_t i = 0; i + 1 < page.size(); ++i) {
    bool tag = page[i] == '<' && (page[i + 1] == '/' || (page[i + 1] >= 'a' && page[i + 1] <= 'z'));
    if (tag) ++result.tags;
    if (page[i] == '=' && page[i + 1] == '"') ++result.attributes;
  }
  return result;
}

double scan_once(const SlotMatcher& matcher, const std::string& page, std::size_t chunk,
                 std::size_t& splices_found) {
  std::pmr::monotonic_buffer_resource memory(std::size_t{64} << 10);
  auto begin = std::chrono::steady_clock::now();
  {
    Scanner scanner(matcher, Scanner::Limits{}, &memory);
    std::pmr::vector<Splice> splices(&memory);
    for (std::size_t at = 0; at < page.size(); at += chunk) {
      std::string_view bytes = std::string_view(page).substr(at, chunk);
      scanner.scan(bytes, at + bytes.size() == page.size(), splices);
    }
    splices_found = splices.size();
  }
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  return elapsed.count();
}

// For scale: tags found by memchr and a loop over their bytes, with no idea of elements or slots.
std::size_t count_tags(const std::string& page) {
  std::size_t tags = 0;
  const char* p = page.data();
  const char* end = p + page.size();
  while ((p = static_cast<const char*>(std::memchr(p, '<', static_cast<std::size_t>(end - p))))) {
    char quote = 0;
    for (++p; p < end; ++p) {
      if (quote != 0) {
        if (*p == quote) quote = 0;
      } else if (*p == '"' || *p == '\'') {
        quote = *p;
      } else if (*p == '>') {
        break;
      }
    }
    ++tags;
    if (p >= end) break;
  }
  return tags;
}

void measure_plain_loop(const std::string& page, int runs) {
  std::vector<double> seconds;
  seconds.reserve(static_cast<std::size_t>(runs));
  std::size_t tags = 0;
  for (int i = 0; i < runs; ++i) {
    auto begin = std::chrono::steady_clock::now();
    tags += count_tags(page);
    std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    seconds.push_back(elapsed.count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + runs / 2, seconds.end());
  std::printf("for scale: memchr and a loop   %6.2f GB/s (%zu tags)\n",
              static_cast<double>(page.size()) / seconds[static_cast<std::size_t>(runs) / 2] / 1e9,
              tags / static_cast<std::size_t>(runs));
}

SlotMatcher make_matcher(std::size_t slots) {
  static const char* const selectors[] = {"main > .recommendations", "#hello-bar", "aside .teaser",
                                          "[data-widget=countdown]", "footer"};
  // Half of them end as words do that the page has in its attributes.
  static const char* const classes[] = {"teaser-summer", "hero-blue", "cart-free",   "bar-shoes",
                                        "box-new",       "grid-left", "strip-top",   "for-cotton",
                                        "for-returns",   "deal-soft", "sale-banner", "upsell",
                                        "countdown",     "shipping",  "newsletter",  "reviews",
                                        "sizes",         "badge-row", "stock",       "loyalty"};
  std::vector<std::string> names;
  std::vector<SlotRule> rules;
  names.reserve(slots);
  rules.reserve(slots);
  for (std::size_t i = 0; i < slots; ++i) {
    names.push_back("slot-" + std::to_string(i));
    std::string selector = ".slot-" + std::to_string(i);
    if (i % 5 == 0) selector = std::string(".") + classes[i / 5 % 20];
    if (i < 5) selector = selectors[i];
    rules.push_back({Where{}, static_cast<SlotId>(i), selector, Placement::append, false});
  }
  return SlotMatcher(names, rules);
}

const char* only = "";  // measure pages whose name contains this

void measure(const char* name, const std::string& page, const SlotMatcher& matcher,
             std::size_t slots, std::size_t chunk, int runs) {
  if (std::string(name).find(only) == std::string::npos) return;
  std::vector<double> seconds;
  seconds.reserve(static_cast<std::size_t>(runs));
  std::size_t found = 0;
  for (int i = 0; i < runs; ++i) seconds.push_back(scan_once(matcher, page, chunk, found));
  std::nth_element(seconds.begin(), seconds.begin() + runs / 2, seconds.end());
  double median = seconds[static_cast<std::size_t>(runs) / 2];
  double best = *std::min_element(seconds.begin(), seconds.end());
  Count counted = count(page);
  std::printf(
      "%-38s %7zu bytes %6zu tags %6zu attributes %3zu slots  %6.2f GB/s  (best %6.2f)  %8.1f µs  "
      "%zu found\n",
      name, page.size(), counted.tags, counted.attributes, slots,
      static_cast<double>(page.size()) / median / 1e9,
      static_cast<double>(page.size()) / best / 1e9, median * 1e6, found);
}

void measure(const char* name, const std::string& page, std::size_t slots, std::size_t chunk,
             int runs) {
  measure(name, page, make_matcher(slots), slots, chunk, runs);
}

// What operators write. The element is at the end of one of the pages only.
void measure_selectors(int runs) {
  static const char* const selectors[] = {"[data-slot=\"hero\"]",
                                          "[data-slot]:not([data-slot*=card]):not(span)",
                                          "[data-slot^=hero]",
                                          "section[data-slot=hero]",
                                          ".hero",
                                          "#hero",
                                          "section.hero",
                                          ".hero span",
                                          ".hero .card__title, .hero .text-xs",
                                          ".hero > :first-child",
                                          "[aria-label=\"hero\"]"};
  const std::string ordinary = make_page(Kind::ordinary, 60);
  const std::string components = make_page(Kind::components, 60);
  std::string with_hero = components;
  with_hero.insert(with_hero.find("</main>"),
                   "<section id=\"hero\" class=\"hero\" data-slot=\"hero\" aria-label=\"hero\">"
                   "</section>");
  for (const char* selector : selectors) {
    SlotMatcher matcher({"slot"}, {{Where{}, 0, selector, Placement::append, false}});
    const std::string name = std::string(selector).substr(0, 24);
    const std::size_t whole = std::size_t{1} << 30;
    measure((name + ", ordinary").c_str(), ordinary, matcher, 1, whole, runs);
    measure((name + ", components").c_str(), components, matcher, 1, whole, runs);
    measure((name + ", found").c_str(), with_hero, matcher, 1, whole, runs);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int runs = argc > 1 ? std::max(1, static_cast<int>(std::strtol(argv[1], nullptr, 10))) : 501;
  if (argc > 2) only = argv[2];
  const std::size_t whole = std::size_t{1} << 30;
  for (std::size_t size : {std::size_t{16}, std::size_t{60}, std::size_t{500}}) {
    std::string page = make_page(Kind::ordinary, size);
    measure("ordinary", page, 5, whole, runs);
  }
  std::string ordinary = make_page(Kind::ordinary, 60);
  measure_plain_loop(ordinary, runs);
  measure("ordinary, 4 KB chunks", ordinary, 5, 4096, runs);
  measure("ordinary, 1 slot", ordinary, 1, whole, runs);
  measure("ordinary, 100 slots", ordinary, 100, whole, runs);
  const std::string items = make_page(Kind::items, 60);
  measure("twice as many tags", items, 5, whole, runs);
  measure_plain_loop(items, runs);
  measure("table of data", make_page(Kind::table, 60), 5, whole, runs);
  measure("densest", make_page(Kind::dense, 60), 5, whole, runs);
  measure("sparse", make_page(Kind::sparse, 60), 5, whole, runs);
  measure("long scripts", make_page(Kind::scripts, 500), 5, whole, runs);
  measure("inline svg", make_page(Kind::icons, 60), 5, whole, runs);
  measure("components", make_page(Kind::components, 60), 5, whole, runs);
  measure_selectors(runs);
  return 0;
}

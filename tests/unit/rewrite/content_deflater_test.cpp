// What slots show in a page that is sent compressed: what templates repeat is referred to, and
// nothing else is.
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "harness.h"
#include "personalize/base/fnv.h"
#include "suite.h"

using namespace personalize;
using namespace personalize::testing;

namespace {

const std::vector<std::string> names = {"bar"};
const std::string page =
    "<!doctype html><body><p data-pz-slot=bar>Hello</p>" + std::string(40000, '.') + "</body>";

class Template {
 public:
  explicit Template(std::vector<std::string> parts) : parts_(std::move(parts)) {}

  // Appends a part of the template, or a value.
  void part(std::size_t i) {
    const auto begin = static_cast<std::uint32_t>(text_.size());
    text_ += parts_[i];
    constants_.push_back(
        {begin, static_cast<std::uint32_t>(text_.size()), fnv1a_32(parts_[i]), parts_[i].data()});
  }
  void value(const std::string& value) { text_ += value; }

  SlotHtml html() const {
    SlotHtml html(text_);
    html.constants = constants_.data();
    html.constant_count = constants_.size();
    return html;
  }
  const std::string& text() const { return text_; }

 private:
  std::vector<std::string> parts_;
  std::string text_;
  ConstantParts constants_;
};

// A page that is sent compressed, with content in one place.
class SentPage {
 public:
  SentPage()
      : matcher_(names, {}),
        plan_bytes_(make_plan(matcher_, {}, page, {}, &memory_)),
        plan_(PagePlan::read(plan_bytes_)),
        bytes_(compress(*plan_, page, {}, &memory_)),
        compressed_(CompressedPage::read(bytes_, *plan_, &memory_)) {}

  // Returns the gzip member, and checks what it inflates to.
  std::string send(const std::vector<SlotHtml>& contents) const {
    const Splice splice = plan_->splice(0);
    GzipOutput output(*compressed_);
    output.pass(0, splice.begin);
    std::string expected = page.substr(0, splice.begin);
    for (const auto& html : contents) {
      output.insert(html);
      expected += html.text;
    }
    output.pass(splice.end, page.size());
    output.end();
    assert_true(inflate(output.gzip) == expected + page.substr(splice.end));
    return output.gzip;
  }

 private:
  std::pmr::monotonic_buffer_resource memory_;
  SlotMatcher matcher_;
  std::pmr::string plan_bytes_;
  std::optional<PagePlan> plan_;
  std::pmr::string bytes_;
  std::optional<CompressedPage> compressed_;
};

std::string markup(std::size_t size) {
  std::string text;
  while (text.size() < size) {
    text += "<i class=\"part-" + std::to_string(text.size()) + "\">";
  }
  return text.substr(0, size);
}

Template list(std::size_t items, const std::string& value) {
  Template list({"<li><a href=\"" + markup(300), "\">" + markup(90), "</a></li>"});
  for (std::size_t i = 0; i < items; ++i) {
    list.part(0);
    list.value(value + std::to_string(100 + i));
    list.part(1);
    list.value(value);
    list.part(2);
  }
  return list;
}

void what_a_template_repeats_is_sent_once(void**) {
  const SentPage sent;
  const auto once = sent.send({list(1, "Hat").html()}).size();
  const auto often = sent.send({list(41, "Hat").html()}).size();
  // Three references of four bytes at most, and values.
  assert_true(often - once < 40 * (4 + 4 + 4 + 9 + 3));
}

void a_template_that_stands_in_several_slots_is_sent_once(void**) {
  const SentPage sent;
  const Template card = list(1, "Hat");
  const auto once = sent.send({card.html()}).size();
  assert_true(sent.send({card.html(), card.html(), card.html()}).size() - once < 2 * 40);
}

// Equal lengths go out as equal lengths, whatever values are like: the page, each other, a
// template.
void values_are_like_nothing(void**) {
  const SentPage sent;
  const auto length = [&](const std::string& value) {
    return sent.send({list(20, value).html()}).size();
  };
  const auto strange = length("qzkvjxwmbhplcdfgrtyn");
  assert_int_equal(length("<i class=\"part-300\">"), strange);
  assert_int_equal(length("aaaaaaaaaaaaaaaaaaaa"), strange);
  assert_int_equal(length("data-pz-slot=bar>Hel"), strange);
}

void what_is_out_of_reach_is_sent_again(void**) {
  const SentPage sent;
  Template far({markup(500)});
  for (const std::size_t gap : {32268UL, 32267UL, 32269UL, 70000UL, 10UL}) {
    far.part(0);
    far.value(std::string(gap, 'v'));
  }
  far.part(0);
  sent.send({far.html()});
}

// Lengths about those of a block, a match, and what is left of one.
void parts_and_values_of_all_lengths_are_joined(void**) {
  const SentPage sent;
  std::mt19937 random(7);
  const std::size_t sizes[] = {0,   1,   2,   3,   4,   7,   8,   9,   10,   11,    18,
                               47,  48,  49,  257, 258, 259, 260, 261, 516,  517,   518,
                               519, 774, 999, 0,   3,   40,  5,   900, 4000, 32767, 66000};
  std::vector<std::string> parts;
  for (const auto size : sizes) {
    parts.push_back(markup(size));
  }
  for (int round = 0; round < 300; ++round) {
    std::deque<Template> contents;
    std::vector<SlotHtml> htmls;
    for (auto left = 1 + random() % 3; left != 0; --left) {
      Template& content = contents.emplace_back(parts);
      for (auto steps = random() % 40; steps != 0; --steps) {
        if (random() % 2 == 0) {
          content.part(random() % parts.size());
        } else {
          std::string value(random() % 100, '\0');
          for (char& c : value) {
            c = static_cast<char>(random());
          }
          content.value(value);
        }
      }
    }
    for (const Template& content : contents) {
      htmls.push_back(content.html());
    }
    sent.send(htmls);
  }
}

void content_that_repeats_nothing_is_not_copied(void**) {
  const SentPage sent;
  const Template card = list(1, "Hat");
  const auto gzip = sent.send({card.html()});
  assert_true(gzip.find(card.text()) != std::string::npos);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(what_a_template_repeats_is_sent_once),
    cmocka_unit_test(a_template_that_stands_in_several_slots_is_sent_once),
    cmocka_unit_test(values_are_like_nothing),
    cmocka_unit_test(what_is_out_of_reach_is_sent_again),
    cmocka_unit_test(parts_and_values_of_all_lengths_are_joined),
    cmocka_unit_test(content_that_repeats_nothing_is_not_copied),
};
const Suite suite(__FILE__, tests);

}  // namespace

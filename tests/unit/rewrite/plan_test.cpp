// Page plans: that damaged ones are refused, and what a compressed page is for those who inflate
// it. That a plan gives the same page as a scan is checked in all tests of the scanner, by
// harness.h.
#include "personalize/rewrite/plan.h"

#include <cstring>
#include <string>

#include "harness.h"
#include "suite.h"

using namespace personalize;
using namespace personalize::testing;

namespace {

const std::vector<std::string> names = {"bar", "offer"};

std::string long_page() {
  std::string page = "<!doctype html><body><p data-pz-slot=bar>Hello</p>";
  for (int i = 0; i < 2000; ++i) {
    page += "<p>Paragraph " + std::to_string(i * 7919) + "</p>\n";
  }
  return page + "<p data-pz-slot=offer>Bye</p></body>";
}

// Aligned as what is read from memory that workers share.
struct Kept {
  explicit Kept(std::string_view bytes) : words(bytes.size() / 8 + 1), size(bytes.size()) {
    std::memcpy(words.data(), bytes.data(), bytes.size());
  }
  char* data() { return reinterpret_cast<char*>(words.data()); }
  std::string_view view() { return {data(), size}; }

  std::vector<std::uint64_t> words;
  std::size_t size;
};

void every_damaged_byte_is_noticed(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const SlotMatcher matcher(names, {});
  const std::string page = long_page();
  Kept plan(make_plan(matcher, {}, page, {}, &memory));
  const auto sound = PagePlan::read(plan.view());
  assert_true(sound.has_value());
  Kept compressed(compress(*sound, page, {}, &memory));
  assert_true(CompressedPage::read(compressed.view(), *sound, &memory).has_value());

  for (std::size_t i = 0; i < compressed.size; i += i < 400 ? 1 : 97) {
    for (const char change : {'\x01', '\x80', '\xff'}) {
      compressed.data()[i] ^= change;
      assert_false(CompressedPage::read(compressed.view(), *sound, &memory).has_value());
      compressed.data()[i] ^= change;
    }
  }
  for (std::size_t i = 0; i < plan.size; ++i) {
    plan.data()[i] ^= '\x10';
    assert_false(PagePlan::read(plan.view()).has_value());
    plan.data()[i] ^= '\x10';
  }
}

void what_is_cut_short_or_too_long_is_refused(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const SlotMatcher matcher(names, {});
  const std::string page = long_page();
  Kept plan(make_plan(matcher, {}, page, {}, &memory));
  const auto sound = PagePlan::read(plan.view());
  Kept compressed(compress(*sound, page, {}, &memory));
  for (std::size_t size = 0; size < plan.size; ++size) {
    assert_false(PagePlan::read(plan.view().substr(0, size)).has_value());
  }
  for (std::size_t size = 0; size < compressed.size; ++size) {
    const auto part = compressed.view().substr(0, size);
    assert_false(CompressedPage::read(part, *sound, &memory).has_value());
  }
  assert_false(CompressedPage::read({}, *sound, &memory).has_value());
}

void a_compressed_page_of_another_plan_is_refused(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const std::string page = long_page();
  const SlotMatcher matcher(names, {});
  const SlotMatcher other({"offer"}, {});
  Kept plan(make_plan(matcher, {}, page, {}, &memory));
  Kept other_plan(make_plan(other, {}, page, {}, &memory));
  Kept compressed(compress(*PagePlan::read(other_plan.view()), page, {}, &memory));
  assert_false(
      CompressedPage::read(compressed.view(), *PagePlan::read(plan.view()), &memory).has_value());
}

void plans_do_not_depend_on_how_the_page_came(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const SlotMatcher matcher(names, {});
  const std::string page = long_page();
  const auto whole = make_plan(matcher, {}, page, {}, &memory);
  for (std::size_t step : {1UL, 7UL, 1000UL, 32768UL}) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = step; at < page.size(); at += step) {
      cuts.push_back(at);
    }
    assert_true(make_plan(matcher, {}, page, cuts, &memory) == whole);
  }
}

// Longer than a stored block can be, and empty.
void content_of_any_length_is_joined(void**) {
  const SlotMatcher matcher(names, {});
  const std::string page = long_page();
  for (std::size_t size : {0UL, 1UL, 65535UL, 65536UL, 200000UL}) {
    const Fills fills = {{"bar", std::string(size, 'x')}, {"offer", "<b>y</b>"}};
    const auto html = rewrite_by_plan(matcher, names, fills, page, {});
    assert_true(html.find("<p data-pz-slot=bar>" + std::string(size, 'x') + "</p>") !=
                std::string::npos);
    assert_true(html.find("<b>y</b></p></body>") != std::string::npos);
  }
}

// What is inserted stands in the stream as it is: its length is the same whatever the page says.
void content_is_not_compressed_with_the_page(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const SlotMatcher matcher(names, {});
  const std::string page = long_page();
  Kept plan(make_plan(matcher, {}, page, {}, &memory));
  const auto sound = PagePlan::read(plan.view());
  Kept kept(compress(*sound, page, {}, &memory));
  const auto compressed = CompressedPage::read(kept.view(), *sound, &memory);
  const auto length = [&](const std::string& content) {
    GzipOutput output(*compressed);
    output.pass(0, sound->splice(0).begin);
    output.insert(std::string_view(content));
    output.end();
    return output.gzip.size();
  };
  const std::string in_page = "Paragraph 7919";
  const std::string elsewhere = "qzkvjxwmbhplcd";
  assert_int_equal(in_page.size(), elsewhere.size());
  assert_int_equal(length(in_page), length(elsewhere));
  assert_int_equal(length(in_page + in_page), length(in_page + elsewhere));
}

void digests_tell_rules_apart(void**) {
  const Where where;
  const auto digest = [&](const std::vector<std::string>& slots, std::vector<SlotRule> rules) {
    return SlotMatcher(slots, rules).digest();
  };
  const SlotRule rule = {where, 0, "#a", Placement::inner, false, false};
  SlotRule other = rule;
  const auto base = digest(names, {rule});
  assert_true(base == digest(names, {rule}));
  other.selector = "#b";
  assert_false(base == digest(names, {other}));
  other = rule, other.placement = Placement::before;
  assert_false(base == digest(names, {other}));
  other = rule, other.all = true;
  assert_false(base == digest(names, {other}));
  other = rule, other.early = true;
  assert_false(base == digest(names, {other}));
  other = rule, other.slot = 1;
  assert_false(base == digest(names, {other}));
  assert_false(base == digest({"offer", "bar"}, {rule}));
  assert_false(digest({"ab", "c"}, {}) == digest({"a", "bc"}, {}));
  assert_false(base == digest(names, {rule, rule}));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(every_damaged_byte_is_noticed),
    cmocka_unit_test(what_is_cut_short_or_too_long_is_refused),
    cmocka_unit_test(a_compressed_page_of_another_plan_is_refused),
    cmocka_unit_test(plans_do_not_depend_on_how_the_page_came),
    cmocka_unit_test(content_of_any_length_is_joined),
    cmocka_unit_test(content_is_not_compressed_with_the_page),
    cmocka_unit_test(digests_tell_rules_apart),
};
const Suite suite(__FILE__, tests);

}  // namespace

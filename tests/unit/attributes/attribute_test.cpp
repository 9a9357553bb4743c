#include "personalize/attributes/attribute.h"

#include "personalize/attributes/page.h"
#include "personalize/base/element_data.h"

#include "../signals/assert_values.h"
#include "suite.h"

using namespace personalize;

namespace {

const Where here = {"nginx.conf", 7};

void names_become_roots_and_fields(void**) {
  AttributeTable table;
  const auto& country = table[table.intern("geo.country", here)];
  assert_true(country.root == Root::geo && country.field == Field::geo_country);
  assert_text(country.spelling, "geo.country");
  assert_int_equal(country.where.line, 7);

  const auto& fresh = table[table.intern("visitor.new", here)];
  assert_true(fresh.root == Root::visitor && fresh.field == Field::visitor_new);

  const auto& cart = table[table.intern("cookie.cart.v2", here)];
  assert_true(cart.root == Root::cookie && cart.field == Field::none);
  assert_text(cart.name, "cart.v2");

  const auto& argument = table[table.intern("request.arg.Utm_Source", here)];
  assert_true(argument.field == Field::request_arg);
  assert_text(argument.name, "Utm_Source");

  const auto& header = table[table.intern("request.header.X-Plan", here)];
  assert_true(header.field == Field::request_header);
  assert_text(header.name, "x-plan");

  assert_true(table[table.intern("var.host", here)].root == Root::variable);
}

void a_name_is_interned_once(void**) {
  AttributeTable table;
  const auto id = table.intern("geo.city", here);
  assert_int_equal(table.intern("geo.city", here), id);
  assert_int_not_equal(table.intern("geo.region", here), id);
  assert_int_equal(table.size(), 2);
}

void sources_and_segments_are_found_by_index(void**) {
  AttributeTable table;
  table.declare_source("weather", here);
  table.declare_source("profile", here);
  table.declare_segment("vip", here);

  const auto& tier = table[table.intern("profile.address.city", here)];
  assert_true(tier.root == Root::source);
  assert_int_equal(tier.index, 1);
  assert_int_equal(tier.path.size(), 2);
  assert_text(tier.path[0], "address");
  assert_text(tier.path[1], "city");

  assert_int_equal(table[table.intern("profile", here)].path.size(), 0);
  assert_int_equal(table[table.intern("segment.vip", here)].index, 0);
  assert_true(table.knows_root("profile.x"));
  assert_true(table.knows_root("geo"));
  assert_false(table.knows_root("name"));
}

void mistakes_name_the_remedy(void**) {
  AttributeTable table;
  table.declare_source("profile", here);
  assert_config_error(table.intern("profil.tier", here), "personalize_source (profile)");
  assert_config_error(table.intern("geo.contry", here), "country, continent");
  assert_config_error(table.intern("geo", here), "geo.FIELD");
  assert_config_error(table.intern("cookie", here), "cookie.NAME");
  assert_config_error(table.intern("cookie.", here), "cookie.NAME");
  assert_config_error(table.intern("request.arg", here), "request.arg.NAME");
  assert_config_error(table.intern("visitor.id.x", here), "which has no fields");
  for (const char* name : {"profile.", "profile.a.", "profile..a", "profile.."}) {
    assert_config_error(table.intern(name, here), "an empty name");
  }
  assert_config_error(table.intern("geo.country.", here), "which has no fields");
  assert_config_error(table.intern("geo..country", here), "has the fields");
  assert_config_error(table.intern("segment.vip", here), "personalize_segment");
  assert_config_error(table.intern("", here), "unknown attribute");
  assert_config_error(table.declare_source("geo", here), "mean something else");
  assert_config_error(table.declare_source("session", here), "mean something else");
  assert_config_error(table.declare_source("profile", here), "is duplicate");
  assert_config_error(table.declare_source("a.b", here), "one word");
  table.declare_segment("vip", here);
  assert_config_error(table.declare_segment("vip", here), "is duplicate");
  assert_config_error(table.intern("segment.vap", here), "declared are vip");
  assert_int_equal(table.size(), 0);
}

void a_page_is_needed_as_if_it_were_a_source(void**) {
  AttributeTable table;
  table.declare_source("weather", here);
  const auto brand = table[table.intern("page.item_brand", here)];
  assert_true(brand.root == Root::page);
  assert_text(page_fields[brand.index], "item_brand");
  assert_true(direct_needs(brand) == SourceSet().set(page_need));
  assert_true(direct_needs(table[table.intern("weather.sky", here)]) == SourceSet().set(0));
  assert_true(direct_needs(table[table.intern("geo.city", here)]).none());

  assert_config_error(table.intern("page.brand", here), "a page has the fields type, item_id");
  assert_config_error(table.intern("page", here), "a page has the fields");
}

void a_session_needs_its_parts(void**) {
  AttributeTable table;
  assert_config_error(table.intern("session.views", here), "write \"personalize_session;\"");
  table.declare_source("weather", here);
  table.declare_source("stock", here);
  assert_int_equal(table.declare_session(here), 2);
  const auto needs = [&](const char* spelling) {
    return direct_needs(table[table.intern(spelling, here)]);
  };
  const SourceSet page = SourceSet().set(page_need);
  assert_true(needs("session.views") == 0x4);
  assert_true(needs("session.referer_host") == 0x4);
  assert_true(needs("session.item_views") == (SourceSet(0x4) | page));
  assert_true(needs("session.cart_value") == (SourceSet(0x4) | page));
  assert_true(needs("session.cart_items") == (SourceSet(0x4) | page));
  assert_true(needs("session.visits") == 0xC);
  assert_true(needs("session.days_since_last_visit") == 0xC);
  assert_true(needs("session.viewed") == 0x10);
  assert_true(needs("session.top_category") == 0x60);
  assert_true(needs("session.distinct_categories") == 0x60);
  assert_true(needs("session.top_brand") == 0x180);
  assert_true(table.knows_root("session.views"));
  assert_config_error(table.intern("session", here), "session.FIELD");
  assert_config_error(table.intern("session.page", here), "has the fields views, item_views");
  assert_true(table[table.intern("session.viewed.0", here)].path.front() == "0");
  assert_true(needs("session.viewed.0") == 0x10);
  assert_config_error(table.intern("session.viewed.", here), "an empty name");
  assert_config_error(table.intern("session.views.0", here), "which has no fields");
}

void sources_are_merged(void**) {
  AttributeTable table;
  table.declare_source("crm", here);
  table.declare_source("web", here);
  table.declare_merge("customer", {"web", "crm"}, here);
  const Attribute size = table[table.intern("customer.size.eu", here)];
  assert_int_equal(size.index, 1);
  assert_true(size.others == std::vector<std::uint32_t>{0});
  assert_true(direct_needs(size) == 3);
  assert_true(reads_source(size, 0) && reads_source(size, 1));
  assert_false(reads_source(table[table.intern("web.x", here)], 0));
  assert_true(table.knows_root("customer.size"));
  assert_false(table.is_trusted(size));
  table.trust_source(1);
  assert_false(table.is_trusted(size));
  table.trust_source(0);
  assert_true(table.is_trusted(size));
  assert_config_error(table.intern("customer", here), "write \"customer.FIELD\"");
  assert_config_error(table.intern("nothing.x", here), "(crm, web, customer)");
  assert_config_error(table.declare_merge("other", {"crm", "none"}, here),
                      "unknown source \"none\"");
  assert_config_error(table.declare_merge("crm", {"crm", "web"}, here), "is duplicate");
  assert_config_error(table.declare_merge("geo", {"crm", "web"}, here), "cannot be called \"geo\"");
  assert_config_error(table.declare_source("crm", here), "make one key of a personalize_value");
}

void variables_of_responses_and_decisions(void**) {
  AttributeTable table;
  const auto attribute = [&](const char* spelling) { return table[table.intern(spelling, here)]; };
  assert_true(direct_needs(attribute("var.upstream_http_x_sku"))[page_need]);
  assert_true(direct_needs(attribute("var.sent_http_x"))[page_need]);
  assert_true(direct_needs(attribute("var.uri")).none());
  assert_true(is_decided(attribute("var.personalize_segments")));
  assert_false(is_decided(attribute("var.uri")));
}

void recommendations_are_declared(void**) {
  AttributeTable table;
  table.declare_source("profile", here);
  assert_config_error(table.intern("recommend.a", here), "none is declared with");
  assert_int_equal(table.declare_recommendation("a", here), 1);
  assert_config_error(table.declare_recommendation("a", here), "is duplicate");
  assert_config_error(table.declare_recommendation("a.b", here), "one word without a dot");
  assert_config_error(table.intern("recommend.b", here), "declared are a");
  const Attribute& inside = table[table.intern("recommend.a.0.price", here)];
  assert_true(inside.root == Root::recommend && inside.path.size() == 2);
  assert_true(direct_needs(inside) == 2);
  // What is asked for where items are known stays unknown elsewhere.
  assert_config_error(table.intern("item.price", here), "inside personalize_recommend");
  table.know_items(true);
  assert_true(table[table.intern("item.price", here)].root == Root::item);
  table.know_items(false);
  assert_config_error(table.intern("item.price", here), "inside personalize_recommend");
}

void what_happened_to_campaigns(void**) {
  AttributeTable table;
  assert_config_error(table.intern("campaign.a.shown", here), "none is declared with");
  assert_int_equal(table.declare_campaign("a", here), 0);
  assert_int_equal(table.declare_campaign("summer.sale", here), 1);
  assert_int_equal(table.declare_campaign("a", here), 0);  // refused by the program, not here
  const Attribute clicked = table[table.intern("campaign.summer.sale.clicked", here)];
  assert_true(clicked.root == Root::campaign && clicked.field == Field::campaign_clicked);
  assert_int_equal(clicked.index, 1);
  assert_text(clicked.name, "summer.sale");
  assert_true(type_of(clicked) == ValueType::number);
  assert_true(direct_needs(clicked).none());
  assert_config_error(table.intern("campaign.b.shown", here), "declared are a, summer.sale");
  assert_config_error(table.intern("campaign.a.bought", here), "of a campaign is known shown, ");
  assert_config_error(table.intern("campaign.a", here), "\"campaign.a.shown\"");
  assert_config_error(table.intern("campaign", here), "campaign.NAME");
}

void pages_have_types(void**) {
  assert_true(is_page_type("product") && is_page_type("other"));
  assert_false(is_page_type("") || is_page_type("Product") || is_page_type("produc"));
  assert_text(list_page_types(),
              "home, category, product, cart, checkout, order, wishlist, search, other");
}

void elements_have_names(void**) {
  AttributeTable table;
  const Attribute sku = table[table.intern("slot.data.sku", here)];
  assert_true(sku.root == Root::slot);
  assert_true(direct_needs(sku) == SourceSet().set(element_need));
  assert_int_equal(sku.place, 0);
  assert_int_equal(table[table.intern("slot.data.item-id", here)].place, 1);
  assert_int_equal(table[table.intern("slot.data.item_id", here)].place, 1);
  assert_true(table.element_names() == (std::vector<std::string>{"sku", "item_id"}));
  assert_config_error(table.intern("slot.data", here), "slot.data.NAME");
  assert_config_error(table.intern("slot.sku", here), "has the fields data");
  assert_config_error(table.intern("slot.data.itemId", here), "\"slot.data.item_id\"");
  assert_config_error(table.declare_source("slot", here), "mean something else");
  for (std::size_t i = 2; i < ElementNames::most; i++) {
    table.intern("slot.data.a" + std::to_string(i), here);
  }
  assert_config_error(table.intern("slot.data.more", here), "is one too many");
}

void sources_have_a_limit(void**) {
  AttributeTable table;
  for (std::size_t i = 0; i < most_sources; i++) {
    table.declare_source("s" + std::to_string(i), here);
  }
  assert_config_error(table.declare_source("one_more", here), "more than 254");
  assert_config_error(table.declare_session(here), "counts as 14 sources");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(names_become_roots_and_fields),
    cmocka_unit_test(a_name_is_interned_once),
    cmocka_unit_test(sources_and_segments_are_found_by_index),
    cmocka_unit_test(mistakes_name_the_remedy),
    cmocka_unit_test(a_page_is_needed_as_if_it_were_a_source),
    cmocka_unit_test(a_session_needs_its_parts),
    cmocka_unit_test(sources_are_merged),
    cmocka_unit_test(variables_of_responses_and_decisions),
    cmocka_unit_test(recommendations_are_declared),
    cmocka_unit_test(what_happened_to_campaigns),
    cmocka_unit_test(pages_have_types),
    cmocka_unit_test(elements_have_names),
    cmocka_unit_test(sources_have_a_limit),
};
const Suite suite(__FILE__, tests);

}  // namespace

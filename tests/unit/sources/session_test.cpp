// personalize_session's parameters, and what session.* say.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/sources/session.h"

namespace {

using namespace personalize;

const Where here = {"nginx.conf", 1};
constexpr std::int64_t day = 86400;
constexpr std::int64_t now = 20000 * day;

std::string refusal(const std::vector<std::string_view>& parameters) {
  try {
    parse_session(parameters, here);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

void parameters(void**) {
  const SessionOptions usual = parse_session({}, here);
  assert_int_equal(usual.timeout_s, 1800);
  assert_int_equal(usual.history, 20);
  assert_int_equal(usual.half_life_s, 7 * day);
  assert_int_equal(usual.keep_s, 90 * day);
  const SessionOptions given =
      parse_session({"timeout=1h30m", "history=100", "half_life=1", "keep=1d"}, here);
  assert_int_equal(given.timeout_s, 5400);
  assert_int_equal(given.history, 100);
  assert_int_equal(given.half_life_s, 1);
  assert_int_equal(given.keep_s, day);
  for (const char* wrong : {"timeout=0", "timeout=500ms", "timeout=", "timeout", "keep=20y",
                            "history=0", "history=101", "history=-1", "history=1000", "history=x",
                            "history=", "half_life=x", "other=1", "off", "="}) {
    assert_true(refusal({wrong}).find("personalize_session") == 0);
  }
  assert_true(refusal({"keep=1d", "keep=1d"}).find("is duplicate") != std::string::npos);
}

void periods(void**) {
  SessionOptions options;
  options.half_life_s = 10;
  const auto at = [&](std::int64_t now_s) { return AffinityPeriod::of(options, now_s); };
  assert_int_equal(at(0).number, 0);
  assert_true(at(0).half_lives == 0);
  assert_int_equal(at(319).number, 0);
  assert_true(at(319).half_lives == 31.9);
  assert_int_equal(at(320).number, 1);
  assert_true(at(320).half_lives == 0);
  assert_int_equal(at(-5).number, 0);
}

void keys_of_affinities_name_their_period(void**) {
  SessionOptions options;
  options.half_life_s = 10;
  const auto key = [&](SessionPart part) {
    std::pmr::string key("k");
    add_period(part, options, 330, key);
    return std::string(key);
  };
  assert_true(key(SessionPart::current) == "k");
  assert_true(key(SessionPart::visits) == "k");
  assert_true(key(SessionPart::seen) == "k");
  assert_true(key(SessionPart::categories) == "k:1");
  assert_true(key(SessionPart::older_categories) == "k:0");
  assert_true(key(SessionPart::brands) == "k:1");
  assert_true(key(SessionPart::older_brands) == "k:0");
}

void only_named_fields_are_asked_for(void**) {
  AttributeTable attributes;
  assert_int_equal(attributes.declare_session(here), 0);
  auto sources = session_sources(attributes, here);
  assert_int_equal(sources.size(), fixed_session_parts);
  attributes.intern("session.views", here);
  attributes.intern("session.visits", here);
  attributes.intern("session.utm_source", here);
  const std::uint32_t before = sources[0].id;
  collect_session_fields(sources, 0, attributes);
  assert_true((sources[0].fields == std::vector<std::string>{"views", "started", "utm_source"}));
  assert_true(sources[0].id != before);
}

// --- What the attributes say ---

// Documents, and the view of them.
class Session {
 public:
  Session() {
    view.now_s = now;
    start.landing_path = "/landing";
  }

  // Members of an object by name, as text; numbers for a ranking.
  void put(SessionPart part,
           std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
    DocumentBuilder& b = begin(part);
    b.begin_object();
    for (const auto& [name, value] : members) {
      b.key(name);
      b.string(value);
    }
    b.end();
    finish(part);
  }
  void list(SessionPart part, std::initializer_list<std::string_view> elements) {
    DocumentBuilder& b = begin(part);
    b.begin_array();
    for (const auto element : elements) {
      b.string(element);
    }
    b.end();
    finish(part);
  }
  void rank(SessionPart part, std::initializer_list<std::pair<std::string_view, double>> members) {
    DocumentBuilder& b = begin(part);
    b.begin_object();
    for (const auto& [name, score] : members) {
      b.key(name);
      b.number(score);
    }
    b.end();
    finish(part);
  }
  void state(SessionPart part, Lookup lookup) {
    view.documents[static_cast<std::size_t>(part)] = {lookup, Value()};
  }
  // As of a visitor of whom nothing is kept yet.
  void nothing_is_kept() {
    for (auto& document : view.documents) {
      document = {Lookup::missing, Value()};
    }
  }

  double number(Field field) const {
    const Value value = read_session(field, view);
    return value.kind() == Kind::number ? value.as_number() : -1;
  }
  std::string text(Field field) const {
    const Value value = read_session(field, view);
    return value.kind() == Kind::string ? std::string(value.as_string()) : "missing";
  }
  bool is_missing(Field field) const { return read_session(field, view).is_missing(); }

  SessionOptions options;
  SessionStart start;
  SessionView view{options, start, {}, 0, {}};

 private:
  DocumentBuilder& begin(SessionPart part) {
    auto& builder = builders_[static_cast<std::size_t>(part)];
    builder.clear();
    return builder;
  }
  void finish(SessionPart part) {
    const auto i = static_cast<std::size_t>(part);
    view.documents[i] = {Lookup::fetched, Value::document(builders_[i].finish())};
  }

  std::vector<DocumentBuilder> builders_{most_session_parts,
                                         DocumentBuilder(std::pmr::get_default_resource())};
};

const auto all_fields = fields_of(Root::session);

void of_a_session_that_begins_here(void**) {
  Session session;
  session.nothing_is_kept();
  assert_true(session.number(Field::session_views) == 1);
  assert_true(session.number(Field::session_item_views) == 0);
  assert_true(session.number(Field::session_visits) == 1);
  assert_true(session.number(Field::session_started) == now);
  assert_true(session.text(Field::session_landing_path) == "/landing");
  assert_true(session.is_missing(Field::session_utm_source));
  assert_true(session.number(Field::session_distinct_categories) == 0);
  assert_true(session.is_missing(Field::session_days_since_last_visit));
  assert_true(session.is_missing(Field::session_viewed));
}

void of_one_that_is_under_way(void**) {
  Session session;
  session.nothing_is_kept();
  session.put(SessionPart::current, {{"started", "1700000000"},
                                     {"views", "4"},
                                     {"item_views", "2"},
                                     {"landing_path", "/first"},
                                     {"last_item", "7"}});
  session.view.page.item = "8";
  session.put(SessionPart::visits,
              {{"visits", "3"}, {"last", "1700000000"}, {"previous", "1699000000"}});
  assert_true(session.number(Field::session_views) == 5);
  assert_true(session.number(Field::session_item_views) == 3);
  assert_true(session.number(Field::session_started) == 1700000000);
  assert_true(session.text(Field::session_landing_path) == "/first");
  assert_true(session.text(Field::session_last_item) == "7");
  assert_true(session.number(Field::session_visits) == 3);
  assert_true(session.number(Field::session_days_since_last_visit) == 11);
}

// A row of the table without a reader is noticed here.
void every_field_is_read(void**) {
  Session session;
  session.nothing_is_kept();
  session.put(SessionPart::current, {{"started", "1700000000"},
                                     {"views", "4"},
                                     {"item_views", "2"},
                                     {"landing_path", "/first"},
                                     {"referer_host", "news.example"},
                                     {"utm_source", "mail"},
                                     {"utm_medium", "letter"},
                                     {"utm_campaign", "spring"},
                                     {"last_item", "7"},
                                     {"last_page_type", "cart"},
                                     {"cart_value", "9.90"},
                                     {"cart_items", "1"},
                                     {"arg:ref", "friend"}});
  session.put(SessionPart::visits, {{"visits", "3"},
                                    {"last", "2"},
                                    {"previous", "1"},
                                    {"at_cart", "1"},
                                    {"previous_furthest", "product"},
                                    {"previous_last_item", "5"},
                                    {"previous_cart_value", "12"}});
  session.list(SessionPart::seen, {"7"});
  session.list(SessionPart::purchased, {"7"});
  session.list(SessionPart::dismissed, {"7"});
  session.list(SessionPart::cart, {"7"});
  session.list(SessionPart::browsed, {"a"});
  session.rank(SessionPart::prices, {{"7", 3}, {"8", 5}});
  session.put(SessionPart::purchases,
              {{"purchases", "2"}, {"purchase_value", "30.5"}, {"last_purchase", "5"}});
  session.rank(SessionPart::categories, {{"a", 1.5}});
  session.rank(SessionPart::brands, {{"b", 1.5}});
  session.rank(count_part(0, false), {{"green", 1.5}});
  session.options.names = {{"ref"}, {*find_page_field("item_variant")}};
  for (const Field field : all_fields) {
    Attribute attribute;
    attribute.root = Root::session;
    attribute.field = field;
    if (field == Field::session_args) {
      attribute.name = "ref";
    } else if (field == Field::session_top || field == Field::session_distinct) {
      attribute.name = "item_variant";
    }
    if (read_session(attribute, session.view).is_missing()) {
      fail_msg("session.%s is not read", std::string(name_of(field)).c_str());
    }
  }
}

void of_stages(void**) {
  Session session;
  session.nothing_is_kept();
  assert_true(session.is_missing(Field::session_furthest));
  session.view.page.type = "search";
  assert_true(session.is_missing(Field::session_furthest));
  session.view.page.type = "category";
  assert_true(session.text(Field::session_furthest) == "category");
  // The visit before came to the cart; this page begins another one.
  session.put(SessionPart::visits,
              {{"at_product", "1"}, {"at_cart", "1"}, {"last_item", "7"}, {"cart_value", "80"}});
  assert_true(session.text(Field::session_furthest) == "category");
  assert_true(session.text(Field::session_previous_furthest) == "cart");
  assert_true(session.text(Field::session_previous_last_item) == "7");
  assert_true(session.text(Field::session_previous_cart_value) == "80");
  // That visit goes on.
  session.put(SessionPart::current, {{"started", "1700000000"}, {"last_page_type", "cart"}});
  assert_true(session.text(Field::session_furthest) == "cart");
  assert_true(session.text(Field::session_last_page_type) == "cart");
  assert_true(session.is_missing(Field::session_previous_furthest));
  assert_true(session.is_missing(Field::session_previous_cart_value));
  session.view.page.type = "checkout";
  assert_true(session.text(Field::session_furthest) == "checkout");
}

void of_prices(void**) {
  Session session;
  session.nothing_is_kept();
  assert_true(session.is_missing(Field::session_lowest_price));
  session.rank(SessionPart::prices, {{"a", 20}, {"b", 5.5}, {"c", 7}});
  assert_true(session.number(Field::session_lowest_price) == 5.5);
  assert_true(session.number(Field::session_highest_price) == 20);
  session.view.page.price = "99.90";
  assert_true(session.number(Field::session_highest_price) == 99.9);
  session.view.page.price = "2";
  assert_true(session.number(Field::session_lowest_price) == 2);
  for (const char* none : {"x", "-1", "1e999", "nan"}) {
    session.view.page.price = none;
    assert_true(session.number(Field::session_lowest_price) == 5.5);
    assert_true(session.number(Field::session_highest_price) == 20);
  }
}

void of_attention(void**) {
  Session session;
  assert_true(session.is_missing(Field::session_visible_seconds));
  session.nothing_is_kept();
  assert_true(session.number(Field::session_visible_seconds) == 0);
  assert_true(session.number(Field::session_scroll) == 0);
  session.put(SessionPart::attention, {{"visible_seconds", "75"}, {"scroll", "130"}});
  assert_true(session.number(Field::session_visible_seconds) == 75);
  assert_true(session.number(Field::session_scroll) == 130);
  session.put(SessionPart::attention, {{"visible_seconds", "-1"}});
  assert_true(session.is_missing(Field::session_visible_seconds));
}

void of_purchases(void**) {
  Session session;
  session.nothing_is_kept();
  assert_true(session.number(Field::session_purchases) == 0);
  assert_true(session.number(Field::session_purchase_value) == 0);
  assert_true(session.is_missing(Field::session_last_purchase));
  assert_true(session.is_missing(Field::session_purchased));
  session.put(SessionPart::purchases,
              {{"purchases", "3"}, {"purchase_value", "59.97"}, {"last_purchase", "1700000000"}});
  assert_true(session.number(Field::session_purchases) == 3);
  assert_true(session.number(Field::session_purchase_value) == 59.97);
  assert_true(session.number(Field::session_last_purchase) == 1700000000);
  // Whoever looks at an order has no cart any more.
  session.put(SessionPart::current, {{"started", "1700000000"}, {"cart_value", "5"}});
  assert_true(session.text(Field::session_cart_value) == "5");
  session.view.page.order = "1001";
  assert_true(session.is_missing(Field::session_cart_value));
}

void names_that_the_configuration_chooses(void**) {
  const SessionOptions options = parse_session(
      {"keep_args=ref,gclid", "count=item_variant,item_category2", "keep_purchases=1y"}, here);
  assert_int_equal(options.keep_purchases_s, 365 * day);
  AttributeTable attributes;
  attributes.declare_session(here, &options.names);
  auto sources = session_sources(attributes, here, options.names);
  assert_int_equal(sources.size(), fixed_session_parts + 4);
  const Attribute ref = attributes[attributes.intern("session.args.gclid", here)];
  assert_int_equal(ref.place, 1);
  const Attribute top = attributes[attributes.intern("session.top.item_category2", here)];
  assert_true(direct_needs(top)[fixed_session_parts + 2] &&
              direct_needs(top)[fixed_session_parts + 3]);
  assert_int_equal(direct_needs(top).count(), 2);
  attributes.intern("session.previous.furthest", here);
  collect_session_fields(sources, 0, attributes);
  assert_true((sources[0].fields == std::vector<std::string>{"started", "arg:gclid"}));
  assert_int_equal(sources[1].fields.size(), 4 + stage_fields.size() + 5);
  const auto refused = [&](const char* name) {
    try {
      attributes.intern(name, here);
      return std::string();
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
  };
  assert_true(refused("session.args.other").find("keep_args=other") != std::string::npos);
  assert_true(refused("session.top.price").find("count=price") != std::string::npos);
  assert_true(refused("session.distinct.x").find("a page has the fields") != std::string::npos);
  assert_true(refused("session.previous").find("its root has the fields") != std::string::npos);
  for (const char* wrong : {"keep_args=", "keep_args=a,a", "keep_args=a,b,c,d,e,f,g,h,i", "count=x",
                            "count=type", "count=item_brand", "count=price,", "count=,price",
                            "count=price,value,items,coupon,currency"}) {
    if (refusal({wrong}).find("personalize_session") != 0) {
      fail_msg("%s is not refused", wrong);
    }
  }

  Session session;
  session.nothing_is_kept();
  session.options.names = options.names;
  session.start.args[1] = "abc";
  assert_true(read_session(ref, session.view).as_string() == "abc");
  session.put(SessionPart::current, {{"started", "1"}, {"arg:gclid", "first"}});
  assert_true(read_session(ref, session.view).as_string() == "first");
  session.rank(count_part(1, false), {{"felt", 2}, {"wool", 3}});
  assert_true(read_session(top, session.view).as_string() == "wool");
}

void of_the_visit_after(void**) {
  Session session;
  session.nothing_is_kept();
  const std::string last = std::to_string(now - 9 * day - 1);
  session.put(SessionPart::visits, {{"visits", "3"}, {"last", last}, {"previous", "1"}});
  assert_true(session.number(Field::session_visits) == 4);
  assert_true(session.number(Field::session_days_since_last_visit) == 9);
}

void the_first_visit(void**) {
  Session session;
  session.nothing_is_kept();
  assert_true(session.number(Field::session_first_visit) == now);
  // Of what an older version has kept, the earliest visit that is known.
  session.put(SessionPart::visits, {{"last", "90"}});
  assert_true(session.number(Field::session_first_visit) == 90);
  session.put(SessionPart::visits, {{"last", "90"}, {"previous", "70"}});
  assert_true(session.number(Field::session_first_visit) == 70);
  session.put(SessionPart::visits, {{"last", "90"}, {"previous", "70"}, {"first", "20"}});
  assert_true(session.number(Field::session_first_visit) == 20);
  session.state(SessionPart::visits, Lookup::timeout);
  assert_true(session.is_missing(Field::session_first_visit));
}

void clocks_that_disagree(void**) {
  Session session;
  session.nothing_is_kept();
  session.put(SessionPart::visits, {{"last", std::to_string(now + day)}});
  assert_true(session.number(Field::session_days_since_last_visit) == 0);
}

// Neither a new session nor an old one where Redis cannot tell.
void unknown_is_missing(void**) {
  for (const Lookup state : {Lookup::idle, Lookup::pending, Lookup::error, Lookup::timeout,
                             Lookup::wrong_type, Lookup::too_large}) {
    Session session;
    for (std::size_t part = 0; part < most_session_parts; ++part) {
      session.state(static_cast<SessionPart>(part), state);
    }
    for (const Field field : all_fields) {
      assert_true(session.is_missing(field));
    }
  }
}

void garbage_is_missing(void**) {
  for (const char* garbage :
       {"", "x", "-1", "1.5", "1e3", " 1", "1 ", "99999999999999999999", "9007199254740992"}) {
    Session session;
    session.nothing_is_kept();
    session.put(SessionPart::current,
                {{"views", garbage}, {"item_views", garbage}, {"started", garbage}});
    session.put(SessionPart::visits,
                {{"visits", garbage}, {"last", garbage}, {"previous", garbage}});
    for (const Field field :
         {Field::session_views, Field::session_item_views, Field::session_started,
          Field::session_visits, Field::session_days_since_last_visit}) {
      assert_true(session.is_missing(field));
    }
  }
}

void documents_of_another_shape(void**) {
  Session session;
  for (std::size_t part = 0; part < most_session_parts; ++part) {
    session.put(static_cast<SessionPart>(part), {{"views", "1"}});
  }
  assert_true(session.is_missing(Field::session_viewed));
  assert_true(session.is_missing(Field::session_top_category));
  assert_true(session.number(Field::session_distinct_categories) == 0);
}

void carts(void**) {
  Session session;
  session.nothing_is_kept();
  assert_true(session.is_missing(Field::session_cart_value));
  session.put(SessionPart::current, {{"cart_value", "49.90"}, {"cart_items", "3"}});
  assert_true(session.text(Field::session_cart_value) == "49.90");
  session.view.page.cart_value = "0";
  assert_true(session.text(Field::session_cart_value) == "0");
  assert_true(session.text(Field::session_cart_items) == "3");
}

void affinities_of_two_periods_add_up(void**) {
  Session session;
  session.nothing_is_kept();
  session.rank(SessionPart::categories, {{"a", 1.5}, {"b", 1}});
  assert_true(session.text(Field::session_top_category) == "a");
  // 2^32 there counts as 1 here.
  session.rank(SessionPart::older_categories, {{"b", std::exp2(32)}, {"c", std::exp2(30)}});
  assert_true(session.text(Field::session_top_category) == "b");
  session.rank(SessionPart::older_categories, {{"c", std::exp2(33)}});
  assert_true(session.text(Field::session_top_category) == "c");
  session.state(SessionPart::categories, Lookup::missing);
  assert_true(session.text(Field::session_top_category) == "c");
  assert_true(session.is_missing(Field::session_top_brand));
  session.rank(SessionPart::older_brands, {{"x", 1}});
  assert_true(session.text(Field::session_top_brand) == "x");
}

void categories_fade_from_the_count(void**) {
  Session session;
  session.nothing_is_kept();
  session.options.half_life_s = 10;
  session.view.now_s = 320 * 100 + 50;  // five half-lives into a period
  session.rank(SessionPart::categories, {{"now", 32}, {"long ago", 2}, {"once", 4}, {"less", -9}});
  assert_true(session.number(Field::session_distinct_categories) == 2);
  session.state(SessionPart::older_categories, Lookup::error);
  assert_true(session.is_missing(Field::session_distinct_categories));
}

// Whatever happens at which time, what is read is the sum of 2^-(age / half_life).
void forward_decay_is_exponential_decay(void**) {
  SessionOptions options;
  options.half_life_s = 100;
  const std::int64_t times[] = {0, 50, 3150, 3199, 3200, 3201, 4000, 6399, 6400};
  for (const std::int64_t asked : {6400, 6500, 9000}) {
    double newer = 0;
    double older = 0;
    double expected = 0;
    const auto period = AffinityPeriod::of(options, asked);
    for (const std::int64_t t : times) {
      const auto then = AffinityPeriod::of(options, t);
      const double weight = std::exp2(then.half_lives);
      newer += then.number == period.number ? weight : 0;
      older += then.number == period.number - 1 ? weight : 0;
      expected +=
          then.number >= period.number - 1 ? std::exp2(-static_cast<double>(asked - t) / 100) : 0;
    }
    const double read =
        (newer + older * std::exp2(-AffinityPeriod::length)) * std::exp2(-period.half_lives);
    assert_true(std::fabs(read - expected) < 1e-12 * expected);
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(parameters),
    cmocka_unit_test(periods),
    cmocka_unit_test(keys_of_affinities_name_their_period),
    cmocka_unit_test(only_named_fields_are_asked_for),
    cmocka_unit_test(of_a_session_that_begins_here),
    cmocka_unit_test(of_one_that_is_under_way),
    cmocka_unit_test(every_field_is_read),
    cmocka_unit_test(of_stages),
    cmocka_unit_test(of_prices),
    cmocka_unit_test(of_attention),
    cmocka_unit_test(of_purchases),
    cmocka_unit_test(names_that_the_configuration_chooses),
    cmocka_unit_test(of_the_visit_after),
    cmocka_unit_test(the_first_visit),
    cmocka_unit_test(clocks_that_disagree),
    cmocka_unit_test(unknown_is_missing),
    cmocka_unit_test(garbage_is_missing),
    cmocka_unit_test(documents_of_another_shape),
    cmocka_unit_test(carts),
    cmocka_unit_test(affinities_of_two_periods_add_up),
    cmocka_unit_test(categories_fade_from_the_count),
    cmocka_unit_test(forward_decay_is_exponential_decay),
};
const Suite suite(__FILE__, tests);

}  // namespace

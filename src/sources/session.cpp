// Reads session.* attributes from the documents of a visitor's session.
#include "personalize/sources/session.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/numbers/number.h"

namespace personalize {

namespace {

constexpr double day_s = 86400;

// A category that was looked at once counts for three half-lives.
constexpr double faintest = 0.125;

bool is_there(const SessionDocument& document) {
  return document.state == Lookup::fetched;
}

// Returns whether it is known what the document holds, be it nothing. It is not if Redis could not
// be asked, or holds something else.
bool is_known(const SessionDocument& document) {
  return is_there(document) || document.state == Lookup::missing;
}

std::optional<std::int64_t> read_count(const Value& value) {
  if (value.kind() != Kind::string) {
    return std::nullopt;
  }
  constexpr std::int64_t most = std::int64_t{1} << 53;  // what a double holds exactly
  const auto n = read_integer<std::int64_t>(value.as_string());
  const bool is_count = n && *n >= 0 && *n < most;
  return is_count ? n : std::nullopt;
}

Value number(std::optional<std::int64_t> n) {
  return n ? Value::number(static_cast<double>(*n)) : Value();
}

Value known(std::string_view s) {
  return s.empty() ? Value() : Value::string(s);
}

Value text(const Value& value) {
  return value.kind() == Kind::string ? value : Value();
}

// The sums of the affinities of two periods.
class Affinities {
 public:
  Affinities(const SessionDocument& newer, const SessionDocument& older)
      : newer_(is_there(newer) ? newer.value : Value()),
        older_(is_there(older) ? older.value : Value()) {}

  // Calls visit(name, score); scores are as of the beginning of the newer period.
  template <class Visit>
  void for_each(Visit visit) const {
    const double fading = std::exp2(-AffinityPeriod::length);
    for (std::uint32_t i = 0; i < newer_.size(); ++i) {
      const auto name = newer_.key_at(i);
      visit(name, score(newer_.at(i)) + score(older_.find(name)) * fading);
    }
    for (std::uint32_t i = 0; i < older_.size(); ++i) {
      const auto name = older_.key_at(i);
      if (newer_.find(name).is_missing()) {
        visit(name, score(older_.at(i)) * fading);
      }
    }
  }

  // Returns whether Redis could say what there is in either period.
  static bool are_known(const SessionDocument& newer, const SessionDocument& older) {
    return is_known(newer) && is_known(older);
  }

  Value top() const {
    std::string_view best;
    double highest = 0;
    for_each([&](std::string_view name, double score) {
      if (score > highest) {
        best = name;
        highest = score;
      }
    });
    return known(best);
  }

  Value count(const AffinityPeriod& now) const {
    const double least = faintest * std::exp2(now.half_lives);
    std::int64_t n = 0;
    for_each([&](std::string_view, double score) { n += score >= least ? 1 : 0; });
    return number(n);
  }

 private:
  static double score(const Value& value) {
    return value.kind() == Kind::number ? value.as_number() : 0;
  }

  Value newer_, older_;
};

class Reader {
 public:
  explicit Reader(const SessionView& view) : view_(view) {}

  Value read(const Attribute& attribute) const {
    if (attribute.name.empty()) {
      return read(attribute.field);
    }
    if (attribute.place == Attribute::no_place) {
      return {};
    }
    switch (attribute.field) {
      case Field::session_args:
        return is_known(current()) ? argument(attribute) : Value();
      case Field::session_top:
        return ranked(attribute.place).top();
      case Field::session_distinct:
        return distinct(count_part(attribute.place, false), count_part(attribute.place, true));
      default:
        return {};
    }
  }

  Value read(Field field) const {
    switch (field) {
      case Field::session_visits:
        return visits();
      case Field::session_days_since_last_visit:
        return days_since_last_visit();
      case Field::session_first_visit:
        return first_visit();
      case Field::session_top_category:
        return affinities(SessionPart::categories, SessionPart::older_categories).top();
      case Field::session_top_brand:
        return affinities(SessionPart::brands, SessionPart::older_brands).top();
      case Field::session_distinct_categories:
        return distinct(SessionPart::categories, SessionPart::older_categories);
      case Field::session_viewed:
        return list(SessionPart::seen);
      case Field::session_categories:
        return list(SessionPart::browsed);
      case Field::session_lowest_price:
        return price([](double price, double other) { return price < other; });
      case Field::session_highest_price:
        return price([](double price, double other) { return price > other; });
      case Field::session_furthest:
        return furthest();
      case Field::session_previous_furthest:
        return previous_furthest();
      case Field::session_previous_last_item:
        return of_previous("previous_last_item", "last_item");
      case Field::session_previous_cart_value:
        return of_previous("previous_cart_value", "cart_value");
      case Field::session_purchases:
      case Field::session_purchase_value:
      case Field::session_last_purchase:
        return of_purchases(field);
      case Field::session_visible_seconds:
      case Field::session_scroll:
        return of_attention(field);
      case Field::session_purchased:
        return list(SessionPart::purchased);
      case Field::session_dismissed:
        return list(SessionPart::dismissed);
      case Field::session_cart:
        return list(SessionPart::cart);
      default:
        return is_known(current()) ? of_session(field) : Value();
    }
  }

 private:
  const SessionDocument& part(SessionPart part) const {
    return view_.documents[static_cast<std::size_t>(part)];
  }
  const SessionDocument& current() const { return part(SessionPart::current); }
  bool has_begun() const { return is_there(current()); }

  Affinities affinities(SessionPart newer, SessionPart older) const {
    return {part(newer), part(older)};
  }

  Affinities ranked(std::size_t count) const {
    return affinities(count_part(count, false), count_part(count, true));
  }

  Value distinct(SessionPart newer, SessionPart older) const {
    if (!Affinities::are_known(part(newer), part(older))) {
      return {};
    }
    return affinities(newer, older).count(AffinityPeriod::of(view_.options, view_.now_s));
  }

  Value list(SessionPart of) const {
    const SessionDocument& known = part(of);
    return is_there(known) && known.value.kind() == Kind::array ? known.value : Value();
  }

  // Returns the first of all prices, that of this page included, in that order.
  template <class IsBefore>
  Value price(IsBefore is_before) const {
    const SessionDocument& prices = part(SessionPart::prices);
    if (!is_known(prices)) {
      return {};
    }
    auto first = read_price(view_.page.price);
    for (std::uint32_t i = 0; i < prices.value.size(); ++i) {
      const Value other = prices.value.at(i);
      if (other.kind() == Kind::number && (!first || is_before(other.as_number(), *first))) {
        first = other.as_number();
      }
    }
    return first ? Value::number(*first) : Value();
  }

  // Returns the furthest stage that is noted of the visit that was made last.
  std::optional<std::uint32_t> stage_of_last_visit() const {
    const Value& visits = part(SessionPart::visits).value;
    std::optional<std::uint32_t> furthest;
    for (std::uint32_t stage = 0; stage < stage_fields.size(); ++stage) {
      if (!visits.find(stage_fields[stage]).is_missing()) {
        furthest = stage;
      }
    }
    return furthest;
  }

  static Value stage(std::optional<std::uint32_t> stage) {
    return stage ? Value::string(page_stages[*stage]) : Value();
  }

  bool are_visits_known() const {
    return is_known(current()) && is_known(part(SessionPart::visits));
  }

  Value furthest() const {
    if (!are_visits_known()) {
      return {};
    }
    const auto here = find_page_stage(view_.page.type);
    const auto before = has_begun() ? stage_of_last_visit() : std::nullopt;
    return stage(std::max(here, before));
  }

  Value previous_furthest() const {
    if (!are_visits_known()) {
      return {};
    }
    return has_begun() ? text(part(SessionPart::visits).value.find("previous_furthest"))
                       : stage(stage_of_last_visit());
  }

  // Until a visit is under way, that which was made last is the previous one.
  Value of_previous(std::string_view of_previous, std::string_view of_last) const {
    const Value& visits = part(SessionPart::visits).value;
    return are_visits_known() ? text(visits.find(has_begun() ? of_previous : of_last)) : Value();
  }

  Value of_purchases(Field field) const {
    const SessionDocument& purchases = part(SessionPart::purchases);
    if (!is_known(purchases)) {
      return {};
    }
    const Value stored = purchases.value.find(name_of(field));
    if (field == Field::session_purchase_value) {
      const auto sum = stored.is_missing() ? 0 : read_price(stored_text(stored));
      return sum ? Value::number(*sum) : Value();
    }
    if (field == Field::session_purchases && stored.is_missing()) {
      return Value::number(0);
    }
    return number(read_count(stored));
  }

  Value of_attention(Field field) const {
    const SessionDocument& attention = part(SessionPart::attention);
    if (!is_known(attention)) {
      return {};
    }
    const Value stored = attention.value.find(name_of(field));
    return stored.is_missing() ? Value::number(0) : number(read_count(stored));
  }

  static std::string_view stored_text(const Value& value) {
    return value.kind() == Kind::string ? value.as_string() : std::string_view();
  }

  // Once the visit is under way, it is among those that were counted.
  Value visits() const {
    const SessionDocument& visits = part(SessionPart::visits);
    if (!is_known(current()) || !is_known(visits)) {
      return {};
    }
    const Value stored = visits.value.find("visits");
    const auto counted = stored.is_missing() ? 0 : read_count(stored);
    if (!counted) {
      return {};
    }
    return number(has_begun() ? std::max<std::int64_t>(*counted, 1) : *counted + 1);
  }

  Value days_since_last_visit() const {
    const Value& visits = part(SessionPart::visits).value;
    if (!is_known(current())) {
      return {};
    }
    const auto last = read_count(visits.find("last"));
    const auto from = has_begun() ? read_count(visits.find("previous")) : last;
    const auto until = has_begun() ? last : view_.now_s;
    if (!from || !until) {
      return {};
    }
    return Value::number(
        std::floor(static_cast<double>(std::max<std::int64_t>(*until - *from, 0)) / day_s));
  }

  // Hashes of older versions have no `first`: then it is the earliest visit that they know of.
  Value first_visit() const {
    if (!are_visits_known()) {
      return {};
    }
    const Value& visits = part(SessionPart::visits).value;
    for (const char* field : {"first", "previous", "last"}) {
      if (const auto began = read_count(visits.find(field))) {
        return number(began);
      }
    }
    return number(view_.now_s);
  }

  // Reads what the hash of the session holds; if there is none yet, the session begins with this
  // page.
  Value of_session(Field field) const {
    const SessionStart& start = view_.start;
    switch (field) {
      case Field::session_views:
        return counter("views", 1);
      case Field::session_item_views:
        return counter("item_views", view_.page.item.empty() ? 0 : 1);
      case Field::session_started:
        return number(has_begun() ? read_count(stored("started")) : view_.now_s);
      case Field::session_landing_path:
        return from_start("landing_path", start.landing_path);
      case Field::session_referer_host:
        return from_start("referer_host", start.referer_host);
      case Field::session_utm_source:
        return from_start("utm_source", start.utm_source);
      case Field::session_utm_medium:
        return from_start("utm_medium", start.utm_medium);
      case Field::session_utm_campaign:
        return from_start("utm_campaign", start.utm_campaign);
      case Field::session_last_item:
        return text(stored("last_item"));
      case Field::session_cart_value:
        return cart(view_.page.cart_value, "cart_value");
      case Field::session_cart_items:
        return cart(view_.page.cart_items, "cart_items");
      case Field::session_last_page_type:
        return text(stored("last_page_type"));
      default:
        return {};
    }
  }

  Value stored(std::string_view name) const {
    return has_begun() ? current().value.find(name) : Value();
  }

  Value counter(std::string_view name, std::int64_t of_this_page) const {
    const Value value = stored(name);
    const auto before = value.is_missing() ? 0 : read_count(value);
    return before ? number(*before + of_this_page) : Value();
  }

  Value from_start(std::string_view name, std::string_view at_start) const {
    return has_begun() ? text(stored(name)) : known(at_start);
  }

  // Whoever sees an order has no cart any more.
  Value cart(std::string_view on_page, std::string_view name) const {
    if (!view_.page.order.empty()) {
      return {};
    }
    return on_page.empty() ? text(stored(name)) : Value::string(on_page);
  }

  Value argument(const Attribute& attribute) const {
    std::array<char, arg_prefix.size() + SessionOptions::longest_arg> name;
    char* end = std::copy(arg_prefix.begin(), arg_prefix.end(), name.data());
    end = std::copy_n(attribute.name.data(),
                      std::min(attribute.name.size(), SessionOptions::longest_arg), end);
    return from_start({name.data(), static_cast<std::size_t>(end - name.data())},
                      view_.start.args[attribute.place]);
  }

  const SessionView& view_;
};

}  // namespace

AffinityPeriod AffinityPeriod::of(const SessionOptions& options, std::int64_t now_s) noexcept {
  const std::int64_t seconds = options.half_life_s * length;
  const std::int64_t now = std::max<std::int64_t>(now_s, 0);
  return {now / seconds,
          static_cast<double>(now % seconds) / static_cast<double>(options.half_life_s)};
}

std::int64_t AffinityPeriod::kept_s(const SessionOptions& options) noexcept {
  return std::min(options.keep_s, 2 * length * options.half_life_s);
}

void add_period(SessionPart part, const SessionOptions& options, std::int64_t now_s,
                std::pmr::string& key) {
  std::int64_t number = AffinityPeriod::of(options, now_s).number;
  switch (part) {
    case SessionPart::categories:
    case SessionPart::brands:
      break;
    case SessionPart::older_categories:
    case SessionPart::older_brands:
      --number;
      break;
    default:
      if (part < SessionPart::counts) {
        return;
      }
      // The period before comes second.
      if ((static_cast<std::size_t>(part) - fixed_session_parts) % 2 != 0) {
        --number;
      }
  }
  char digits[24] = {':'};
  const auto* end = std::to_chars(digits + 1, std::end(digits), number).ptr;
  key.append(digits, static_cast<std::size_t>(end - digits));
}

std::optional<double> read_price(std::string_view text) noexcept {
  const auto price = read_decimal(text);
  return price && std::isfinite(*price) && *price >= 0 ? price : std::nullopt;
}

Value read_session(const Attribute& attribute, const SessionView& view) noexcept {
  return Reader(view).read(attribute);
}

Value read_session(Field field, const SessionView& view) noexcept {
  return Reader(view).read(field);
}

}  // namespace personalize

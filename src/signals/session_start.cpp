#include "personalize/signals/session_start.h"

#include "base/text/ascii.h"
#include "base/text/form.h"
#include "base/text/percent.h"
#include "signals/request_fields.h"

namespace personalize {

namespace {

// In bytes. Clients and pages send these.
constexpr std::size_t longest_path = 512;
constexpr std::size_t longest_host = 255;
constexpr std::size_t longest_utm = 128;
constexpr std::size_t longest_name = 256;  // of an item, a category, a brand
constexpr std::size_t longest_amount = 32;
constexpr std::size_t longest_items = 1024;  // of an order

// Cuts `s` off, but not in the middle of a character if it is UTF-8.
std::string_view cut(std::string_view s, std::size_t longest) {
  if (s.size() <= longest) {
    return s;
  }
  constexpr std::size_t longest_tail = 3;  // bytes of a character after its first
  std::size_t size = longest;
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(s[i]) & 0xC0U) == 0x80U;
  };
  while (size > 0 && longest - size < longest_tail && continues(size)) {
    --size;
  }
  return s.substr(0, continues(size) ? longest : size);
}

// Returns what follows the host of an absolute URL: "/path?arguments".
std::string_view url_target(std::string_view url) {
  const auto colon = url.find("://");
  const auto slash = colon == std::string_view::npos ? colon : url.find('/', colon + 3);
  return slash == std::string_view::npos ? "/" : url.substr(slash, url.find('#') - slash);
}

std::string_view utm(std::string_view arguments, std::string_view name,
                     std::pmr::memory_resource* memory) {
  return cut(find_argument(arguments, name, memory).value_or(std::string_view()), longest_utm);
}

}  // namespace

SessionStart read_session_start(RequestView& request, std::pmr::memory_resource* memory,
                                const SessionNames* names) {
  SessionStart start;
  const auto referer = request.header("referer");
  const auto referer_host = url_host(referer, memory);
  std::string_view path;
  std::string_view arguments;
  if (!referer_host.empty() && referer_host == host_name(request.host(), memory)) {
    std::string_view target = url_target(referer);
    // NGINX decodes the path of a request, too.
    path = percent_decode(ascii::take_until(target, '?'), memory);
    arguments = target;
  } else {
    path = request.path();
    arguments = request.arguments();
    start.referer_host = cut(referer_host, longest_host);
  }
  start.landing_path = cut(local_path(path), longest_path);
  start.utm_source = utm(arguments, "utm_source", memory);
  start.utm_medium = utm(arguments, "utm_medium", memory);
  start.utm_campaign = utm(arguments, "utm_campaign", memory);
  for (std::size_t i = 0; names != nullptr && i < names->args.size(); ++i) {
    start.args[i] = utm(arguments, names->args[i], memory);
  }
  return start;
}

SessionPage session_page(const std::array<Value, page_fields.size()>& page,
                         const SessionNames* names) noexcept {
  const auto field = [&](std::string_view name, std::size_t longest) {
    const Value& value = page[*find_page_field(name)];
    const bool is_of_use = value.kind() == Kind::string && value.as_string().size() <= longest;
    return is_of_use ? value.as_string() : std::string_view();
  };
  const auto type = field("type", longest_name);
  SessionPage known;
  known.type = is_page_type(type) ? type : std::string_view();
  if (type == "product") {
    known.item = field("item_id", longest_name);
    known.price = field("price", longest_amount);
  }
  if (type == "product" || type == "category") {
    known.category = field("item_category", longest_name);
    known.brand = field("item_brand", longest_name);
  }
  if (type == "cart" || type == "checkout") {
    known.cart_value = field("value", longest_amount);
    known.cart_items = field("items", longest_amount);
  }
  if (type == "order") {
    known.order = field("transaction_id", longest_name);
  }
  if (!known.order.empty()) {
    known.order_value = field("value", longest_amount);
    known.order_items = field("items", longest_items);
  }
  for (std::size_t i = 0; names != nullptr && i < names->counts.size(); ++i) {
    known.counts[i] = field(page_fields[names->counts[i]], longest_name);
  }
  return known;
}

}  // namespace personalize

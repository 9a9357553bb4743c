#include "personalize/record/item_clicks.h"

#include <vector>

#include "base/numbers/number.h"
#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "base/text/json_string.h"
#include "base/values/exact_number.h"
#include "base/values/item.h"
#include "base/values/json/json.h"
#include "personalize/base/item_ids.h"

namespace personalize {

namespace {

using Clicks = std::pmr::vector<ItemClick>;

std::string_view text_of(const Value& value) noexcept {
  return value.kind() == Kind::string ? value.as_string() : std::string_view();
}

std::optional<std::uint32_t> position_of(const Value& value) noexcept {
  constexpr double most = 1e6;
  const bool is_place =
      value.kind() == Kind::number && value.as_number() >= 1 && value.as_number() <= most;
  return is_place ? std::optional(static_cast<std::uint32_t>(value.as_number())) : std::nullopt;
}

// Reads the clicks that are not too old. What is no click is passed over.
Clicks read_clicks(const RedisReply& reply, std::int64_t now_s, std::pmr::memory_resource* memory) {
  Clicks clicks(memory);
  if (reply.kind != RedisReply::Kind::array) {
    return clicks;
  }
  DocumentBuilder builder(memory);
  for (std::uint32_t i = 0; i < reply.count && i < item_clicks_kept; ++i) {
    builder.clear();
    if (!decode_json(reply.elements[i].string(), builder)) {
      continue;
    }
    const Value click = Value::document(builder.finish());
    const auto item = text_of(click.find("i"));
    const auto list = text_of(click.find("l"));
    const Value time = click.find("t");
    if (!item.empty() && !list.empty() && time.kind() == Kind::number &&
        time.as_number() >= static_cast<double>(now_s - keep_item_clicks_s)) {
      clicks.push_back(
          {copy_text(item, memory), copy_text(list, memory), position_of(click.find("p"))});
    }
  }
  return clicks;
}

const ItemClick* find_click(const Clicks& clicks, std::string_view item) noexcept {
  for (const ItemClick& click : clicks) {
    if (click.item == item) {
      return &click;
    }
  }
  return nullptr;
}

// Appends `,"index":3` and the like, if that is known.
void append_position(const ItemClick& click, std::pmr::string& out) {
  if (click.position) {
    NumberBuffer digits;
    out += R"(,"index":)";
    out += number_text(*click.position, digits);
  }
}

void append_list(const ItemClick& click, std::pmr::string& out) {
  out += R"(,"item_list_id":)";
  append_json_string(click.list, out);
}

// Takes the first element off what stands between the brackets of a JSON array.
std::string_view take_element(std::string_view& elements) noexcept {
  std::size_t depth = 0;
  bool is_text = false;
  std::size_t at = 0;
  for (; at < elements.size(); ++at) {
    const char c = elements[at];
    if (is_text) {
      at += c == '\\' ? 1 : 0;
      is_text = c != '"';
    } else if (c == '"') {
      is_text = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      break;
    }
  }
  const auto element = ascii::trim(elements.substr(0, at));
  elements.remove_prefix(at < elements.size() ? at + 1 : elements.size());
  return element;
}

// Names lists in items of a conversion.
class Naming {
 public:
  Naming(const Clicks& clicks, std::pmr::memory_resource* memory) : clicks_(clicks), out_(memory) {}

  // Of ids alone.
  void name_ids(const ItemList& ids) {
    for (const auto id : ids) {
      out_ += out_.empty() ? R"([{"item_id":)" : R"(,{"item_id":)";
      append_json_string(id, out_);
      if (const ItemClick* click = find_click(clicks_, id)) {
        append_list(*click, out_);
        append_position(*click, out_);
        is_any_ = true;
      }
      out_ += '}';
    }
    out_ += ']';
  }

  // Of JSON: an array, or one object. What is there stays as it is written.
  void name_json(std::string_view json, const Value& value) {
    if (value.kind() != Kind::array) {
      name_element(json, value);
      return;
    }
    auto elements = json.substr(1, json.size() - 2);
    out_ += '[';
    for (std::uint32_t i = 0; i < value.size(); ++i) {
      out_ += i == 0 ? "" : ",";
      name_element(take_element(elements), value.at(i));
    }
    out_ += ']';
  }

  std::pmr::string finish() {
    if (!is_any_) {
      out_.clear();
    }
    return std::move(out_);
  }

 private:
  void name_element(std::string_view text, const Value& value) {
    NumberBuffer digits;
    const Value id = item_id(value);
    const ItemClick* click = nullptr;
    if (id.kind() == Kind::string || id.kind() == Kind::number) {
      click =
          find_click(clicks_, id.kind() == Kind::string ? id.as_string() : number_text(id, digits));
    }
    const bool is_object = value.kind() == Kind::object;
    const bool is_told =
        !value.find("item_list_id").is_absent() || !value.find("item_list_name").is_absent();
    if (click == nullptr || is_told) {
      out_ += text;
      return;
    }
    if (is_object) {
      out_ += text.substr(0, text.size() - 1);
    } else {
      out_ += R"({"item_id":)";
      out_ += text;
    }
    append_list(*click, out_);
    if (value.find("index").is_missing()) {
      append_position(*click, out_);
    }
    out_ += '}';
    is_any_ = true;
  }

  const Clicks& clicks_;
  std::pmr::string out_;
  bool is_any_ = false;
};

}  // namespace

void append_item_click(const ItemClick& click, std::int64_t now_s, std::pmr::string& out) {
  NumberBuffer digits;
  out += R"({"i":)";
  append_json_string(click.item, out);
  out += R"(,"l":)";
  append_json_string(click.list, out);
  if (click.position) {
    out += R"(,"p":)";
    out += number_text(*click.position, digits);
  }
  out += R"(,"t":)";
  out += number_text(static_cast<double>(now_s), digits);
  out += '}';
}

Command ask_item_clicks(std::string_view visitor, std::pmr::memory_resource* memory) {
  std::pmr::string key(item_clicks_head, memory);
  key += visitor;
  return Command({"LRANGE", copy_text(key, memory), "0",
                  copy_digits(std::int64_t{item_clicks_kept} - 1, memory)},
                 memory);
}

std::pmr::string name_item_lists(std::string_view items, const RedisReply& clicks,
                                 std::int64_t now_s, std::pmr::memory_resource* memory) {
  items = ascii::trim(items);
  const Clicks known = read_clicks(clicks, now_s, memory);
  if (items.empty() || items.size() > longest_named_items || known.empty()) {
    return std::pmr::string(memory);
  }
  Naming naming(known, memory);
  DocumentBuilder builder(memory);
  const bool is_json = items.front() == '[' || items.front() == '{';
  if (is_json && add_json(items, builder) == JsonOutcome::whole) {
    naming.name_json(items, Value::document(builder.finish()));
  } else if (const auto ids = item_ids(items, memory); !ids.empty()) {
    naming.name_ids(ids);
  }
  return naming.finish();
}

}  // namespace personalize

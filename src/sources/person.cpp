#include "personalize/sources/person.h"

#include <algorithm>
#include <charconv>

#include "base/numbers/number.h"
#include "base/text/ascii.h"

namespace personalize {

namespace {

constexpr std::size_t key_digits = 8;
constexpr std::string_view at_head = "at:";
constexpr std::string_view variant_head = "variant:";
// Beyond that nothing is removed at once.
constexpr std::size_t most_outdated = 1024;
// Of so many minutes impressions of one campaign are kept: what is older changes no cap that
// anybody would write, and somebody who has a page open all day would have more of them than can be
// read.
constexpr std::size_t most_minutes = 100;

std::uint32_t number(const Value& value) {
  return value.kind() == Kind::string ? read_integer<std::uint32_t>(value.as_string()).value_or(0)
                                      : 0;
}

std::uint32_t* time_of(CampaignHistory& history, std::string_view name) {
  const std::pair<std::string_view, std::uint32_t*> times[] = {
      {person_fields::first, &history.first},
      {person_fields::shown, &history.shown},
      {person_fields::of(CampaignEvent::dismiss), &history.dismissed},
      {person_fields::of(CampaignEvent::click), &history.clicked},
      {person_fields::of(CampaignEvent::conversion), &history.converted},
      {person_fields::of(CampaignEvent::claim), &history.claimed},
      {person_fields::of(CampaignEvent::answer), &history.answered}};
  const auto* found = std::find_if(std::begin(times), std::end(times),
                                   [&](const auto& row) { return row.first == name; });
  return found == std::end(times) ? nullptr : found->second;
}

std::optional<CampaignKey> read_key(std::string_view& field) {
  CampaignKey key = 0;
  const auto text = field.substr(0, key_digits);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), key, 16);
  const bool is_key = field.size() > key_digits + 1 && field[key_digits] == ':' &&
                      read.ec == std::errc() && read.ptr == text.data() + text.size() && key != 0;
  field.remove_prefix(std::min(field.size(), key_digits + 1));
  return is_key ? std::optional(key) : std::nullopt;
}

struct Impressions {
  CampaignKey key;
  std::uint32_t minute;
  std::uint32_t count;
  std::string_view field;
};

class Reader {
 public:
  Reader(std::int64_t now_ms, PersonMemory& memory)
      : memory_(memory), impressions_(memory.outdated.get_allocator()) {
    memory_.state.begin(now_ms);
  }

  void read(const Value& document) {
    const std::uint32_t active = number(document.find(person_fields::active));
    memory_.state.set_session(number(document.find(person_fields::started)), active);
    for (std::uint32_t i = 0; i < document.size(); ++i) {
      read_field(document.key_at(i), document.at(i));
    }
    std::sort(impressions_.begin(), impressions_.end(),
              [](const Impressions& a, const Impressions& b) { return a.minute < b.minute; });
    for (const Impressions& one : impressions_) {
      memory_.state.count_again(one.key, one.minute, one.count);
    }
    remove_oldest();
    memory_.state.complete(number(document.find(person_fields::converted)));
  }

 private:
  void read_field(std::string_view field, const Value& value) {
    const auto whole = field;
    if (ascii::starts_with(field, variant_head)) {
      if (value.kind() == Kind::string) {
        memory_.variants += field.substr(variant_head.size());
        memory_.variants += value.as_string();
      }
      return;
    }
    const auto key = read_key(field);
    if (!key) {
      return;
    }
    if (ascii::starts_with(field, at_head)) {
      read_impressions(*key, whole, field.substr(at_head.size()), number(value));
      return;
    }
    CampaignHistory& history = memory_.state.history(*key);
    if (field == person_fields::total) {
      history.total = number(value);
    } else if (auto* time = time_of(history, field)) {
      *time = std::min(number(value), memory_.state.now());
    }
  }

  void read_impressions(CampaignKey key, std::string_view field, std::string_view minute,
                        std::uint32_t count) {
    const auto at = read_integer<std::uint32_t>(minute).value_or(0);
    const std::uint32_t now = memory_.state.now();
    if (at < now && now - at >= VisitorState::longest_window) {
      remove(field);
      return;
    }
    impressions_.push_back({key, std::min(at, now), count, field});
  }

  void remove_oldest() {
    if (impressions_.size() <= most_minutes) {
      return;
    }
    std::sort(impressions_.begin(), impressions_.end(),
              [](const Impressions& a, const Impressions& b) {
                return a.key != b.key ? a.key < b.key : a.minute > b.minute;
              });
    std::size_t of_campaign = 0;
    for (std::size_t i = 0; i < impressions_.size(); ++i) {
      of_campaign = i != 0 && impressions_[i - 1].key == impressions_[i].key ? of_campaign + 1 : 1;
      if (of_campaign > most_minutes) {
        remove(impressions_[i].field);
      }
    }
  }

  void remove(std::string_view field) {
    if (memory_.outdated.size() < most_outdated) {
      memory_.outdated.push_back(field);
    }
  }

  PersonMemory& memory_;
  std::pmr::vector<Impressions> impressions_;
};

}  // namespace

std::string_view person_fields::of(CampaignEvent event) noexcept {
  switch (event) {
    case CampaignEvent::impression:
      return shown;
    case CampaignEvent::click:
      return "clicked";
    case CampaignEvent::dismiss:
      return "dismissed";
    case CampaignEvent::conversion:
      return converted;
    case CampaignEvent::claim:
      return "claimed";
    case CampaignEvent::answer:
      return "answered";
  }
  return shown;
}

void person_fields::append(CampaignKey key, std::string_view name, std::pmr::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (int shift = 28; shift >= 0; shift -= 4) {
    out += digits[key >> static_cast<unsigned>(shift) & 0xFU];
  }
  out += ':';
  out += name;
}

Source person_source(std::string_view name, AttributeTable& attributes, const Where& where) {
  Source source;
  source.name = name;
  source.where = where;
  source.key = KeyTemplate(std::string(person_head) + "${visitor.id}", attributes, where);
  source.type = SourceType::fields;
  source.max = 256 * 1024;
  source.times = {0, 0, 0};  // every device adds to it
  source.is_owned = true;
  source.decodes = false;
  source.id = source_id(source);
  return source;
}

void read_person(const Value& document, std::int64_t now_ms, PersonMemory& memory) {
  Reader(now_ms, memory).read(document);
}

}  // namespace personalize

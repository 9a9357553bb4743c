#include "personalize/record/person_commands.h"

#include <algorithm>

#include "base/text/copy.h"
#include "personalize/sources/person.h"

namespace personalize {

namespace {

// Of an assignment of StickyCookie.
constexpr std::size_t bucket_digits = 8;
constexpr std::size_t assignment_digits = 12;

std::string_view joined(std::string_view head, std::string_view tail,
                        std::pmr::memory_resource* memory) {
  std::pmr::string text(head, memory);
  text += tail;
  return copy_text(text, memory);
}

}  // namespace

PersonCommands::PersonCommands(std::string_view key, std::int64_t now_ms,
                               std::pmr::memory_resource* memory)
    : memory_(memory),
      key_(joined(person_head, key, memory)),
      now_(static_cast<std::uint32_t>(std::max<std::int64_t>(now_ms / 60000, 1))),
      commands_(memory) {}

std::string_view PersonCommands::field(CampaignKey campaign, std::string_view name) {
  std::pmr::string text(memory_);
  person_fields::append(campaign, name, text);
  return copy_text(text, memory_);
}

std::string_view PersonCommands::minute(std::uint32_t minute) {
  return copy_digits(minute, memory_);
}

void PersonCommands::add(std::initializer_list<std::string_view> words) {
  commands_.emplace_back(words);
}

void PersonCommands::count(CampaignKey campaign, std::uint32_t at, std::uint32_t impressions) {
  if (impressions != 0) {
    std::pmr::string name("at:", memory_);
    name += minute(at);
    add({"HINCRBY", key_, field(campaign, name), minute(impressions)});
  }
}

void PersonCommands::set_time(CampaignKey campaign, std::string_view name, std::uint32_t at) {
  if (at != 0) {
    add({"HSET", key_, field(campaign, name), minute(at)});
  }
}

void PersonCommands::event(CampaignEvent event, CampaignKey campaign) {
  if (event == CampaignEvent::impression) {
    add({"HINCRBY", key_, field(campaign, person_fields::total), "1"});
    add({"HSETNX", key_, field(campaign, person_fields::first), minute(now_)});
    count(campaign, now_, 1);
  }
  set_time(campaign, person_fields::of(event), now_);
}

void PersonCommands::convert_all() {
  add({"HSET", key_, person_fields::converted, minute(now_)});
}

void PersonCommands::activity(std::uint32_t started) {
  add({"HSET", key_, person_fields::started, minute(started), person_fields::active, minute(now_)});
}

// The counts that a cookie has are those of a session, which is part of a day, which is part of a
// week: what is not of the shorter time was before it.
void PersonCommands::merge(const VisitorState& browser, const VisitorState& all) {
  for (const CampaignHistory& seen : browser.campaigns()) {
    const std::uint32_t day = std::max(seen.day, seen.session);
    const std::uint32_t week = std::max(seen.week, day);
    if (seen.total != 0) {
      add({"HINCRBY", key_, field(seen.key, person_fields::total), minute(seen.total)});
      add({"HSETNX", key_, field(seen.key, person_fields::first),
           minute(seen.first != 0 ? seen.first : seen.shown)});
      count(seen.key, seen.shown, seen.session);
      count(seen.key, seen.day_start != 0 ? seen.day_start : seen.shown, day - seen.session);
      count(seen.key, seen.week_start != 0 ? seen.week_start : seen.shown, week - day);
    }
    const CampaignHistory* both = all.find(seen.key);
    for (const auto event :
         {CampaignEvent::impression, CampaignEvent::click, CampaignEvent::dismiss,
          CampaignEvent::conversion, CampaignEvent::claim, CampaignEvent::answer}) {
      // One that the person did since stays.
      if (seen.last(event) == (both == nullptr ? seen : *both).last(event)) {
        set_time(seen.key, person_fields::of(event), seen.last(event));
      }
    }
  }
}

void PersonCommands::variants(std::string_view assignments) {
  for (; assignments.size() >= assignment_digits; assignments.remove_prefix(assignment_digits)) {
    add({"HSETNX", key_, joined("variant:", assignments.substr(0, bucket_digits), memory_),
         assignments.substr(bucket_digits, assignment_digits - bucket_digits)});
  }
}

void PersonCommands::remove(const std::pmr::vector<std::string_view>& fields) {
  if (!fields.empty()) {
    Command command({"HDEL", key_}, memory_);
    command.insert(command.end(), fields.begin(), fields.end());
    commands_.push_back(std::move(command));
  }
}

void PersonCommands::forget() {
  add({"DEL", key_});
}

const std::pmr::vector<Command>& PersonCommands::finish() {
  if (!commands_.empty()) {
    add({"EXPIRE", key_, copy_digits(keep_person_s, memory_)});
  }
  return commands_;
}

}  // namespace personalize

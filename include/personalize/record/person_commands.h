// What is written of a person (sources/person.h): the Redis commands.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/redis/command.h"
#include "personalize/signals/visitor_state.h"

namespace personalize {

class PersonCommands {
 public:
  // `key` is the person's (signals/person.h). Takes all from `memory`; adding throws what it
  // throws.
  PersonCommands(std::string_view key, std::int64_t now_ms, std::pmr::memory_resource* memory);
  PersonCommands(const PersonCommands&) = delete;
  PersonCommands& operator=(const PersonCommands&) = delete;

  // Adds what happened to a campaign now.
  void event(CampaignEvent event, CampaignKey campaign);
  // Adds that everything was converted that the person has seen.
  void convert_all();
  // Adds that the person is active, in a session that began at that minute.
  void activity(std::uint32_t started);
  // Adds what a browser's own state knows, as if it had happened to the person. `all` is that
  // joined with what is known of the person.
  void merge(const VisitorState& browser, const VisitorState& all);
  // Adds variants, as StickyCookie writes them; those that are there stay.
  void variants(std::string_view assignments);
  // Removes fields.
  void remove(const std::pmr::vector<std::string_view>& fields);
  // Removes all that is kept.
  void forget();

  // Returns all that was added, and what keeps it; none if nothing was. Words live as long as
  // `memory` and the arguments. Call it once.
  const std::pmr::vector<Command>& finish();

 private:
  std::string_view field(CampaignKey campaign, std::string_view name);
  std::string_view minute(std::uint32_t minute);
  void add(std::initializer_list<std::string_view> words);
  void count(CampaignKey campaign, std::uint32_t at, std::uint32_t impressions);
  void set_time(CampaignKey campaign, std::string_view name, std::uint32_t at);

  std::pmr::memory_resource* memory_;
  std::string_view key_;
  std::uint32_t now_;
  std::pmr::vector<Command> commands_;
};

}  // namespace personalize

// What is kept of a person beside what is kept of visitors, too: what they have seen, closed,
// clicked and the like of campaigns, and the variants that they keep. A visitor's own is in
// cookies.
//
//   pz:person:<key>               hash, for a year after it was last written; times are in minutes
//                                 since 1970, <campaign> is the campaign's key in 8 hexadecimal
//                                 digits:
//     started, active             when their session began, and when they were last active
//     converted                   when they last converted, for all campaigns that they had seen
//     <campaign>:total            impressions
//     <campaign>:at:<minute>      those of one minute, for a week
//     <campaign>:first, shown, dismissed, clicked, converted, claimed, answered
//     variant:<bucket>            digests of decision/sticky.h
//   pz:merged:<key>:<mark>        for a day: what a browser had gathered was taken over
//
// Nothing has to be read before it is written, and what is counted is added by HINCRBY, so that
// several devices can write at the same time. Days and weeks begin with an impression: the reader
// goes through those of the last week once more.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/signals/visitor_state.h"
#include "personalize/sources/sources.h"

namespace personalize {

constexpr std::string_view person_head = "pz:person:";
constexpr std::string_view merged_head = "pz:merged:";
constexpr std::string_view kept_person_name = "kept person";  // of the source
constexpr std::int64_t keep_person_s = std::int64_t{365} * 86400;
constexpr std::int64_t keep_merged_s = 86400;

// The names of the hash's fields.
namespace person_fields {

constexpr std::string_view started = "started";
constexpr std::string_view active = "active";
constexpr std::string_view converted = "converted";
constexpr std::string_view total = "total";
constexpr std::string_view first = "first";
constexpr std::string_view shown = "shown";

// Returns the name of when that last happened.
std::string_view of(CampaignEvent event) noexcept;
// Appends the name of a field of one campaign.
void append(CampaignKey key, std::string_view name, std::pmr::string& out);

}  // namespace person_fields

// Returns the source of it, of that name. Its key is a person's only if one is known.
Source person_source(std::string_view name, AttributeTable& attributes, const Where& where);

struct PersonMemory {
  explicit PersonMemory(std::pmr::memory_resource* memory) noexcept
      : state(memory), variants(memory), outdated(memory) {}

  VisitorState state;
  std::pmr::string variants;                    // as StickyCookie reads them
  std::pmr::vector<std::string_view> outdated;  // fields that nobody needs any more
};

// Reads the source's document, or a missing one, as of that time. Views into the document. Throws
// what the memory throws.
void read_person(const Value& document, std::int64_t now_ms, PersonMemory& memory);

}  // namespace personalize

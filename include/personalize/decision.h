// Segments and campaigns: who sees what. A pure function of the configuration and the facts.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/attribute.h"
#include "personalize/slot.h"
#include "personalize/statement.h"

namespace personalize {

using SegmentId = std::uint32_t;
using CampaignId = std::uint32_t;
constexpr CampaignId no_campaign = ~CampaignId{0};

// One server's segments and campaigns, compiled. Immutable once complete; shared by all requests.
class Program {
 public:
  // Compiles declarations. Segments must have been declared in `attributes` in the same order, and
  // all sources before. A segment holds `when`, `unless`, `any`, `all` and `json` (a file with a
  // GrowthBook condition; a relative path starts from the working directory), all of which must
  // hold; src/decision/when_compiler.h tells the operators. Of a campaign it reads those, `slot`
  // (once) and `priority` (a whole number, 0 by default); other statements (what the campaign
  // shows) are the render step's. Throws ConfigError: unknown names, operators or literals that
  // cannot be, segments that depend on themselves, campaigns of one name or without a slot.
  Program(AttributeTable& attributes, const std::vector<Declaration>& segments,
          const std::vector<Declaration>& campaigns);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::uint32_t segment_count() const;
  std::uint32_t campaign_count() const;
  const std::string& segment_name(SegmentId id) const;
  const std::string& campaign_name(CampaignId id) const;

  // Slots by SlotId: every name that a campaign fills.
  const std::vector<std::string>& slots() const;
  // no_slot where no campaign fills a slot of that name.
  SlotId slot(std::string_view name) const;

  // What the campaign shows needs these sources, beside those of its conditions.
  void add_content_needs(CampaignId id, SourceSet sources);

  // The sources that must be known before it can be said what the slot shows, or whether the
  // visitor is in the segment: those of all conditions, through the segments that they name, and
  // what add_content_needs told. Sources that a source's key is made of are the caller's to add.
  SourceSet slot_needs(SlotId id) const;
  SourceSet segment_needs(SegmentId id) const;

  class Compiled;
  const Compiled& compiled() const { return *compiled_; }

 private:
  std::unique_ptr<Compiled> compiled_;
};

// One request's decision. Segments and slots are decided when first asked for, then remembered.
class Decision {
 public:
  // All three must outlive it. Takes a few bytes per segment, slot and campaign from `memory`, and
  // throws what that throws; nothing after it throws.
  Decision(const Program& program, Facts& facts, std::pmr::memory_resource* memory);

  bool segment(SegmentId id) noexcept;
  // The winner: of the slot's campaigns whose conditions hold, the highest priority, then the first
  // declared. `skip` campaigns could not be rendered: the next one gets its turn.
  CampaignId winner(SlotId slot) noexcept;
  void skip(CampaignId id) noexcept;

  // Facts changed (documents arrived): forget what was decided, and what was skipped.
  void reset() noexcept;

 private:
  bool holds(std::uint32_t condition) noexcept;

  const Program& program_;
  Facts& facts_;
  std::pmr::vector<std::uint8_t> segments_;  // 0 not asked, 1 false, 2 true
  std::pmr::vector<CampaignId> winners_;     // by slot
  std::pmr::vector<std::uint8_t> skipped_;   // by campaign
};

}  // namespace personalize

#include "decision/campaigns/campaign_program.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text/text.h"

namespace personalize::decision {

namespace {

bool are_same(const std::vector<Cap>& a, const std::vector<Cap>& b) {
  return std::is_permutation(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const Cap& x, const Cap& y) { return x.per == y.per && x.most == y.most; });
}

bool limits_views(const Group& group) {
  return std::any_of(group.caps.begin(), group.caps.end(),
                     [](const Cap& cap) { return cap.per == Per::view; });
}

// Returns whether a cap counts something that is kept between views.
bool counts_state(const std::vector<Cap>& caps) {
  return std::any_of(caps.begin(), caps.end(), [](const Cap& cap) { return cap.per != Per::view; });
}

// Returns the index of the entry of that name; the size of the list if there is none.
template <class Entry>
std::uint32_t index_of(const std::vector<Entry>& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const Entry& entry) { return entry.name == name; });
  return static_cast<std::uint32_t>(found - list.begin());
}

}  // namespace

CampaignId CampaignProgram::find(std::string_view name) const {
  const auto index = index_of(all, name);
  return index < all.size() ? index : no_campaign;
}

SlotId CampaignProgram::find_slot(std::string_view name) const {
  const auto found = std::find(slot_names.begin(), slot_names.end(), name);
  return found == slot_names.end() ? no_slot : static_cast<SlotId>(found - slot_names.begin());
}

void CampaignProgram::add(Campaign campaign, const std::string& slot, const SourceSet& needs) {
  campaign.slot = find_slot(slot);
  if (campaign.slot == no_slot) {
    campaign.slot = static_cast<SlotId>(slots.size());
    slots.emplace_back();
    slot_names.push_back(slot);
  }
  slots[campaign.slot].needs |= needs;
  slots[campaign.slot].campaigns.push_back(static_cast<CampaignId>(all.size()));
  all.push_back(std::move(campaign));
}

void CampaignProgram::finish() {
  for (auto& slot : slots) {
    rank(slot.campaigns);
  }
  form_groups();
  form_contests();
  for (CampaignId id = 0; id < all.size(); ++id) {
    if (all[id].rules.holdout > 0) {
      with_holdout.push_back(id);
    }
  }
}

// Sorts campaigns into the order in which they are asked: by priority, then as declared.
void CampaignProgram::rank(std::vector<CampaignId>& ids) const {
  std::sort(ids.begin(), ids.end(), [this](CampaignId a, CampaignId b) {
    return all[a].priority != all[b].priority ? all[a].priority > all[b].priority : a < b;
  });
}

bool CampaignProgram::keeps_state(CampaignId id) const {
  const Campaign& campaign = all[id];
  const auto& rules = campaign.rules;
  return campaign.is_remembered || rules.is_offer || rules.is_claimed || rules.is_evergreen ||
         !rules.stops.empty() || counts_state(rules.caps) ||
         std::any_of(campaign.groups.begin(), campaign.groups.end(),
                     [&](std::uint32_t group) { return counts_state(groups[group].caps); });
}

SourceSet CampaignProgram::slot_needs(SlotId id) const {
  SourceSet needs;
  for (const SlotId rival : contests[slots[id].contest].slots) {
    needs |= slots[rival].needs;
  }
  return needs;
}

std::uint32_t CampaignProgram::find_group(const GroupLine& line) {
  const auto index = index_of(groups, line.group);
  if (index == groups.size()) {
    groups.push_back({line.group, line.where, line.caps, {}});
    return index;
  }
  Group& group = groups[index];
  if (group.caps.empty()) {
    group.where = line.where;
    group.caps = line.caps;
  } else if (!line.caps.empty() && !are_same(group.caps, line.caps)) {
    throw ConfigError(line.where,
                      "group " + quoted(line.group) + " has other limits in " + group.where.text() +
                          ": write them once, and elsewhere \"group " + line.group + "\"");
  }
  return index;
}

void CampaignProgram::form_groups() {
  for (CampaignId id = 0; id < all.size(); ++id) {
    auto& campaign = all[id];
    for (const auto& line : campaign.rules.groups) {
      const auto group = find_group(line);
      if (std::find(campaign.groups.begin(), campaign.groups.end(), group) !=
          campaign.groups.end()) {
        throw ConfigError(line.where, "this campaign is in group " + quoted(line.group) +
                                          " already: keep one of the lines");
      }
      campaign.groups.push_back(group);
      groups[group].members.push_back(id);
    }
  }
  for (const auto& group : groups) {
    if (group.caps.empty()) {
      throw ConfigError(group.where, "group " + quoted(group.name) +
                                         " limits nothing: write for example \"group " +
                                         group.name + " 1/session\" into one of its campaigns");
    }
  }
}

// Slots become sets, and a group that limits views merges the sets of its campaigns' slots
// (union-find). Each set is a contest.
void CampaignProgram::form_contests() {
  std::vector<SlotId> parents(slots.size());
  std::iota(parents.begin(), parents.end(), 0);
  const auto root = [&](SlotId slot) {
    while (parents[slot] != slot) {
      slot = parents[slot];
    }
    return slot;
  };
  for (const auto& group : groups) {
    if (limits_views(group)) {
      const SlotId first = root(all[group.members.front()].slot);
      for (const CampaignId member : group.members) {
        parents[root(all[member].slot)] = first;
      }
    }
  }

  std::vector<std::uint32_t> contest_of(slots.size(), 0);
  for (SlotId slot = 0; slot < slots.size(); ++slot) {
    if (root(slot) == slot) {
      contest_of[slot] = static_cast<std::uint32_t>(contests.size());
      contests.emplace_back();
    }
  }
  for (SlotId id = 0; id < slots.size(); ++id) {
    Slot& slot = slots[id];
    slot.contest = contest_of[root(id)];
    Contest& contest = contests[slot.contest];
    contest.slots.push_back(id);
    contest.campaigns.insert(contest.campaigns.end(), slot.campaigns.begin(), slot.campaigns.end());
  }
  for (auto& contest : contests) {
    rank(contest.campaigns);
  }
}

}  // namespace personalize::decision

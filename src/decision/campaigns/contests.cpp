#include "decision/campaigns/contests.h"

#include <algorithm>
#include <numeric>

namespace personalize::decision {

namespace {

bool same(const std::vector<Cap>& a, const std::vector<Cap>& b) {
  return std::is_permutation(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const Cap& x, const Cap& y) { return x.per == y.per && x.most == y.most; });
}

std::uint32_t find_group(Program::Compiled& compiled, const Membership& membership) {
  auto& groups = compiled.groups;
  auto found = std::find_if(groups.begin(), groups.end(), [&](const Program::Compiled::Group& g) {
    return g.name == membership.group;
  });
  if (found == groups.end()) {
    groups.push_back({membership.group, membership.where, membership.caps, {}});
    return static_cast<std::uint32_t>(groups.size() - 1);
  }
  if (found->caps.empty()) {
    found->where = membership.where;
    found->caps = membership.caps;
  } else if (!membership.caps.empty() && !same(found->caps, membership.caps)) {
    throw ConfigError(membership.where,
                      "group \"" + membership.group + "\" has other limits in " +
                          found->where.file + ":" + std::to_string(found->where.line) +
                          ": write them once, and elsewhere \"group " + membership.group + "\"");
  }
  return static_cast<std::uint32_t>(found - groups.begin());
}

bool limits_views(const Program::Compiled::Group& group) {
  return std::any_of(group.caps.begin(), group.caps.end(),
                     [](const Cap& cap) { return cap.per == Per::view; });
}

}  // namespace

void form_groups(Program::Compiled& compiled) {
  for (CampaignId id = 0; id < compiled.campaigns.size(); ++id) {
    auto& campaign = compiled.campaigns[id];
    for (const auto& membership : campaign.rules.memberships) {
      const auto group = find_group(compiled, membership);
      if (std::find(campaign.groups.begin(), campaign.groups.end(), group) !=
          campaign.groups.end()) {
        throw ConfigError(membership.where, "this campaign is in group \"" + membership.group +
                                                "\" already: keep one of the lines");
      }
      campaign.groups.push_back(group);
      compiled.groups[group].members.push_back(id);
    }
  }
  for (const auto& group : compiled.groups) {
    if (group.caps.empty()) {
      throw ConfigError(group.where, "group \"" + group.name +
                                         "\" limits nothing: write for example \"group " +
                                         group.name + " 1/session\" into one of its campaigns");
    }
  }
}

void form_contests(Program::Compiled& compiled) {
  // Each slot stands for a set; sets that a group connects become one.
  std::vector<SlotId> parents(compiled.slots.size());
  std::iota(parents.begin(), parents.end(), 0);
  const auto root = [&](SlotId slot) {
    while (parents[slot] != slot) {
      slot = parents[slot];
    }
    return slot;
  };
  for (const auto& group : compiled.groups) {
    if (limits_views(group)) {
      const SlotId first = root(compiled.campaigns[group.members.front()].slot);
      for (const CampaignId member : group.members) {
        parents[root(compiled.campaigns[member].slot)] = first;
      }
    }
  }

  std::vector<std::uint32_t> contest_of(compiled.slots.size(), 0);
  for (SlotId slot = 0; slot < compiled.slots.size(); ++slot) {
    if (root(slot) == slot) {
      contest_of[slot] = static_cast<std::uint32_t>(compiled.contests.size());
      compiled.contests.emplace_back();
    }
  }
  for (SlotId slot = 0; slot < compiled.slots.size(); ++slot) {
    auto& entry = compiled.slots[slot];
    entry.contest = contest_of[root(slot)];
    auto& contest = compiled.contests[entry.contest];
    contest.slots.push_back(slot);
    contest.campaigns.insert(contest.campaigns.end(), entry.campaigns.begin(),
                             entry.campaigns.end());
  }
  for (auto& contest : compiled.contests) {
    compiled.rank(contest.campaigns);
  }
}

}  // namespace personalize::decision

#include "decision/campaigns/candidate_index.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "decision/compiled_program.h"

namespace personalize::decision {

namespace {

// Fewer campaigns are judged one by one, and a test that fewer of them share saves nothing.
constexpr std::size_t min_campaigns = 8;
constexpr std::size_t min_subjects = 4;

// Returns whether the condition is that an attribute is one of some values.
bool is_selector(const Node& node, const AttributeTable& attributes) {
  return node.op == Op::one_of && node.subject == Subject::attribute && !node.negated &&
         attributes[node.from].root != Root::visitor;
}

void set_bit(std::vector<std::uint64_t>& bits, std::size_t i) {
  bits[i / 64] |= std::uint64_t{1} << (i % 64);
}

}  // namespace

// What the conditions of the contest's campaigns consist of. Looks into a segment once, however
// many conditions and segments name it.
class CandidateIndex::Analysis {
 public:
  Analysis(const CompiledProgram& program, const AttributeTable& attributes, const Contest& contest)
      : program_(program),
        attributes_(attributes),
        effects_(program.segments.size(), Effect::unknown),
        walks_(program.segments.size(), 0) {
    for (const CampaignId id : contest.campaigns) {
      const Campaign& campaign = program.campaigns.all[id];
      campaigns_.push_back({&campaign.conditions, count_first(campaign)});
    }
  }

  // Calls visit(condition) for those of the campaign's conditions that can be asked before those of
  // other campaigns.
  template <class Visit>
  void each_first(std::size_t place, Visit visit) const {
    const auto& [conditions, count] = campaigns_[place];
    std::for_each_n(conditions->begin(), count, visit);
  }

  // Calls visit(node) for each of the conditions that all have to hold for the one at `root` to
  // hold: itself, or those of a segment or group. Leaves out a segment that was visited already.
  template <class Visit>
  void each_conjunct(std::uint32_t root, Visit visit) {
    ++walk_;
    visit_conjuncts(root, visit, 0);
  }

  bool is_selector(std::uint32_t node) const {
    return decision::is_selector(program_.conditions.nodes()[node], attributes_);
  }

 private:
  enum class Effect : std::uint8_t { unknown, none, some };

  // Of an offer none, since one that was shown stays whatever its conditions say now; else those
  // before the first that has an effect, which is had only if those before it hold.
  std::size_t count_first(const Campaign& campaign) {
    const auto& all = campaign.conditions;
    const auto end = std::find_if(all.begin(), all.end(), [&](const CampaignCondition& condition) {
      return !is_pure(condition.root, 0);
    });
    return campaign.rules.is_offer ? 0 : static_cast<std::size_t>(end - all.begin());
  }

  // Returns whether asking the condition has no effect but its answer.
  bool is_pure(std::uint32_t root, unsigned depth) {
    const auto& nodes = program_.conditions.nodes();
    if (depth > max_nesting) {
      return false;
    }
    for (std::uint32_t i = root; i < nodes[root].end; ++i) {
      const Node& node = nodes[i];
      // Asking for the visitor can make the request issue an id.
      const bool has_effect =
          node.subject == Subject::experiment || node.subject == Subject::feature ||
          (node.subject == Subject::attribute && attributes_[node.from].root == Root::visitor) ||
          (node.subject == Subject::segment && !is_pure_segment(node.from, depth));
      if (has_effect) {
        return false;
      }
    }
    return true;
  }

  bool is_pure_segment(std::uint32_t segment, unsigned depth) {
    if (effects_[segment] == Effect::unknown) {
      const bool is = is_pure(program_.segments[segment].root, depth + 1);
      effects_[segment] = is ? Effect::none : Effect::some;
    }
    return effects_[segment] == Effect::none;
  }

  template <class Visit>
  void visit_conjuncts(std::uint32_t root, Visit& visit, unsigned depth) {
    const auto& nodes = program_.conditions.nodes();
    const Node& node = nodes[root];
    const bool is_group = node.op == Op::all && node.subject == Subject::current;
    const bool is_segment = node.op == Op::yes && node.subject == Subject::segment;
    if ((!is_group && !is_segment) || node.negated || depth > max_nesting) {
      visit(root);
      return;
    }
    if (is_segment && std::exchange(walks_[node.from], walk_) == walk_) {
      return;
    }
    const std::uint32_t group = is_group ? root : program_.segments[node.from].root;
    for (std::uint32_t child = group + 1; child < nodes[group].end; child = nodes[child].end) {
      visit_conjuncts(child, visit, depth + 1);
    }
  }

  struct First {
    const std::vector<CampaignCondition>* conditions;
    std::size_t count;
  };

  const CompiledProgram& program_;
  const AttributeTable& attributes_;
  std::vector<First> campaigns_;      // by place
  std::vector<Effect> effects_;       // by segment
  std::vector<std::uint32_t> walks_;  // by segment: the last that visited it
  std::uint32_t walk_ = 0;
};

CandidateIndex::CandidateIndex(const CompiledProgram& program, const AttributeTable& attributes,
                               const Contest& contest) {
  if (contest.campaigns.size() < min_campaigns) {
    return;
  }
  places_.resize(contest.campaigns.size());
  Analysis analysis(program, attributes, contest);
  add_shared(program, contest, analysis);
  add_selectors(program, analysis);
  if (tests_.empty()) {
    places_.clear();
  }
}

// Conditions are the same if they are written the same.
void CandidateIndex::add_shared(const CompiledProgram& program, const Contest& contest,
                                const Analysis& analysis) {
  struct Use {
    std::uint32_t place;
    std::uint32_t root;
  };
  std::map<std::string_view, std::vector<Use>> uses;
  for (std::uint32_t place = 0; place < places_.size(); ++place) {
    analysis.each_first(place, [&](const CampaignCondition& condition) {
      uses[condition.text].push_back({place, condition.root});
    });
    const Campaign& campaign = program.campaigns.all[contest.campaigns[place]];
    for (const auto& condition : campaign.conditions) {
      places_[place].rest.push_back(condition.root);
    }
  }
  for (const auto& [text, list] : uses) {
    if (list.size() < min_subjects) {
      continue;
    }
    Test test;
    test.subjects.resize(words());
    test.root = list.front().root;
    for (const auto& [place, root] : list) {
      set_bit(test.subjects, place);
      auto& [tests, rest] = places_[place];
      rest.erase(std::find(rest.begin(), rest.end(), root));
      if (tests.empty() || tests.back() != tests_.size()) {
        tests.push_back(static_cast<std::uint32_t>(tests_.size()));
      }
    }
    tests_.push_back(std::move(test));
  }
}

void CandidateIndex::add_selectors(const CompiledProgram& program, Analysis& analysis) {
  const auto& nodes = program.conditions.nodes();
  // Of each campaign the first condition on an attribute selects it; what else it asks of the
  // attribute is asked later.
  std::map<AttributeId, std::map<std::uint32_t, std::uint32_t>> uses;
  for (std::uint32_t place = 0; place < places_.size(); ++place) {
    analysis.each_first(place, [&](const CampaignCondition& condition) {
      analysis.each_conjunct(condition.root, [&](std::uint32_t node) {
        if (analysis.is_selector(node)) {
          uses[nodes[node].from].emplace(place, node);
        }
      });
    });
  }
  for (const auto& [attribute, selected] : uses) {
    if (selected.size() < min_subjects) {
      continue;
    }
    Test test;
    test.subjects.resize(words());
    test.selector = Selector();
    test.selector->attribute = attribute;
    for (const auto& [place, node] : selected) {
      set_bit(test.subjects, place);
      places_[place].tests.push_back(static_cast<std::uint32_t>(tests_.size()));
      test.selector->add(program.conditions.set(nodes[node].operand), place);
    }
    tests_.push_back(std::move(test));
  }
}

// Runs a test that the campaign at `place` has to pass, and removes from those that remain all that
// do not pass it. Returns whether that campaign does.
bool CandidateIndex::run(const Test& test, std::size_t place, const CandidateRoom& room,
                         Evaluator& conditions, Facts& facts) const noexcept {
  if (test.selector) {
    return select(*test.selector, test.subjects, place, room, facts.get(test.selector->attribute));
  }
  if (conditions.holds(test.root)) {
    return true;
  }
  for (std::size_t word = place / 64; word < words(); ++word) {
    room.remaining[word] &= ~test.subjects[word];
  }
  return false;
}

bool CandidateIndex::select(const Selector& selector, const std::vector<std::uint64_t>& subjects,
                            std::size_t place, const CandidateRoom& room,
                            const Value& value) const noexcept {
  const Places* selected = selector.find(value);
  if (selected == nullptr) {
    return true;
  }
  for (const std::uint32_t one : *selected) {
    room.selected[one / 64] |= std::uint64_t{1} << (one % 64);
  }
  const bool passes = (room.selected[place / 64] >> (place % 64) & 1) != 0;
  for (std::size_t word = place / 64; word < words(); ++word) {
    room.remaining[word] &= ~subjects[word] | room.selected[word];
  }
  for (const std::uint32_t one : *selected) {
    room.selected[one / 64] = 0;
  }
  return passes;
}

void CandidateIndex::Selector::add(const Set& set, std::uint32_t place) {
  for (const auto text : set.texts) {
    texts[text].push_back(place);
  }
  for (const double number : set.numbers) {
    numbers[number].push_back(place);
  }
  if (set.has_true) {
    is_true.push_back(place);
  }
  if (set.has_false) {
    is_false.push_back(place);
  }
  if (set.has_null) {
    is_absent.push_back(place);
  }
}

const CandidateIndex::Places* CandidateIndex::Selector::find(const Value& value) const {
  static const Places nobody;
  const auto found_in = [](const auto& map, const auto& key) {
    const auto found = map.find(key);
    return found == map.end() ? &nobody : &found->second;
  };
  switch (value.kind()) {
    case Kind::string:
      return found_in(texts, value.as_string());
    case Kind::number:
      return value.exact_text().empty() ? found_in(numbers, value.as_number()) : nullptr;
    case Kind::boolean:
      return value.as_boolean() ? &is_true : &is_false;
    case Kind::missing:
    case Kind::null:
      return &is_absent;
    default:
      return nullptr;
  }
}

bool CandidateIndex::rest_holds(std::size_t place, Evaluator& conditions) const noexcept {
  const auto& rest = places_[place].rest;
  return std::all_of(rest.begin(), rest.end(),
                     [&](std::uint32_t root) { return conditions.holds(root); });
}

}  // namespace personalize::decision

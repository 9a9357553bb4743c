// What is kept of a person, written and read.
#include <cstddef>
#include <cstdint>

#include "suite.h"

#include <map>
#include <memory_resource>
#include <optional>
#include <string>

#include "base/numbers/number.h"
#include "personalize/base/document.h"
#include "personalize/record/person_commands.h"
#include "personalize/sources/person.h"

namespace {

using namespace personalize;

constexpr std::int64_t minute_ms = 60000;
constexpr std::int64_t day_ms = 1440 * minute_ms;
constexpr std::int64_t now_ms = 29000000 * minute_ms;
constexpr std::string_view key = "{person:0}";

// A hash as Redis would keep it.
class Hash {
 public:
  void execute(const std::pmr::vector<Command>& commands) {
    for (const Command& command : commands) {
      assert_string_equal(std::string(command[1]).c_str(), "pz:person:{person:0}");
      apply(command);
    }
  }

  Value document() {
    DocumentBuilder out(&memory_);
    out.begin_object();
    for (const auto& [name, value] : fields_) {
      out.key(name);
      out.string(value);
    }
    out.end();
    bytes_ = std::string(out.finish());
    return Value::document(bytes_);
  }

  std::size_t size() const { return fields_.size(); }
  std::string get(const std::string& name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? "" : found->second;
  }

 private:
  void apply(const Command& command) {
    const auto& name = command[0];
    if (name == "HDEL") {
      for (auto word = command.begin() + 2; word != command.end(); ++word) {
        fields_.erase(std::string(*word));
      }
    } else if (name == "HINCRBY") {
      auto& value = fields_[std::string(command[2])];
      value = std::to_string(read_integer<std::int64_t>(value).value_or(0) +
                             *read_integer<std::int64_t>(command[3]));
    } else if (name == "HSETNX") {
      fields_.emplace(command[2], command[3]);
    } else if (name == "HSET") {
      for (std::size_t i = 2; i + 1 < command.size(); i += 2) {
        fields_[std::string(command[i])] = command[i + 1];
      }
    } else {
      assert_true(name == "EXPIRE");
    }
  }

  std::map<std::string, std::string> fields_;
  std::pmr::monotonic_buffer_resource memory_;
  std::string bytes_;
};

struct Person {
  template <class Add>
  void at(std::int64_t ms, Add add) {
    std::pmr::monotonic_buffer_resource memory;
    PersonCommands commands(key, ms, &memory);
    add(commands);
    hash.execute(commands.finish());
  }
  void see(std::int64_t ms, std::string_view campaign = "bar") {
    at(ms, [&](PersonCommands& c) { c.event(CampaignEvent::impression, campaign_key(campaign)); });
  }
  const CampaignHistory& of(std::int64_t ms, std::string_view campaign = "bar") {
    memory.emplace(&arena);
    read_person(hash.document(), ms, *memory);
    const auto* found = memory->state.find(campaign_key(campaign));
    assert_non_null(found);
    return *found;
  }

  std::pmr::monotonic_buffer_resource arena;
  Hash hash;
  std::optional<PersonMemory> memory;
};

void impressions_are_counted_by_session_day_and_week(void**) {
  Person person;
  person.at(now_ms, [](PersonCommands& c) { c.activity(now_ms / minute_ms); });
  for (int i = 0; i < 3; ++i) {
    person.see(now_ms);
  }
  person.see(now_ms + 2 * minute_ms);
  const auto& now = person.of(now_ms + 3 * minute_ms);
  assert_int_equal(now.total, 4);
  assert_int_equal(now.session, 4);
  assert_int_equal(now.day, 4);
  assert_int_equal(now.week, 4);
  assert_int_equal(now.first, now_ms / minute_ms);
  assert_int_equal(now.shown, now_ms / minute_ms + 2);
  // Another session on the same day.
  const auto& later = person.of(now_ms + 60 * minute_ms);
  assert_int_equal(later.session, 0);
  assert_int_equal(later.day, 4);
  const auto& tomorrow = person.of(now_ms + day_ms);
  assert_int_equal(tomorrow.day, 0);
  assert_int_equal(tomorrow.week, 4);
  // A day begins with its first impression: the second one below is of the first one's day.
  person.see(now_ms + day_ms - minute_ms);
  assert_int_equal(person.of(now_ms + day_ms + minute_ms).day, 0);
  const auto& at_last = person.of(now_ms + 8 * day_ms);
  assert_int_equal(at_last.week, 0);
  assert_int_equal(at_last.total, 5);
  // What nobody needs any more is told.
  assert_int_equal(person.memory->outdated.size(), 3);
  person.at(now_ms + 8 * day_ms, [&](PersonCommands& c) { c.remove(person.memory->outdated); });
  assert_int_equal(person.of(now_ms + 8 * day_ms).total, 5);
  assert_true(person.memory->outdated.empty());
}

void what_was_done_is_known(void**) {
  Person person;
  person.see(now_ms);
  person.at(now_ms + minute_ms, [](PersonCommands& c) {
    c.event(CampaignEvent::dismiss, campaign_key("bar"));
    c.event(CampaignEvent::claim, campaign_key("bar"));
  });
  person.see(now_ms + 5 * minute_ms, "late");
  person.at(now_ms + 3 * minute_ms, [](PersonCommands& c) { c.convert_all(); });
  const auto& bar = person.of(now_ms + 10 * minute_ms);
  assert_int_equal(bar.dismissed, now_ms / minute_ms + 1);
  assert_int_equal(bar.claimed, now_ms / minute_ms + 1);
  assert_int_equal(bar.clicked, 0);
  assert_int_equal(bar.converted, now_ms / minute_ms + 3);
  // What is seen afterwards was not converted.
  assert_int_equal(person.of(now_ms + 10 * minute_ms, "late").converted, 0);
}

void sessions_go_on_while_somebody_is_active(void**) {
  Person person;
  person.at(now_ms, [](PersonCommands& c) { c.activity(now_ms / minute_ms - 7); });
  person.see(now_ms);
  person.of(now_ms + 4 * minute_ms);
  assert_false(person.memory->state.is_outdated());
  person.of(now_ms + 20 * minute_ms);
  assert_true(person.memory->state.is_outdated());
  assert_int_equal(person.memory->state.session_start(), now_ms / minute_ms - 7);
  person.of(now_ms + 31 * minute_ms);
  assert_int_equal(person.memory->state.session_start(), now_ms / minute_ms + 31);
}

// Returns a browser's own state: three impressions, one of them in an earlier session.
VisitorState browser_state(std::pmr::memory_resource* memory) {
  VisitorState state(memory);
  state.read("", now_ms - 60 * minute_ms);
  state.apply(CampaignEvent::impression, campaign_key("bar"));
  std::pmr::string cookie(memory);
  state.write(cookie);
  state.read(cookie, now_ms);
  state.apply(CampaignEvent::impression, campaign_key("bar"));
  state.apply(CampaignEvent::impression, campaign_key("bar"));
  state.apply(CampaignEvent::dismiss, campaign_key("bar"));
  return state;
}

void a_browser_is_taken_over(void**) {
  Person person;
  std::pmr::monotonic_buffer_resource memory;
  const VisitorState browser = browser_state(&memory);
  person.see(now_ms - 2 * minute_ms);
  person.at(now_ms, [&](PersonCommands& c) {
    c.activity(now_ms / minute_ms);
    c.merge(browser, browser);
  });
  const auto& both = person.of(now_ms + minute_ms);
  assert_int_equal(both.total, 4);
  assert_int_equal(both.session, 2);
  assert_int_equal(both.day, 4);
  assert_int_equal(both.dismissed, now_ms / minute_ms);
  // What the person did since stays.
  person.at(now_ms + 5 * minute_ms,
            [](PersonCommands& c) { c.event(CampaignEvent::dismiss, campaign_key("bar")); });
  person.of(now_ms + 5 * minute_ms);
  VisitorState all = person.memory->state;
  all.join(browser);
  person.at(now_ms + 6 * minute_ms, [&](PersonCommands& c) { c.merge(browser, all); });
  assert_int_equal(person.of(now_ms + 6 * minute_ms).dismissed, now_ms / minute_ms + 5);
}

void states_are_joined(void**) {
  std::pmr::monotonic_buffer_resource memory;
  const VisitorState browser = browser_state(&memory);
  VisitorState state(&memory);
  state.begin(now_ms);
  state.history(campaign_key("bar")).total = 9;
  state.join(browser);
  const auto* bar = state.find(campaign_key("bar"));
  assert_int_equal(bar->total, 9);
  assert_int_equal(bar->session, 2);
  assert_int_equal(bar->day, 3);
  assert_int_equal(bar->first, now_ms / minute_ms - 60);
  assert_int_equal(bar->dismissed, now_ms / minute_ms);
}

void variants_that_are_there_stay(void**) {
  Person person;
  person.at(now_ms, [](PersonCommands& c) { c.variants("AAAAAAAABBBBCCCCCCCCDDDD"); });
  person.at(now_ms, [](PersonCommands& c) { c.variants("AAAAAAAAXXXX"); });
  assert_string_equal(person.hash.get("variant:AAAAAAAA").c_str(), "BBBB");
  person.see(now_ms);
  person.of(now_ms);
  assert_string_equal(person.memory->variants.c_str(), "AAAAAAAABBBBCCCCCCCCDDDD");
}

void rubbish_is_passed_over(void**) {
  Person person;
  std::pmr::monotonic_buffer_resource memory;
  std::pmr::vector<Command> commands(&memory);
  commands.push_back(Command({"HSET",
                              "pz:person:{person:0}",
                              "zzzzzzzz:total",
                              "1",
                              "00000000:total",
                              "1",
                              "12",
                              "1",
                              "0000000a:total",
                              "many",
                              "0000000a:at:x",
                              "3",
                              "0000000a:",
                              "1",
                              "0000000a:shown",
                              "4000000000",
                              ":",
                              "",
                              "",
                              "1"},
                             &memory));
  person.hash.execute(commands);
  person.see(now_ms);
  assert_int_equal(person.of(now_ms).total, 1);
  const auto* odd = person.memory->state.find(10);
  assert_non_null(odd);
  assert_int_equal(odd->total, 0);
  assert_int_equal(odd->shown, now_ms / minute_ms);
}

void nothing_is_written_of_nothing(void**) {
  std::pmr::monotonic_buffer_resource memory;
  PersonCommands commands(key, now_ms, &memory);
  commands.variants("");
  commands.remove(std::pmr::vector<std::string_view>(&memory));
  assert_true(commands.finish().empty());
}

const CMUnitTest tests[] = {cmocka_unit_test(impressions_are_counted_by_session_day_and_week),
                            cmocka_unit_test(what_was_done_is_known),
                            cmocka_unit_test(sessions_go_on_while_somebody_is_active),
                            cmocka_unit_test(a_browser_is_taken_over),
                            cmocka_unit_test(states_are_joined),
                            cmocka_unit_test(variants_that_are_there_stay),
                            cmocka_unit_test(rubbish_is_passed_over),
                            cmocka_unit_test(nothing_is_written_of_nothing)};
const Suite suite(__FILE__, tests);

}  // namespace

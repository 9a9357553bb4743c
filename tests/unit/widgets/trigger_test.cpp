// The statements that say when a widget appears.
#include "widgets/trigger.h"

#include "suite.h"

using namespace personalize;

namespace {

Statement statement(std::vector<std::string> words) {
  return {{"nginx.conf", 7}, std::move(words), {}};
}

void compiles(const std::vector<std::string>& words, const std::string& expected) {
  assert_string_equal(compile_trigger(statement(words)).c_str(), expected.c_str());
}

template <class Compile>
void refuses(Compile compile, const std::vector<std::string>& words, const std::string& part) {
  try {
    compile(statement(words));
    fail_msg("no error: %s", part.c_str());
  } catch (const ConfigError& error) {
    assert_int_equal(error.where().line, 7);
    if (std::string(error.what()).find(part) == std::string::npos) {
      fail_msg("\"%s\" is not in: %s", part.c_str(), error.what());
    }
  }
}

void words_become_an_attribute(void**) {
  compiles({"trigger", "exit_intent"}, "exit_intent");
  compiles({"trigger", "delay=5s", "scroll=50%", "from_search"},
           "delay=5000 scroll=50 from_search");
  compiles({"trigger", "session_time=1m30s", "idle=500ms", "pages=3"},
           "session_time=90000 idle=500 pages=3");
  compiles({"trigger", "event=add_to_cart", "event=view_cart"},
           "event=add_to_cart event=view_cart");
  // What would end a word or a line is encoded; the template escapes the rest.
  compiles({"trigger", "click=#help a[title=\"1|2%\"]"}, "click=#help%20a[title%3D\"1%7C2%25\"]");
  compiles({"trigger", "load", "back"}, "load back");
}

void words_that_are_none(void**) {
  const auto trigger = [](const std::vector<std::string>& words, const std::string& part) {
    refuses(compile_trigger, words, part);
  };
  trigger({"trigger", "leave"},
          "unknown word \"leave\" of trigger; the words are load, exit_intent");
  trigger({"trigger", "loaded"}, "unknown word");
  trigger({"trigger", "delay"}, "unknown word \"delay\"");
  trigger({"trigger", "delay=soon"}, "invalid value \"delay=soon\" of trigger: it takes a time");
  trigger({"trigger", "delay=2d"}, "of at most a day");
  for (const char* word : {"scroll=50", "scroll=0%", "scroll=101%", "scroll=%", "scroll=1.5%"}) {
    trigger({"trigger", word}, "from 1% to 100%");
  }
  trigger({"trigger", "pages=0"}, "from 1 to 1000");
  trigger({"trigger", "event="}, "the name of an event");
  trigger({"trigger", "event=a b"}, "the name of an event");
  trigger({"trigger", "click= "}, "a CSS selector");
  trigger({"trigger", "click=" + std::string(201, 'a')}, "a CSS selector");
  trigger({"trigger", "load", "load"}, "\"load\" of trigger is duplicate");
  trigger({"trigger", "from_search"}, "lacks a condition");
}

void times_to_hide(void**) {
  assert_string_equal(compile_auto_hide(statement({"auto_hide", "10s"})).c_str(), "10000");
  for (const char* time : {"0s", "999ms", "2d", "never"}) {
    refuses(compile_auto_hide, {"auto_hide", time}, "from a second to a day");
  }
}

void what_a_campaign_says(void**) {
  Widget popup{"popup", {}, {}, 0, {}};
  popup.is_overlay = true;
  popup.trigger = "delay=5000";
  const auto read = [](const std::vector<std::vector<std::string>>& lines, const Widget& widget) {
    Declaration campaign{{"nginx.conf", 1}, "summer", {}};
    for (const auto& words : lines) {
      campaign.statements.push_back(statement(words));
    }
    return read_appearance(campaign, widget);
  };
  auto appearance = read({{"slot", "s"}}, popup);
  assert_string_equal(appearance.trigger.c_str(), "delay=5000");
  assert_false(appearance.waits);

  appearance = read({{"trigger", "exit_intent"},
                     {"trigger", "idle=1m", "pages=2"},
                     {"auto_hide", "20s"},
                     {"priority", "7"}},
                    popup);
  assert_string_equal(appearance.trigger.c_str(), "exit_intent|idle=60000 pages=2");
  assert_string_equal(appearance.auto_hide.c_str(), "20000");
  assert_string_equal(appearance.priority.c_str(), "7");
  assert_true(appearance.needs_script());

  // What stands in the page waits there.
  const Widget bar{"hello-bar", {}, {}, 0, {}};
  assert_true(read({{"trigger", "load"}}, bar).waits);
  assert_false(read({{"slot", "s"}}, bar).needs_script());
  refuses(
      [&](const Statement& one) {
        read({one.words, one.words}, bar);
      },
      {"auto_hide", "5s"}, "\"auto_hide\" is duplicate");
}

const CMUnitTest tests[] = {
    cmocka_unit_test(words_become_an_attribute),
    cmocka_unit_test(words_that_are_none),
    cmocka_unit_test(times_to_hide),
    cmocka_unit_test(what_a_campaign_says),
};
const Suite suite(__FILE__, tests);

}  // namespace

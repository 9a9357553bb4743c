// What widgets say by themselves.
#include <cstddef>
#include <cstdint>
// cmocka.h needs the three above and <csetjmp>.
#include "suite.h"

#include <string>

#include "widgets/labels.h"
#include "widgets/widget.h"

namespace {

using personalize::find_label;
using personalize::label_names;
using personalize::labels;

constexpr std::string_view languages[] = {
    "en", "ar", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "he",
    "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nb", "nl", "pl",
    "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "uk", "vi", "zh",
};

void every_language_has_every_label(void**) {
  for (const auto language : languages) {
    const auto& words = labels(language);
    assert_true(language == "en" || &words != &labels("en"));
    for (const auto name : label_names) {
      const auto word = find_label(words, name);
      if (word.empty()) {
        fail_msg("%s lacks %s", std::string(language).c_str(), std::string(name).c_str());
      }
      const bool has_place = word.find("{remaining}") != std::string_view::npos;
      assert_true(has_place == (name == "remaining"));
    }
  }
}

void known_words(void**) {
  assert_true(find_label(labels("pl"), "close") == "Zamknij");
  assert_true(find_label(labels("pl"), "seconds") == "s");
  assert_true(find_label(labels("en"), "close") == "Close");
  assert_true(find_label(labels("xx"), "close") == "Close");
  assert_true(find_label(labels("en"), "unknown").empty());
}

// A field takes the label of its name where it is not set.
void no_field_takes_a_label_by_chance(void**) {
  for (const auto& widget : personalize::widgets()) {
    for (const auto& field : widget.fields) {
      const bool is_meant = field.name == "thanks" || field.name == "send";
      assert_true(find_label(labels("en"), field.name).empty() || is_meant);
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(every_language_has_every_label),
    cmocka_unit_test(known_words),
    cmocka_unit_test(no_field_takes_a_label_by_chance),
};
const Suite suite(__FILE__, tests);

}  // namespace

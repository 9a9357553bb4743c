#include "widgets/widget.h"

#include <algorithm>

#include "personalize/widgets/widgets.h"
#include "widgets/embedded.h"

namespace personalize {

namespace {

struct Label {
  std::string_view language;
  std::string_view text;
};

constexpr Label close_labels[] = {
    {"en", "Close"},   {"ar", "إغلاق"},     {"bg", "Затваряне"}, {"cs", "Zavřít"},
    {"da", "Luk"},     {"de", "Schließen"}, {"el", "Κλείσιμο"},  {"es", "Cerrar"},
    {"et", "Sulge"},   {"fi", "Sulje"},     {"fr", "Fermer"},    {"he", "סגירה"},
    {"hi", "बंद करें"},   {"hr", "Zatvori"},   {"hu", "Bezárás"},   {"id", "Tutup"},
    {"it", "Chiudi"},  {"ja", "閉じる"},    {"ko", "닫기"},      {"lt", "Uždaryti"},
    {"lv", "Aizvērt"}, {"nb", "Lukk"},      {"nl", "Sluiten"},   {"pl", "Zamknij"},
    {"pt", "Fechar"},  {"ro", "Închide"},   {"ru", "Закрыть"},   {"sk", "Zavrieť"},
    {"sl", "Zapri"},   {"sv", "Stäng"},     {"th", "ปิด"},        {"tr", "Kapat"},
    {"uk", "Закрити"}, {"vi", "Đóng"},      {"zh", "关闭"},
};

}  // namespace

const std::vector<Widget>& widgets() {
  static const std::vector<Widget> all = {
      {"hello-bar",
       find_embedded("hello-bar.html"),
       {{"text", true}, {"link"}, {"link_text"}, {"code"}, {"discount"}, {"price"}, {"reason"}},
       style_asset | script_asset,
       {"stop", "after=dismiss", "for=7d"}},
      {"exit-popup",
       find_embedded("exit-popup.html"),
       {{"title", true},
        {"text"},
        {"link"},
        {"link_text"},
        {"code"},
        {"image"},
        {"discount"},
        {"price"},
        {"reason"}},
       style_asset | script_asset,
       {"cap", "1/session"}},
      {"recommendations",
       find_embedded("recommendations.html"),
       {{"items", true, true}, {"title"}, {"reason"}, {"link"}, {"link_text"}},
       style_asset,
       {}},
  };
  return all;
}

void add_default_rules(Declaration& campaign) {
  const auto& statements = campaign.statements;
  const auto find = [&](std::string_view word) {
    return std::find_if(statements.begin(), statements.end(),
                        [&](const Statement& s) { return s.words.at(0) == word; });
  };
  const auto shows = find("widget");
  if (shows == statements.end() || shows->words.size() != 2) {
    return;
  }
  for (const auto& widget : widgets()) {
    if (widget.name != shows->words[1] || widget.default_rule.empty()) {
      continue;
    }
    // A `cap …` replaces the widget's cap; a `stop after=dismiss …` what stops after the same
    // event.
    const auto& rule = widget.default_rule;
    const bool is_said = std::any_of(statements.begin(), statements.end(), [&](const Statement& s) {
      const bool any_event = rule[0] != "stop";
      return s.words[0] == rule[0] &&
             (any_event || std::find(s.words.begin(), s.words.end(), rule[1]) != s.words.end());
    });
    if (!is_said) {
      campaign.statements.push_back({shows->where, {rule.begin(), rule.end()}, {}});
      return;
    }
  }
}

std::string_view close_label(std::string_view language) {
  for (const auto& label : close_labels) {
    if (label.language == language) {
      return label.text;
    }
  }
  return close_labels[0].text;
}

}  // namespace personalize

#include "widgets/widget.h"

#include "widgets/embedded.h"

namespace personalize {

namespace {

std::string_view embedded(std::string_view name) {
  for (std::size_t i = 0; i < embedded_count; ++i) {
    if (embedded_files[i].name == name) {
      return embedded_files[i].body;
    }
  }
  return {};
}

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
       embedded("hello-bar.html"),
       {{"text", true}, {"link"}, {"link_text"}, {"code"}},
       style_asset | script_asset},
      {"exit-popup",
       embedded("exit-popup.html"),
       {{"title", true}, {"text"}, {"link"}, {"link_text"}, {"code"}, {"image"}},
       style_asset | script_asset},
      {"recommendations",
       embedded("recommendations.html"),
       {{"items", true, true}, {"title"}, {"reason"}, {"link"}, {"link_text"}},
       style_asset},
  };
  return all;
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

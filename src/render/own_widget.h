// One widget of an operator.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/statement.h"
#include "personalize/widgets/widgets.h"
#include "render/templates/template.h"
#include "widgets/widget.h"

namespace personalize {

// A style sheet or script of a widget. A page needs it once: `bit` says in its set of assets
// whether it is there.
struct OwnFile {
  std::string name, body, version;
  Asset asset;  // views of these
  unsigned bit = 0;
};

class OwnWidget {
 public:
  // `first_bit` is the first bit of assets that no other widget has. Throws ConfigError.
  OwnWidget(const Declaration& declaration, const std::string& directory, unsigned first_bit);
  OwnWidget(const OwnWidget&) = delete;
  OwnWidget& operator=(const OwnWidget&) = delete;

  const std::string& name() const { return name_; }
  const Where& where() const { return where_; }
  // Returns it as built-in ones are described.
  const Widget& widget() const { return widget_; }
  // Returns the template, whose names are those of the options, for one campaign.
  Template compile(const TemplateOptions& options, AttributeTable& attributes) const;
  // Whether its root element carries the campaign.
  bool reports() const { return reports_; }
  // Returns its fields that its template does not show.
  const std::vector<std::string>& unused() const { return unused_; }
  // Returns the same as that of its template.
  const OpenElement& open_element() const { return open_element_; }

  const OwnFile* style() const { return style_ ? &*style_ : nullptr; }
  const OwnFile* script() const { return script_ ? &*script_ : nullptr; }
  unsigned asset_count() const;

 private:
  void read(const Statement& statement, const std::string& directory);
  void read_field(const Statement& statement);
  void read_file(const Statement& statement, const std::string& directory,
                 std::optional<OwnFile>& file) const;
  void check_template();

  std::string name_;
  Where where_;
  std::string template_name_, markup_, folder_, directory_;
  Where template_where_;
  std::vector<std::string> field_names_;
  Widget widget_{};
  std::optional<OwnFile> style_, script_;
  bool reports_ = false;
  std::vector<std::string> unused_;
  OpenElement open_element_;
};

}  // namespace personalize

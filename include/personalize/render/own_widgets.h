// Widgets that an operator declares: personalize_widget NAME { … }.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "personalize/base/config_error.h"
#include "personalize/base/statement.h"
#include "personalize/widgets/widgets.h"

namespace personalize {

class OwnWidget;  // for the render room (src/render/own_widget.h)

// Made when the configuration is read and constant afterwards. Campaigns show them as they show
// built-in ones.
class OwnWidgets {
 public:
  OwnWidgets();
  ~OwnWidgets();
  OwnWidgets(const OwnWidgets&) = delete;
  OwnWidgets& operator=(const OwnWidgets&) = delete;

  // Reads a block and its files, whose relative paths start from `directory`. Throws ConfigError.
  void add(const Declaration& declaration, const std::string& directory);

  // Returns what is probably a mistake: a place, and a message.
  std::vector<std::pair<Where, std::string>> warnings() const;

  // Returns the style sheet or script called so that personalize_endpoint serves; nullptr if there
  // is none.
  const Asset* find_asset(std::string_view name) const noexcept;
  std::vector<std::string_view> asset_names() const;

  // Returns the widget; nullptr if there is none.
  const OwnWidget* find(std::string_view name) const noexcept;
  std::vector<std::string_view> names() const;

 private:
  std::vector<std::unique_ptr<OwnWidget>> widgets_;
};

}  // namespace personalize

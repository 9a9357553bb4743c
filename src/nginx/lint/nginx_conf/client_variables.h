// Which variables have the value that a client chooses.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/lint/nginx_conf/configuration_text.h"

namespace personalize {

// Knows NGINX's own variables, and what `set` and `map` make of these, as far as the
// configuration's text makes it certain: a variable that depends on anything else, such as
// $secure_link, may have been checked.
class ClientVariables {
 public:
  // `configuration` must outlive this.
  explicit ClientVariables(const std::vector<TextDirective>& configuration);

  // `variable` is in lower case, without `$`.
  bool has(const std::string& variable) const;

  // Returns whether the text has variables, all of which clients choose.
  bool makes(std::string_view text) const;

 private:
  struct Setting {
    std::string value;
    bool is_conditional = false;  // inside of `if`, which may have checked something
  };

  void read(const std::vector<TextDirective>& block, bool is_conditional);
  void add_settings();
  void add_maps();
  bool is_set_by_client(const std::vector<Setting>& settings) const;
  bool is_mapped_by_client(const TextDirective& map) const;

  std::map<std::string, std::vector<Setting>> settings_;
  std::map<std::string, const TextDirective*> maps_;
  std::set<std::string> found_;
};

}  // namespace personalize

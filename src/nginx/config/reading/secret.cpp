#include "nginx/config/reading/secret.h"

#include <utility>

#include "personalize/signals/visitor.h"

namespace personalize {

std::vector<std::string> read_secret(const Directive& directive, std::string_view file,
                                     const std::string& parameter, const std::string& harm) {
  const std::string path = directive.full_path(file);
  SecretFile secrets = read_secret_file(path, directive.where());
  if (secrets.readable_by_others) {
    warn(directive.cf(), directive.where(),
         directive.name() + ": everybody can read " + parameter + " " + path +
             ", and who reads it can " + harm + "; chmod 600 it");
  }
  return std::move(secrets.keys);
}

}  // namespace personalize

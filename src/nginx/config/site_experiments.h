// What can be said of a site's experiments when the configuration is read.
#pragma once

#include <optional>
#include <string_view>

#include "nginx/config/configuration.h"

namespace personalize {

// Fills in Site::sticky, names what is to be counted, and prints what seems wrong with features
// payloads.
void settle_experiments(ngx_conf_t* cf, MainConf& main, Site& site);

// The experiment of $personalize_variant_NAME: names of variables are in lower case, and hold
// underscores where the experiment's name has what they cannot.
std::optional<ExperimentId> experiment_of_variable(const Program& program,
                                                   std::string_view name) noexcept;

// The documents that say which variants are to be kept.
SourceSet needs_of_sticky_experiments(const Site& site);

// Says where variants cannot be kept, since what they depend on comes after the head. When all
// locations are known.
void warn_of_sticky_experiments(ngx_conf_t* cf, const MainConf& main);

}  // namespace personalize

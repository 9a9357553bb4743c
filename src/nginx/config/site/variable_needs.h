// Which documents the values of this module's variables are made of.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/config/site/site.h"
#include "nginx/platform/ngx.h"

namespace personalize {

// $personalize_variant_NAME: the visitor's variant of an experiment.
constexpr std::string_view variant_prefix = "personalize_variant_";

// Returns whether the variable, named without `$` and in lower case, has a value that documents may
// decide.
bool is_decided_variable(std::string_view name) noexcept;
// "$personalize_segments, …": those for which is_decided_variable() holds.
std::string list_decided_variables();

// Returns the documents that its value is made of; none if it is not such a variable.
SourceSet needs_of_variable(const Site& site, std::string_view name);
// Returns the same for all of them together.
SourceSet needs_of_all_variables(const Site& site);
// Returns the same for those that something in the configuration asks for, such as a log.
SourceSet needs_of_used_variables(ngx_conf_t* cf, const Site& site);
// Returns the documents that decide which variants are to be kept.
SourceSet needs_of_sticky_experiments(const Site& site);

// Returns the experiment of $personalize_variant_NAME. Names of variables are in lower case, and
// hold underscores where the experiment's name has what they cannot: $personalize_variant_new_shop
// is that of `New-shop`.
std::optional<ExperimentId> experiment_of_variable(const Program& program,
                                                   std::string_view name) noexcept;

// Returns all experiments of that variable. Its value is the variant of the first.
std::vector<ExperimentId> experiments_of_variable(const Program& program, std::string_view name);

// Throws ConfigError if the variable is the $personalize_variant_NAME of an experiment that none of
// the sites has. One that another server has is empty here, which is not an error.
void check_variant_variable(std::string_view name, const Sites& sites, const Where& where);

}  // namespace personalize

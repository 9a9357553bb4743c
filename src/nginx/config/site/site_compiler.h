// Makes a Site of what is declared for a server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nginx/config/site/attribute_slots.h"
#include "nginx/config/site/site.h"
#include "nginx/platform/ngx.h"
#include "personalize/base/statement.h"
#include "personalize/decision/experiments.h"
#include "personalize/sources/sources.h"

namespace personalize {

// What a site is compiled from; all of it outlives the site.
struct SiteDeclarations {
  const std::vector<SourceDeclaration>& sources;
  const CacheTimes& cache_times;
  const std::vector<Declaration>& segments;
  const std::vector<Declaration>& values;
  const std::vector<Declaration>& campaigns;  // with their default rules
  const std::vector<Declaration>& chains;
  const std::vector<Declaration>& forms;
  const ExperimentText& experiments;
  const SessionRule* session;                        // nullptr: session.* is unknown
  const PersonRule* person;                          // nullptr: persons are not known
  std::string directory;                             // that relative paths of fragments start from
  const std::vector<std::string>& event_attributes;  // names
  const Where& events_where;
  bool has_preview;      // some server has previews
  std::uint32_t number;  // Site::number
  const OwnWidgets& widgets;
  const LearnOptions* learning;  // nullptr: nothing is learned
  const AttributeSlots& attribute_slots;
};

// Compiles a site. Call it after http was read. Throws ConfigError.
std::shared_ptr<const Site> compile_site(ngx_conf_t* cf, const SiteDeclarations& declared);

}  // namespace personalize

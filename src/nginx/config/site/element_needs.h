// What differs from one element of a page to the next: slot.data.NAME, and the documents whose keys
// are made of it.
#pragma once

#include "nginx/config/site/site.h"
#include "nginx/config/site/site_compiler.h"

namespace personalize {

// Tells slots that are decided by element from others: sets Site::elements, element_sources and
// element_documents, and takes these documents out of slot_needs, which is set. Throws ConfigError
// where something depends on an element that is not about one.
void find_element_needs(const SiteDeclarations& declared, Site& site);

}  // namespace personalize

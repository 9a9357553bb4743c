#include "personalize/sources/kept_offers.h"

namespace personalize {

Source kept_offers_source(std::string_view name, AttributeTable& attributes, const Where& where) {
  Source source;
  source.name = name;
  source.where = where;
  source.key = KeyTemplate(std::string(kept_offers_head) + "${visitor.id}", attributes, where);
  source.type = SourceType::list;
  source.times = {0, 0, 0};  // pages add to it
  source.is_owned = true;
  source.id = source_id(source);
  return source;
}

}  // namespace personalize

// The facts of which the keys of the module's own documents are made.
#pragma once

#include "nginx/request/visitor/identity.h"
#include "personalize/attributes/attribute.h"

namespace personalize {

// In the place of the visitor's id there is the person's key, where a person is known
// (Source::is_owned).
class OwnerFacts final : public Facts {
 public:
  // All must outlive this.
  OwnerFacts(Facts& facts, const AttributeTable& attributes, Identity& identity) noexcept
      : facts_(facts), attributes_(attributes), identity_(identity) {}

  Value get(AttributeId id) noexcept override {
    const bool is_of_person =
        attributes_[id].field == Field::visitor_id && identity_.person().is_known();
    return is_of_person ? Value::string(identity_.person().key) : facts_.get(id);
  }

 private:
  Facts& facts_;
  const AttributeTable& attributes_;
  Identity& identity_;
};

}  // namespace personalize

// The arguments of ENDPOINT/slots.
//
//   path=/p/42?color=red   the page, encoded as any argument
//   slot=NAME              may stand several times
//   format=html|data
//   count=view|exposure|none
//   visitor=ID&expires=SECONDS&signature=HEX    by another server (ServerAsking)
#pragma once

#include <string>

#include "nginx/config/configuration.h"
#include "nginx/request/slots_question.h"
#include "personalize/signals/request_view.h"

namespace personalize {

// Reads them into `question`. `rule` says how the endpoint's visitors are recognized; nullptr: they
// are not. Returns the status to answer with, NGX_OK if they are fine; then `why` says what is
// wrong. Throws what `memory`, which the question lives in, throws.
ngx_int_t read_slots_arguments(std::string_view arguments, const VisitorRule* rule,
                               RequestView& request, std::pmr::memory_resource* memory,
                               SlotsQuestion& question, std::string& why);

}  // namespace personalize

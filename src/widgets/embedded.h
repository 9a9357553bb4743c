// The files of src/widgets/ as compiled in by scripts/embed.
#pragma once

#include "base/embedded_file.h"

namespace personalize {

extern const EmbeddedFile embedded_files[];
extern const std::size_t embedded_count;

// Returns the body of the file of that name; "" if there is none.
std::string_view find_embedded(std::string_view name);

}  // namespace personalize

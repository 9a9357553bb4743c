// Finds members inside a value by a path, as conditions and templates write it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "personalize/base/value.h"

namespace personalize {

// Splits a path at its dots: "address.city" has two parts, "" has one, which is empty.
std::vector<std::string> split_path(std::string_view path);

// Returns the member of that name, or the element of that number; missing if there is none.
Value find_member(const Value& value, std::string_view name) noexcept;

// Returns what `path` leads to, as in address.city, tags.0 and tags.length; missing if it leads
// nowhere.
Value find_member(Value value, const std::vector<std::string>& path) noexcept;

// Does the same for a path of an attribute, where `best` at its end is also the name with the
// highest score of an object {name: score}, or the first element of an array, which has the best
// first; of an element that is an object its `id`. Members that are called so come first.
Value find_place(const Value& value, const std::vector<std::string>& path) noexcept;

// Returns a score: a number above 0, or a text that is one; 0 for anything else.
double score_of(const Value& value) noexcept;

}  // namespace personalize

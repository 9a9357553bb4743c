// Programs that are asked by a line of JSON, and answer by one.
#pragma once

#include <json/reader.h>
#include <json/writer.h>

#include <iostream>
#include <memory>
#include <string>

// Prints answer(VALUE) for each line of the input; returns the exit code. What is beyond ASCII is
// printed as UTF-8.
template <class Answer>
int answer_json_lines(Answer answer) {
  std::ios::sync_with_stdio(false);
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "";
  writer["emitUTF8"] = true;
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  for (std::string line; std::getline(std::cin, line);) {
    Json::Value one;
    std::string errors;
    if (!reader->parse(line.data(), line.data() + line.size(), &one, &errors)) {
      std::cerr << errors << '\n';
      return 1;
    }
    std::cout << Json::writeString(writer, answer(one)) << '\n';
  }
  return 0;
}

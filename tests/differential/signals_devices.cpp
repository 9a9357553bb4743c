// Classifies the User-Agents that come in, one a line.
#include <iostream>
#include <string>

#include "personalize/attributes/field.h"
#include "personalize/signals/device.h"

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto device = personalize::classify_device(line, "");
    std::cout << (device == personalize::Device::unknown
                      ? "unknown"
                      : personalize::device_words[static_cast<std::size_t>(device) - 1])
              << '\n';
  }
}

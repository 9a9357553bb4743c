// Where exported events go.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace personalize::report {

class Delivery {
 public:
  virtual ~Delivery() = default;
  // Returns whether the lines have arrived: only then are they not delivered again. If not,
  // `problem` says why; the same lines may be delivered once more.
  virtual bool deliver(std::string_view lines, std::string& problem) = 0;
  // Whether it makes sense to try again.
  virtual bool may_recover() const { return true; }
};

// To standard output.
std::unique_ptr<Delivery> deliver_to_output();

// Appends to a file, and waits until they are on the disk. The file is opened anew each time, so
// that it can be renamed by a rotation. Nobody else may write to it: a line without an end is taken
// for one that was left over, and removed.
std::unique_ptr<Delivery> deliver_to_file(const std::string& path);

// To a command of the shell, which is run for each batch and gets it on its standard input. It has
// taken the lines if it ends with 0.
std::unique_ptr<Delivery> deliver_to_command(const std::string& command);

}  // namespace personalize::report

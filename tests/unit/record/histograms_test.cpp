// Histograms: which bucket a duration is in, the sum over workers, and how they are written.
#include "personalize/record/histograms.h"

#include <memory_resource>
#include <string>
#include <vector>

#include "suite.h"

using namespace personalize;

namespace {

template <class Writer>
std::string written(const HistogramSnapshot& snapshot) {
  std::pmr::string out;
  Writer writer(out);
  snapshot.write(writer);
  writer.end();
  return std::string(out);
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

void workers_add_up(void**) {
  std::vector<Histograms> workers(2);
  workers[0].observe(Histogram::lookup, 0);
  workers[0].observe(Histogram::lookup, 100000);  // just in the first bucket
  workers[1].observe(Histogram::lookup, 100001);
  workers[1].observe(Histogram::lookup, 2000000000);  // above all bounds
  HistogramSnapshot snapshot;
  for (const Histograms& one : workers) {
    snapshot.add(one);
  }
  const std::string text = written<PrometheusWriter>(snapshot);
  assert_true(contains(text,
                       "# TYPE personalize_lookup_seconds histogram\n"
                       "personalize_lookup_seconds_bucket{le=\"0.0001\"} 2\n"
                       "personalize_lookup_seconds_bucket{le=\"0.00025\"} 3\n"));
  assert_true(contains(text,
                       "personalize_lookup_seconds_bucket{le=\"1\"} 3\n"
                       "personalize_lookup_seconds_bucket{le=\"+Inf\"} 4\n"
                       "personalize_lookup_seconds_sum 2.000200001\n"
                       "personalize_lookup_seconds_count 4\n"));
  assert_true(contains(text,
                       "personalize_wait_seconds_sum 0.000000000\n"
                       "personalize_wait_seconds_count 0\n"));

  const std::string json = written<JsonWriter>(snapshot);
  assert_true(contains(json, R"("lookup_seconds":{"buckets":{"0.0001":2,"0.00025":3,)"));
  assert_true(contains(json, R"("+Inf":4},"sum":2.000200001,"count":4})"));
  assert_int_equal(json.back(), '}');
}

const CMUnitTest tests[] = {
    cmocka_unit_test(workers_add_up),
};
const Suite suite(__FILE__, tests);

}  // namespace

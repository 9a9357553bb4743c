// Sums over visitors, from which every estimate is made. They can be added and changed, so that a
// day's numbers come from those of the day before, and a group's from those of its parts.
#pragma once

#include <cstdint>

namespace personalize::report {

// Each visitor has an outcome y; a divisor d, which is 1 unless the outcome is a ratio; and a
// covariate x, 0 where there is none.
struct Visit {
  double y = 0;
  double d = 1;
  double x = 0;
};

// In extended precision: squares of money in cents, ten million of them, keep ten digits.
struct Moments {
  std::uint64_t n = 0;
  long double y = 0, d = 0, x = 0;
  long double yy = 0, dd = 0, xx = 0;
  long double yd = 0, yx = 0;

  void add(const Visit& visit) {
    ++n;
    change(visit, 1);
  }

  // Changes what one of the visitors counts.
  void replace(const Visit& old, const Visit& now) {
    change(old, -1);
    change(now, 1);
  }

  Moments& operator+=(const Moments& other) {
    n += other.n;
    y += other.y;
    d += other.d;
    x += other.x;
    yy += other.yy;
    dd += other.dd;
    xx += other.xx;
    yd += other.yd;
    yx += other.yx;
    return *this;
  }

 private:
  void change(const Visit& visit, int sign) {
    const long double vy = visit.y;
    const long double vd = visit.d;
    const long double vx = visit.x;
    y += sign * vy;
    d += sign * vd;
    x += sign * vx;
    yy += sign * vy * vy;
    dd += sign * vd * vd;
    xx += sign * vx * vx;
    yd += sign * vy * vd;
    yx += sign * vy * vx;
  }
};

}  // namespace personalize::report

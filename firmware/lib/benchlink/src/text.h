// A line of text that is built piece by piece: no heap, never longer than its buffer, always ended by a zero.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace benchlink {

// Small cores have no instruction for division, and their runtime may lack it too.
inline uint32_t tenth(uint32_t value) {
  uint32_t q = (value >> 1) + (value >> 2);
  q += q >> 4;
  q += q >> 8;
  q += q >> 16;
  q >>= 3;
  return q + ((value - q * 10) > 9 ? 1 : 0);
}

template <size_t N>
class Text {
 public:
  const char* c_str() const { return text_; }
  size_t length() const { return length_; }
  void clear() { text_[length_ = 0] = '\0'; }

  Text& add(char c) {
    if (length_ + 1 < N) {
      text_[length_++] = c;
      text_[length_] = '\0';
    }
    return *this;
  }

  Text& add(const char* text) {
    while (*text) add(*text++);
    return *this;
  }

  // Adds a number of at least `width` digits, padded with zeros.
  Text& number(uint32_t value, unsigned width = 1) {
    char digits[10];
    unsigned n = 0;
    do {
      uint32_t rest = tenth(value);
      digits[n++] = static_cast<char>('0' + (value - rest * 10));
      value = rest;
    } while (value);
    for (unsigned i = n; i < width; ++i) add('0');
    while (n) add(digits[--n]);
    return *this;
  }

  Text& hex4(uint16_t value) {
    for (int shift = 12; shift >= 0; shift -= 4) add("0123456789ABCDEF"[(value >> shift) & 15]);
    return *this;
  }

 private:
  char text_[N] = {};
  size_t length_ = 0;
};

}  // namespace benchlink

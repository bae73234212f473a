#include "checks.h"

namespace {

uint32_t next(uint32_t& state) { return state = state * 1664525u + 1013904223u; }

}  // namespace

uint16_t noisySample(uint16_t position, uint32_t& state) {
  int32_t sum = 0;
  for (int i = 0; i < 12; ++i) sum += static_cast<int32_t>(next(state) >> 24);
  int32_t value = position + (((sum - 1530) * 12) >> 8);
  uint32_t spike = next(state) >> 16;
  if ((spike & 0xFF) < 5) value += spike & 0x100 ? 400 : -400;
  return static_cast<uint16_t>(value < 0 ? 0 : value > 4095 ? 4095 : value);
}

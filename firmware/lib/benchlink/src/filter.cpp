#include "filter.h"

#include "frame.h"

namespace benchlink {

namespace {

int32_t distance(int32_t a, int32_t b) { return a > b ? a - b : b - a; }

}  // namespace

bool Filter::add(uint16_t sample) {
  if (sample > kFullTurn) sample = kFullTurn;
  // Insert in order, so that block() finds the middle half without sorting.
  unsigned place = count_++;
  for (; place > 0 && samples_[place - 1] > sample; --place) samples_[place] = samples_[place - 1];
  samples_[place] = sample;
  if (count_ < kSamples) return false;
  count_ = 0;
  block();
  return true;
}

void Filter::block() {
  int32_t sum = 0;
  for (unsigned i = kSamples / 4; i < kSamples * 3 / 4; ++i) sum += samples_[i];
  int32_t mean = sum * 8;  // of 32 samples, in units of 1/256
  if (!started_ || distance(mean, average_) > kTurn * 256) {
    average_ = mean;
  } else {
    average_ += (mean - average_) >> 3;
  }
  int32_t rounded = (average_ + 128) >> 8;
  if (rounded <= kEnd) {
    value_ = 0;
  } else if (rounded >= kFullTurn - kEnd) {
    value_ = kFullTurn;
  } else if (!started_ || distance(rounded, value_) > kDeadband) {
    value_ = rounded;
  }
  started_ = true;
}

}  // namespace benchlink

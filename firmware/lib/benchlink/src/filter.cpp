#include "filter.h"

#include "frame.h"

namespace benchlink {

namespace {

int32_t distance(int32_t a, int32_t b) { return a > b ? a - b : b - a; }

}  // namespace

bool Filter::add(uint16_t sample) {
  if (sample > kFullTurn) sample = kFullTurn;
  // Kept in order: the middle is then where it should be.
  unsigned at = count_++;
  for (; at > 0 && samples_[at - 1] > sample; --at) samples_[at] = samples_[at - 1];
  samples_[at] = sample;
  if (count_ < kSamples) return false;
  count_ = 0;
  block();
  return true;
}

void Filter::block() {
  int32_t sum = 0;
  for (unsigned at = kSamples / 4; at < kSamples * 3 / 4; ++at) sum += samples_[at];
  int32_t mean = sum * 8;  // of 32 samples, in 1/256
  if (!started_ || distance(mean, average_) > kTurn * 256) {
    average_ = mean;
  } else {
    average_ += (mean - average_) >> 3;
  }
  int32_t now = (average_ + 128) >> 8;
  if (now <= kEnd) {
    value_ = 0;
  } else if (now >= kFullTurn - kEnd) {
    value_ = kFullTurn;
  } else if (!started_ || distance(now, value_) > kDeadband) {
    value_ = now;
  }
  started_ = true;
}

}  // namespace benchlink

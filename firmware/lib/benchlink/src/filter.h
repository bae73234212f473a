// Filters the noise from a potentiometer's position: 64 samples, the mean of the middle 32, a moving average of 1/8, a
// deadband of 6. Integers only. A difference larger than any noise is a turn and is taken over at once, so that a full
// turn arrives with the second block of samples instead of the fiftieth.
#pragma once

#include <stdint.h>

namespace benchlink {

class Filter {
 public:
  static constexpr unsigned kSamples = 64;
  static constexpr int32_t kDeadband = 6;
  static constexpr int32_t kTurn = 24;  // the noise of a block's mean is about 2 (sigma 12, spikes trimmed)
  static constexpr int32_t kEnd = 3;    // a position this near to an end counts as the end

  // Adds a sample, 0..4095. Returns true if it completes a block: value() is then new, even if it is the same number.
  bool add(uint16_t sample);
  uint16_t value() const { return static_cast<uint16_t>(value_); }
  bool started() const { return started_; }

 private:
  void block();

  uint16_t samples_[kSamples] = {};
  unsigned count_ = 0;
  int32_t average_ = 0;  // in 1/256
  int32_t value_ = 0;
  bool started_ = false;
};

}  // namespace benchlink

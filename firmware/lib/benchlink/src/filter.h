// A potentiometer's position that holds still: 64 samples, the mean of the middle 32, a moving average of 1/8, a
// deadband of 6. Whole numbers only. What differs by more than any noise is a turn and is taken over at once, so that
// a full turn arrives with the second block of samples and not after the fiftieth.
#pragma once

#include <stdint.h>

namespace benchlink {

class Filter {
 public:
  static constexpr unsigned kSamples = 64;
  static constexpr int32_t kDeadband = 6;
  static constexpr int32_t kTurn = 24;  // the noise of a block's mean is about 2 (sigma 12, spikes trimmed)
  static constexpr int32_t kEnd = 3;    // so near to an end it is the end

  // One sample, 0..4095. True when a block is whole: the reading is new, changed or not.
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

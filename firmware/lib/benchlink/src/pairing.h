// Decides who may pair by radio: only within a minute after the button was pressed, and only a device that shows the
// code on the display, which the operator accepts by pressing the button again.
#pragma once

#include <stdint.h>

namespace benchlink {

// A push button whose contacts bounce.
class Button {
 public:
  static constexpr uint32_t kSteadyMs = 30;

  // Returns true once per press.
  bool pressed(bool down, uint32_t now) {
    if (down != last_) {
      last_ = down;
      since_ = now;
    }
    if (last_ == held_ || now - since_ < kSteadyMs) return false;
    held_ = last_;
    return held_;
  }

 private:
  bool last_ = false;
  bool held_ = false;
  uint32_t since_ = 0;
};

class Pairing {
 public:
  static constexpr uint32_t kWindowMs = 60000;

  enum class Answer : uint8_t { kNone, kAccept, kRefuse };

  void press(uint32_t now) {
    if (asked_) {
      answer_ = Answer::kAccept;
      asked_ = false;
      open_ = false;
    } else {
      open_ = true;
      since_ = now;
    }
  }

  // The radio has a code that the operator must compare.
  void ask(uint32_t code) {
    if (open_) {
      asked_ = true;
      code_ = code;
    } else {
      answer_ = Answer::kRefuse;
    }
  }

  void tick(uint32_t now) {
    if (!open_ || now - since_ < kWindowMs) return;
    open_ = false;
    if (asked_) answer_ = Answer::kRefuse;
    asked_ = false;
  }

  // Returns the answer for the radio once, then kNone.
  Answer answer() {
    Answer result = answer_;
    answer_ = Answer::kNone;
    return result;
  }

  bool open() const { return open_; }
  bool asked() const { return asked_; }
  uint32_t code() const { return code_; }

 private:
  bool open_ = false;
  bool asked_ = false;
  uint32_t since_ = 0;
  uint32_t code_ = 0;
  Answer answer_ = Answer::kNone;
};

}  // namespace benchlink

// The board's whole mind, without pins and radio: knobs to lines, lines to lamps, relay and display. Times are the
// milliseconds of a clock that wraps around.
#pragma once

#include "filter.h"
#include "frame.h"

namespace benchlink {

constexpr char kFirmware[] = "1.0.0";

// What the display shows: a word in large letters and rows of 21 small ones.
struct Page {
  Text<11> word;
  Text<22> rows[4];
};

// Lines that wait for a port. Where it does not keep up, the oldest goes: news is worth more than what was.
class Queue {
 public:
  void put(const Line& line);
  bool take(Line& line);
  uint32_t dropped() const { return dropped_; }

 private:
  static constexpr unsigned kRoom = 16;
  Line lines_[kRoom];
  unsigned first_ = 0;
  unsigned count_ = 0;
  uint32_t dropped_ = 0;
};

class Board {
 public:
  static constexpr uint32_t kVerdictMs = 3000;  // older than that it counts for nothing
  static constexpr uint32_t kEveryMs = 1000;    // each knob and a heartbeat, changed or not
  static constexpr uint32_t kChangeMs = 40;     // at most so often while a knob turns

  using Send = void (*)(void* to, const Line& line);

  Board(const char* reset, Send send, void* to) : reset_(reset), send_(send), to_(to) {}

  void sample(Knob knob, uint16_t position, uint16_t millivolts);
  // A character from the desk; each port has a reader of its own, so that their lines do not mix.
  void receive(LineReader& reader, char c, uint32_t now);
  // The PART button was pressed: a part is in place.
  void part(uint32_t now);
  void tick(uint32_t now);

  // NO LINK without a fresh verdict.
  State state() const { return linked_ ? verdict_.state : State::kNoLink; }
  // The relay pulls for OK alone: without power, without a link, without a verdict it falls to the safe side.
  bool relay() const { return state() == State::kOk; }
  bool greenLamp() const { return state() == State::kOk; }
  // ANOMALY steady, UNKNOWN slow, NO LINK fast.
  bool redLamp(uint32_t now) const;
  void page(Page& page) const;
  uint16_t position(Knob knob) const { return of(knob).filter.value(); }

 private:
  struct Wiper {
    Filter filter;
    uint16_t millivolts = 0;
    uint16_t sent = 0;
    uint32_t sentAt = 0;
    bool everSent = false;
  };

  Wiper& of(Knob knob) { return knob == Knob::kDensity ? density_ : error_; }
  const Wiper& of(Knob knob) const { return knob == Knob::kDensity ? density_ : error_; }
  void report(Knob knob, uint32_t now);

  const char* reset_;
  Send send_;
  void* to_;
  Wiper density_;
  Wiper error_;
  uint32_t sequence_ = 0;
  uint32_t seconds_ = 0;
  uint32_t beatAt_ = 0;
  bool beaten_ = false;
  Verdict verdict_;
  uint32_t verdictAt_ = 0;
  bool linked_ = false;
};

}  // namespace benchlink

// The board's logic, without pins and radio: knobs to lines, lines to lamps, relay and display. Times are milliseconds
// of a clock that wraps around.
#pragma once

#include "filter.h"
#include "frame.h"

namespace benchlink {

constexpr char kFirmware[] = "1.0.0";

// The content of the display: a word in large letters and four rows of 21 small ones.
struct Page {
  Text<11> word;
  Text<22> rows[4];
};

// Lines that wait for a port. If the port is too slow, the oldest line is dropped: the newest one matters most.
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
  static constexpr uint32_t kVerdictMs = 3000;  // an older verdict no longer counts
  static constexpr uint32_t kEveryMs = 1000;    // between heartbeats, and between readings of a knob at rest
  static constexpr uint32_t kChangeMs = 40;     // least time between readings while a knob turns

  using Send = void (*)(void* to, const Line& line);

  Board(const char* reset, Send send, void* to) : reset_(reset), send_(send), to_(to) {}

  void sample(Knob knob, uint16_t position, uint16_t millivolts);
  // Takes a character from the station. Every port has its own reader, so that their lines do not mix.
  void receive(LineReader& reader, char c, uint32_t now);
  // The PART button was pressed: a part is in place.
  void part(uint32_t now);
  void tick(uint32_t now);

  // The state of the last verdict; NO LINK if it is too old or missing.
  State state() const { return linked_ ? verdict_.state : State::kNoLink; }
  // The relay is on only for OK; without power, link or verdict it is off, which is the safe state.
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

// The lines between board and desk, version 1. What goes up, the oldest desks can read too:
//   up    _34#2765#34_ v1 s=421 t=183204 mv=2214 *CRC      density knob, 0..4095
//   up    _39#0.1632#39_ v1 s=422 t=183210 mv=1315 *CRC    reconstruction-error knob, ten-thousandths
//   up    !HB v1 fw=1.0.0 up=183 rst=poweron *CRC          once a second
//   up    !PART v1 s=423 t=183950 *CRC                    the button: a part is in place
//   down  >V 57 ANOMALY -1234.5 0.0051 *CRC                verdict; answered by  <A 57 *CRC
// CRC is CRC-16/CCITT-FALSE of all before " *", in upper-case hexadecimal. ASCII, ended by CR LF.
#pragma once

#include "text.h"

namespace benchlink {

using Line = Text<96>;

constexpr uint16_t kFullTurn = 4095;

enum class Knob : uint8_t { kDensity = 34, kError = 39 };

struct Reading {
  Knob knob;
  uint16_t position;  // 0..4095
  uint32_t sequence;
  uint32_t milliseconds;  // of the board's clock
  uint16_t millivolts;    // at the pin
};

enum class State : uint8_t { kNoLink, kOk, kAnomaly, kUnknown };

struct Verdict {
  uint32_t sequence = 0;
  State state = State::kNoLink;
  Text<13> density;  // as the desk wrote them, to be shown
  Text<13> error;
};

uint16_t crc16(const char* text, size_t length);

// Each writes a whole line, its seal (" *CRC") included, without CR LF.
void formatReading(const Reading& reading, Line& line);
void formatHeartbeat(const char* firmware, uint32_t seconds, const char* reset, Line& line);
void formatPart(uint32_t sequence, uint32_t milliseconds, Line& line);
void formatAnswer(uint32_t sequence, Line& line);

enum class Seal : uint8_t { kNone, kGood, kBroken };

// Looks for the seal of a line; `body` is how much of the line it covers.
Seal sealOf(const char* line, size_t length, size_t& body);

// A verdict that the desk sent, its seal good. False for anything else, and `verdict` stays as it was.
bool parseVerdict(const char* line, size_t length, Verdict& verdict);

// Gathers characters to lines. What is longer than any frame is noise and is dropped to its end.
class LineReader {
 public:
  // True when a line is whole: it stays readable until the next call.
  bool feed(char c);
  const char* line() const { return line_; }
  size_t length() const { return length_; }

 private:
  char line_[96] = {};
  size_t length_ = 0;
  bool whole_ = false;
  bool overlong_ = false;
};

const char* wordOf(State state);

}  // namespace benchlink

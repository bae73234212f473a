// The lines between board and station, version 1. The oldest stations can read the lines that go up, too:
//   up    _34#2765#34_ v1 s=421 t=183204 mv=2214 *CRC      density knob, 0..4095
//   up    _39#0.1632#39_ v1 s=422 t=183210 mv=1315 *CRC    reconstruction-error knob, ten-thousandths
//   up    !HB v1 fw=1.0.0 up=183 rst=poweron *CRC          once per second
//   up    !PART v1 s=423 t=183950 *CRC                    the button: a part is in place
//   down  >V 57 ANOMALY -1234.5 0.0051 *CRC                verdict; answered by  <A 57 *CRC
// CRC is the CRC-16/CCITT-FALSE of everything before " *", in upper-case hexadecimal. ASCII lines, ended by CR LF.
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
  Text<13> density;  // for the display, in the station's format
  Text<13> error;
};

uint16_t crc16(const char* text, size_t length);

// Each writes a complete line with its seal (" *CRC"), but without CR LF.
void formatReading(const Reading& reading, Line& line);
void formatHeartbeat(const char* firmware, uint32_t seconds, const char* reset, Line& line);
void formatPart(uint32_t sequence, uint32_t milliseconds, Line& line);
void formatAnswer(uint32_t sequence, Line& line);

enum class Seal : uint8_t { kNone, kGood, kBroken };

// Checks the seal of a line; `body` is the number of characters that it covers.
Seal sealOf(const char* line, size_t length, size_t& body);

// Reads a verdict with a good seal. Returns false for any other line and leaves `verdict` unchanged.
bool parseVerdict(const char* line, size_t length, Verdict& verdict);

// Collects characters into lines. A line longer than any frame is noise and is dropped.
class LineReader {
 public:
  // Returns true if the character completes a line, which stays readable until the next call.
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

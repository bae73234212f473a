#include "frame.h"

namespace benchlink {

namespace {

void seal(Line& line) {
  uint16_t crc = crc16(line.c_str(), line.length());
  line.add(" *").hex4(crc);
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Splits a line into words.
class Words {
 public:
  Words(const char* text, size_t length) : at_(text), end_(text + length) {}

  // Returns the next word, which ends with one blank or the line; false if there is no further word or it is empty.
  bool next(const char*& word, size_t& length) {
    if (at_ > end_) return false;
    word = at_;
    while (at_ < end_ && *at_ != ' ') ++at_;
    length = static_cast<size_t>(at_ - word);
    ++at_;  // past the blank, or past the end if the line is over
    return length > 0;
  }

  bool ended() const { return at_ > end_; }

 private:
  const char* at_;
  const char* end_;
};

bool same(const char* word, size_t length, const char* wanted) {
  for (size_t i = 0; i < length; ++i)
    if (wanted[i] == '\0' || wanted[i] != word[i]) return false;
  return wanted[length] == '\0';
}

bool wholeNumber(const char* word, size_t length, uint32_t& value) {
  if (length > 10) return false;
  uint32_t sum = 0;
  for (size_t i = 0; i < length; ++i) {
    if (word[i] < '0' || word[i] > '9') return false;
    uint32_t digit = static_cast<uint32_t>(word[i] - '0');
    if (sum > 429496729u || (sum == 429496729u && digit > 5)) return false;
    sum = sum * 10 + digit;
  }
  value = sum;
  return true;
}

bool copied(const char* word, size_t length, Text<13>& to) {
  if (length > 12) return false;
  to.clear();
  for (size_t i = 0; i < length; ++i) {
    if (word[i] <= ' ' || word[i] > '~') return false;
    to.add(word[i]);
  }
  return true;
}

}  // namespace

uint16_t crc16(const char* text, size_t length) {
  uint16_t crc = 0xFFFF;
  for (size_t i = 0; i < length; ++i) {
    crc = static_cast<uint16_t>(crc ^ (static_cast<uint8_t>(text[i]) << 8));
    for (int bit = 0; bit < 8; ++bit)
      crc = static_cast<uint16_t>((crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1);
  }
  return crc;
}

void formatReading(const Reading& reading, Line& line) {
  line.clear();
  if (reading.knob == Knob::kDensity) {
    line.add("_34#").number(reading.position).add("#34_");
  } else {
    line.add("_39#0.").number(reading.position, 4).add("#39_");
  }
  line.add(" v1 s=").number(reading.sequence).add(" t=").number(reading.milliseconds);
  line.add(" mv=").number(reading.millivolts);
  seal(line);
}

void formatHeartbeat(const char* firmware, uint32_t seconds, const char* reset, Line& line) {
  line.clear();
  line.add("!HB v1 fw=").add(firmware).add(" up=").number(seconds).add(" rst=").add(reset);
  seal(line);
}

void formatPart(uint32_t sequence, uint32_t milliseconds, Line& line) {
  line.clear();
  line.add("!PART v1 s=").number(sequence).add(" t=").number(milliseconds);
  seal(line);
}

void formatAnswer(uint32_t sequence, Line& line) {
  line.clear();
  line.add("<A ").number(sequence);
  seal(line);
}

Seal sealOf(const char* line, size_t length, size_t& body) {
  body = length;
  if (length < 6 || line[length - 6] != ' ' || line[length - 5] != '*') return Seal::kNone;
  uint16_t claimed = 0;
  for (size_t i = length - 4; i < length; ++i) {
    int digit = hexDigit(line[i]);
    if (digit < 0) return Seal::kBroken;
    claimed = static_cast<uint16_t>(claimed << 4 | digit);
  }
  body = length - 6;
  return crc16(line, body) == claimed ? Seal::kGood : Seal::kBroken;
}

bool parseVerdict(const char* line, size_t length, Verdict& verdict) {
  size_t body = 0;
  if (sealOf(line, length, body) != Seal::kGood) return false;
  Words words(line, body);
  Verdict parsed;
  const char* word = nullptr;
  size_t size = 0;
  if (!words.next(word, size) || !same(word, size, ">V")) return false;
  if (!words.next(word, size) || !wholeNumber(word, size, parsed.sequence)) return false;
  if (!words.next(word, size)) return false;
  constexpr State kStates[] = {State::kOk, State::kAnomaly, State::kUnknown};
  for (State state : kStates)
    if (same(word, size, wordOf(state))) parsed.state = state;
  if (parsed.state == State::kNoLink) return false;
  if (!words.next(word, size) || !copied(word, size, parsed.density)) return false;
  if (!words.next(word, size) || !copied(word, size, parsed.error)) return false;
  if (!words.ended()) return false;
  verdict = parsed;
  return true;
}

bool LineReader::feed(char c) {
  if (whole_) {
    whole_ = false;
    length_ = 0;
  }
  if (c == '\n' || c == '\r') {
    whole_ = length_ > 0 && !overlong_;
    if (!whole_) length_ = 0;
    overlong_ = false;
    return whole_;
  }
  if (length_ < sizeof line_) {
    line_[length_++] = c;
  } else {
    overlong_ = true;
  }
  return false;
}

const char* wordOf(State state) {
  switch (state) {
    case State::kOk:
      return "OK";
    case State::kAnomaly:
      return "ANOMALY";
    case State::kUnknown:
      return "UNKNOWN";
    case State::kNoLink:
      break;
  }
  return "NO LINK";
}

}  // namespace benchlink

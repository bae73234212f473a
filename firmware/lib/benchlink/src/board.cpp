#include "board.h"

namespace benchlink {

void Queue::put(const Line& line) {
  if (count_ == kRoom) {
    first_ = (first_ + 1) & (kRoom - 1);
    --count_;
    ++dropped_;
  }
  lines_[(first_ + count_++) & (kRoom - 1)] = line;
}

bool Queue::take(Line& line) {
  if (!count_) return false;
  line = lines_[first_];
  first_ = (first_ + 1) & (kRoom - 1);
  --count_;
  return true;
}

void Board::sample(Knob knob, uint16_t position, uint16_t millivolts) {
  Wiper& wiper = of(knob);
  if (wiper.filter.add(position)) wiper.millivolts = millivolts;
}

void Board::receive(LineReader& reader, char c, uint32_t now) {
  if (!reader.feed(c) || !parseVerdict(reader.line(), reader.length(), verdict_)) return;
  verdictAt_ = now;
  linked_ = true;
  Line line;
  formatAnswer(verdict_.sequence, line);
  send_(to_, line);
}

void Board::part(uint32_t now) {
  // Sent once: the verdict is the answer. If the line is lost, the operator presses again.
  Line line;
  formatPart(++sequence_, now, line);
  send_(to_, line);
}

void Board::tick(uint32_t now) {
  // Clearing the flag keeps an old OK from counting again after the clock has wrapped around.
  if (linked_ && now - verdictAt_ >= kVerdictMs) linked_ = false;
  report(Knob::kDensity, now);
  report(Knob::kError, now);
  if (beaten_ && now - beatAt_ < kEveryMs) return;
  if (beaten_) {
    ++seconds_;
    beatAt_ += kEveryMs;
    if (now - beatAt_ >= kEveryMs) beatAt_ = now;  // after a delay: send no burst of heartbeats
  } else {
    beaten_ = true;
    beatAt_ = now;
  }
  Line line;
  formatHeartbeat(kFirmware, seconds_, reset_, line);
  send_(to_, line);
}

void Board::report(Knob knob, uint32_t now) {
  Wiper& wiper = of(knob);
  if (!wiper.filter.started()) return;
  uint16_t position = wiper.filter.value();
  uint32_t since = now - wiper.sentAt;
  bool turned = position != wiper.sent && since >= kChangeMs;
  if (wiper.everSent && !turned && since < kEveryMs) return;
  wiper.sent = position;
  wiper.sentAt = now;
  wiper.everSent = true;
  Line line;
  formatReading({knob, position, ++sequence_, now, wiper.millivolts}, line);
  send_(to_, line);
}

bool Board::redLamp(uint32_t now) const {
  switch (state()) {
    case State::kOk:
      return false;
    case State::kAnomaly:
      return true;
    case State::kUnknown:
      return (now >> 9) & 1;  // about once per second
    case State::kNoLink:
      break;
  }
  return (now >> 7) & 1;  // about four times per second
}

void Board::page(Page& page) const {
  page = Page();
  page.word.add(wordOf(state()));
  page.rows[0].add("density knob  ").number(density_.filter.value());
  page.rows[1].add("error knob    0.").number(error_.filter.value(), 4);
  if (linked_) {
    page.rows[2].add("density ").add(verdict_.density.c_str());
    page.rows[3].add("error   ").add(verdict_.error.c_str());
  } else {
    page.rows[2].add("no verdict: relay off");
  }
}

}  // namespace benchlink

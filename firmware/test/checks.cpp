#include "checks.h"

#include "board.h"
#include "pairing.h"

using namespace benchlink;

namespace {

bool equal(const char* a, const char* b) {
  while (*a && *a == *b) ++a, ++b;
  return *a == *b;
}

bool begins(const char* text, const char* with) {
  while (*with)
    if (*text++ != *with++) return false;
  return true;
}

int nibble(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

// A vector: kind|line|meaning.
struct Vector {
  Text<16> kind;
  Text<256> line;  // \xNN decoded; may contain zeros
  Text<96> words;

  unsigned word(unsigned at, Text<24>& found) const {
    found.clear();
    const char* c = words.c_str();
    for (; at; --at) {
      while (*c && *c != ' ') ++c;
      if (*c) ++c;
    }
    while (*c && *c != ' ') found.add(*c++);
    return static_cast<unsigned>(found.length());
  }

  uint32_t number(unsigned at) const {
    Text<24> digits;
    word(at, digits);
    uint32_t value = 0;
    for (const char* c = digits.c_str(); *c; ++c) value = value * 10 + static_cast<uint32_t>(*c - '0');
    return value;
  }
};

const char* readVector(const char* text, Vector& vector) {
  vector = Vector();
  while (*text != '|') vector.kind.add(*text++);
  for (++text; *text != '|'; ++text) {
    if (*text == '\\') {
      vector.line.add(static_cast<char>(nibble(text[2]) << 4 | nibble(text[3])));
      text += 3;
    } else {
      vector.line.add(*text);
    }
  }
  for (++text; *text && *text != '\n'; ++text) vector.words.add(*text);
  return *text ? text + 1 : text;
}

void checkFilter(const Vector& v, Fail fail) {
  Filter filter;
  uint32_t seed = v.number(2);
  for (unsigned block = 0; block < 12; ++block) {
    uint16_t position = static_cast<uint16_t>(v.number(block < 6 ? 0 : 1));
    while (!filter.add(noisySample(position, seed))) {
    }
    if (filter.value() != v.number(3 + block)) return fail("the filter returns another value", v.words.c_str());
  }
}

void checkVector(const Vector& v, Fail fail) {
  if (equal(v.kind.c_str(), "filter")) return checkFilter(v, fail);
  const char* text = v.line.c_str();
  Line made;
  size_t body = 0;
  Seal seal = sealOf(text, v.line.length(), body);
  // As on a real board: character by character, after a truncated line, with both line endings.
  LineReader reader;
  Verdict verdict;
  bool verdictRead = false;
  for (const char* c = "torn\r\n"; *c; ++c) reader.feed(*c);
  for (size_t i = 0; i < v.line.length(); ++i) reader.feed(text[i]);
  if (reader.feed('\r')) verdictRead = parseVerdict(reader.line(), reader.length(), verdict);
  reader.feed('\n');
  if (equal(v.kind.c_str(), "reading")) {
    Knob knob = v.number(0) == 34 ? Knob::kDensity : Knob::kError;
    formatReading({knob, static_cast<uint16_t>(v.number(1)), v.number(2), v.number(3),
                   static_cast<uint16_t>(v.number(4))},
                  made);
  } else if (equal(v.kind.c_str(), "heartbeat")) {
    Text<24> firmware, reset;
    v.word(0, firmware);
    v.word(2, reset);
    formatHeartbeat(firmware.c_str(), v.number(1), reset.c_str(), made);
  } else if (equal(v.kind.c_str(), "part")) {
    formatPart(v.number(0), v.number(1), made);
  } else if (equal(v.kind.c_str(), "answer")) {
    formatAnswer(v.number(0), made);
  } else if (equal(v.kind.c_str(), "verdict")) {
    Text<24> state, density, error;
    v.word(1, state);
    v.word(2, density);
    v.word(3, error);
    if (!verdictRead) return fail("a good verdict was not read", text);
    if (verdict.sequence != v.number(0)) fail("another number was read", text);
    if (!equal(wordOf(verdict.state), state.c_str())) fail("another state was read", text);
    if (!equal(verdict.density.c_str(), density.c_str())) fail("another density was read", text);
    if (!equal(verdict.error.c_str(), error.c_str())) fail("another error was read", text);
    return;
  } else {
    if (verdictRead) fail("a verdict was read from noise", text);
    if (equal(v.kind.c_str(), "legacy") && seal != Seal::kNone) fail("a seal was seen in a line without one", text);
    if (equal(v.kind.c_str(), "broken") && seal == Seal::kGood) fail("a broken seal was taken for a good one", text);
    return;
  }
  if (!equal(made.c_str(), text)) fail(made.c_str(), text);
  if (seal != Seal::kGood) fail("a good seal was not recognised", text);
  if (verdictRead) fail("a verdict was read from another frame", text);
}

struct Sent {
  unsigned lines = 0;
  Line last;
};

void keep(void* to, const Line& line) {
  Sent* sent = static_cast<Sent*>(to);
  ++sent->lines;
  sent->last = line;
}

void tell(Board& board, LineReader& reader, const char* line, uint32_t now) {
  while (*line) board.receive(reader, *line++, now);
  board.receive(reader, '\n', now);
}

}  // namespace

unsigned checkVectors(const char* text, Fail fail) {
  unsigned count = 0;
  while (*text) {
    if (*text == '#') {
      while (*text && *text++ != '\n') {
      }
      continue;
    }
    Vector vector;
    text = readVector(text, vector);
    checkVector(vector, fail);
    ++count;
  }
  return count;
}

unsigned changesAtRest(uint16_t position, uint32_t seed, uint16_t& last) {
  Filter filter;
  unsigned changes = 0;
  // The first 50 readings are for the filter to settle.
  for (unsigned reading = 0; reading < 1050; ++reading) {
    uint16_t before = filter.value();
    while (!filter.add(noisySample(position, seed))) {
    }
    if (reading >= 50 && filter.value() != before) ++changes;
  }
  last = filter.value();
  return changes;
}

unsigned readingsOfTurn(uint16_t from, uint16_t to, uint32_t seed) {
  Filter filter;
  for (unsigned sample = 0; sample < 50 * Filter::kSamples + Filter::kSamples / 2; ++sample)
    filter.add(noisySample(from, seed));
  unsigned arrived = 0;
  for (unsigned reading = 1; reading <= 100; ++reading) {
    while (!filter.add(noisySample(to, seed))) {
    }
    int32_t away = static_cast<int32_t>(filter.value()) - to;
    if (away < -2 * Filter::kDeadband || away > 2 * Filter::kDeadband) arrived = reading;
  }
  return arrived + 1;
}

void checkBoard(Fail fail) {
  auto must = [fail](bool holds, const char* what) {
    if (!holds) fail(what, "");
  };
  // Just before the clock wraps around.
  uint32_t now = 0xFFFFF000u;
  Sent sent;
  Board board("poweron", keep, &sent);
  LineReader usb;
  Page page;
  Text<96> ok, bad;
  Line sealed;
  auto seal = [&sealed](const char* body) {
    size_t length = 0;
    while (body[length]) ++length;
    sealed.clear();
    sealed.add(body).add(" *").hex4(crc16(body, length));
    return sealed.c_str();
  };
  must(board.state() == State::kNoLink && !board.relay() && !board.greenLamp(), "before any verdict it is NO LINK");
  board.tick(now);
  must(begins(sent.last.c_str(), "!HB v1 fw=1.0.0 up=0 rst=poweron *"), "the first tick sends a heartbeat");
  must(sent.lines == 1, "a knob that was never read is not sent");
  tell(board, usb, seal(">V 7 OK 3.25 0.0021"), now);
  must(board.state() == State::kOk && board.relay() && board.greenLamp(), "OK switches the relay on");
  must(begins(sent.last.c_str(), "<A 7 *"), "a verdict is answered");
  board.page(page);
  must(equal(page.word.c_str(), "OK") && equal(page.rows[3].c_str(), "error   0.0021"), "the page shows the verdict");
  board.tick(now + 2999);
  must(board.relay(), "a verdict counts for 3 s");
  board.tick(now + 3000);
  must(board.state() == State::kNoLink && !board.relay() && !board.greenLamp(), "after 3 s it no longer counts");
  board.page(page);
  must(equal(page.word.c_str(), "NO LINK"), "the page shows NO LINK");
  board.tick(now + 5000);  // the clock has wrapped around
  must(!board.relay(), "a wrapped clock does not revive an old verdict");
  tell(board, usb, ">V 8 OK 3.25 0.0021 *0000", now + 5000);
  must(!board.relay(), "a verdict with a broken seal does not switch the relay");
  tell(board, usb, seal(">V 9 OK 3.25 0.0021"), now + 5000);
  must(board.relay(), "a verdict with a good seal does");
  tell(board, usb, seal(">V 10 ANOMALY 3.25 0.0021"), now + 5100);
  must(!board.relay() && board.redLamp(0) && board.redLamp(700), "ANOMALY switches the relay off, the red lamp is steady");
  tell(board, usb, seal(">V 11 UNKNOWN - -"), now + 5200);
  must(!board.relay() && !board.greenLamp() && board.redLamp(512) && !board.redLamp(0), "UNKNOWN blinks slowly");
  // Knobs are sent at once if they turn, once per second if they rest.
  for (unsigned i = 0; i < Filter::kSamples; ++i) board.sample(Knob::kError, 1632, 1315);
  now = 50000;
  board.tick(now);
  while (sent.lines) sent = Sent();
  for (uint32_t t = 10; t <= 1000; t += 10) board.tick(now + t);
  must(sent.lines == 2, "at rest there are a reading and a heartbeat per second");
  sent = Sent();
  for (unsigned i = 0; i < Filter::kSamples; ++i) board.sample(Knob::kError, 163, 280);
  board.tick(now + 1100);
  must(begins(sent.last.c_str(), "_39#0.0163#39_ v1 s="), "a turn is sent at once");
  sent = Sent();
  board.part(now + 1150);
  must(sent.lines == 1 && begins(sent.last.c_str(), "!PART v1 s="), "a press of the button is sent at once");
  board.tick(now + 1151);
  must(sent.lines == 1, "a press of the button is sent only once");
  Queue queue;
  Line line;
  for (unsigned i = 0; i < 40; ++i) {
    formatAnswer(i, line);
    queue.put(line);
  }
  must(queue.take(line) && begins(line.c_str(), "<A 24 ") && queue.dropped() == 24, "a full queue drops the oldest");
  constexpr uint32_t kValues[] = {0u, 9u, 10u, 99u, 4294967295u, 4294967289u, 1000000000u};
  for (uint32_t value : kValues) {
    uint32_t q = tenth(value);
    must(value - q * 10 <= 9, "tenth() divides by ten");
  }
}

void checkPairing(Fail fail) {
  auto must = [fail](bool holds, const char* what) {
    if (!holds) fail(what, "");
  };
  Pairing pairing;
  pairing.ask(123456);
  must(pairing.answer() == Pairing::Answer::kRefuse && !pairing.asked(), "no pairing before the button is pressed");
  pairing.press(1000);
  must(pairing.open() && pairing.answer() == Pairing::Answer::kNone, "a press opens the window");
  pairing.ask(123456);
  must(pairing.asked() && pairing.code() == 123456, "the code is shown");
  pairing.press(2000);
  must(pairing.answer() == Pairing::Answer::kAccept && !pairing.open(), "a second press accepts and closes the window");
  must(pairing.answer() == Pairing::Answer::kNone, "an answer is returned once");
  pairing.press(3000);
  pairing.ask(654321);
  pairing.tick(3000 + 59999);
  must(pairing.open(), "the window is open for a minute");
  pairing.tick(3000 + 60000);
  must(!pairing.open() && pairing.answer() == Pairing::Answer::kRefuse, "after a minute it closes and refuses");
  Button button;
  unsigned presses = 0;
  // The button bounces for 10 ms, is held for 90 ms, and bounces for 10 ms again.
  for (uint32_t t = 0; t < 300; ++t) {
    bool down = t >= 20 && t < 130 && !(t < 30 && t % 3 == 0) && !(t > 120 && t % 3 == 0);
    presses += button.pressed(down, t);
  }
  must(presses == 1, "a press of a bouncing button counts once");
}

// A simulated board: the real firmware logic behind a pseudo-terminal, with noisy knobs that --play turns by itself.
//
//   board [--link PATH] [--play] [--density N] [--error N]
//
// It prints `port NAME` first, then `lamp WORD` and `relay on|off` when they change. It reads commands from standard
// input, one per line: `turn 34 2765` (0..4095), `part` (the button), `hang` (stop answering), `quit`. It ends when its
// standard input closes. POSIX only.
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "checks.h"

using namespace benchlink;

namespace {

struct Ports {
  int master = -1;
  bool hung = false;
  Queue queue;
};

void send(void* to, const Line& line) { static_cast<Ports*>(to)->queue.put(line); }

uint32_t milliseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint32_t>(now.tv_sec) * 1000u + static_cast<uint32_t>(now.tv_nsec / 1000000);
}

void flush(Ports& ports) {
  Line line;
  while (ports.queue.take(line)) {
    char bytes[100];
    int length = snprintf(bytes, sizeof bytes, "%s\r\n", line.c_str());
    // If no program reads the port, the line is lost, as on a real wire.
    if (!ports.hung && write(ports.master, bytes, static_cast<size_t>(length)) < 0) continue;
  }
}

struct Hand {
  uint16_t density = 2765;
  uint16_t error = 1632;
  bool play = false;
  uint32_t nextTurn = 8000;

  // Turns one of the knobs for a second, every 8 s.
  void move(uint32_t at, uint32_t& noise) {
    if (!play || at < nextTurn) return;
    uint16_t& knob = noise & 0x10000 ? density : error;
    int32_t to = static_cast<int32_t>(knob) + static_cast<int32_t>((noise >> 20) & 31) - 16;
    knob = static_cast<uint16_t>(to < 100 ? 100 : to > 3995 ? 3995 : to);
    if (at > nextTurn + 1000) nextTurn = at + 7000;
  }
};

bool command(char* words, Hand& hand, Ports& ports, Board& board, uint32_t now) {
  unsigned knob = 0, position = 0;
  if (sscanf(words, "turn %u %u", &knob, &position) == 2 && position <= kFullTurn) {
    (knob == 34 ? hand.density : hand.error) = static_cast<uint16_t>(position);
  } else if (!strncmp(words, "part", 4)) {
    board.part(now);
  } else if (!strncmp(words, "hang", 4)) {
    ports.hung = true;
  } else if (!strncmp(words, "quit", 4)) {
    return false;
  }
  return true;
}

uint16_t millivolts(uint16_t position) { return static_cast<uint16_t>(154 + position * 2263u / kFullTurn); }

}  // namespace

int main(int count, char** words) {
  const char* link = nullptr;
  Hand hand;
  for (int at = 1; at < count; ++at) {
    if (!strcmp(words[at], "--link") && at + 1 < count) link = words[++at];
    if (!strcmp(words[at], "--density") && at + 1 < count) hand.density = static_cast<uint16_t>(atoi(words[++at]));
    if (!strcmp(words[at], "--error") && at + 1 < count) hand.error = static_cast<uint16_t>(atoi(words[++at]));
    if (!strcmp(words[at], "--play")) hand.play = true;
  }
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  const char* name = master >= 0 && !grantpt(master) && !unlockpt(master) ? ptsname(master) : nullptr;
  int slave = name ? open(name, O_RDWR | O_NOCTTY) : -1;  // kept open, so that a reader may come and go
  termios raw;
  if (slave < 0 || tcgetattr(slave, &raw)) return perror("no pseudo-terminal"), 1;
  cfmakeraw(&raw);
  tcsetattr(slave, TCSANOW, &raw);
  if (link) {
    unlink(link);
    if (symlink(name, link)) return perror(link), 1;
  }
  printf("port %s\n", link ? link : name);
  fflush(stdout);
  Ports ports;
  ports.master = master;
  Board board("poweron", send, &ports);
  LineReader usb;
  uint32_t began = milliseconds(), noise = began | 1, sampled = 0;
  State shown = State::kUnknown;
  bool relay = true, going = true;
  char typed[64] = {};
  size_t length = 0;
  while (going) {
    pollfd waiting[2] = {{STDIN_FILENO, POLLIN, 0}, {master, POLLIN, 0}};
    poll(waiting, 2, 5);
    uint32_t now = milliseconds() - began;
    char bytes[256];
    if (waiting[0].revents) {
      ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
      if (got <= 0) break;
      for (ssize_t i = 0; i < got; ++i) {
        if (bytes[i] != '\n') {
          if (length + 1 < sizeof typed) typed[length++] = bytes[i];
          continue;
        }
        typed[length] = '\0';
        length = 0;
        going = command(typed, hand, ports, board, now) && going;
      }
    }
    for (ssize_t got; (got = read(master, bytes, sizeof bytes)) > 0;)
      for (ssize_t i = 0; i < got && !ports.hung; ++i) board.receive(usb, bytes[i], now);
    if (now - sampled >= 10) {
      sampled = now;
      hand.move(now, noise);
      for (unsigned i = 0; i < Filter::kSamples; ++i) {
        board.sample(Knob::kDensity, noisySample(hand.density, noise), millivolts(hand.density));
        board.sample(Knob::kError, noisySample(hand.error, noise), millivolts(hand.error));
      }
    }
    board.tick(now);
    flush(ports);
    if (board.state() != shown || board.relay() != relay) {
      shown = board.state();
      relay = board.relay();
      printf("lamp %s\nrelay %s\n", wordOf(shown), relay ? "on" : "off");
      fflush(stdout);
    }
  }
  if (link) unlink(link);
  return 0;
}

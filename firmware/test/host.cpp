// Runs the checks on this computer with doctest; built with the address and undefined-behaviour sanitizers.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "board.h"
#include "checks.h"

namespace {

void fail(const char* what, const char* line) { FAIL_CHECK(what, "  |  ", line); }

}  // namespace

TEST_CASE("shared vectors") {
  std::ifstream file(VECTORS);
  std::stringstream text;
  text << file.rdbuf();
  CHECK(checkVectors(text.str().c_str(), fail) > 50);
}

TEST_CASE("the value of a knob at rest does not change with noise and spikes") {
  constexpr uint16_t kPositions[] = {0, 5, 163, 1632, 2048, 2765, 4000, 4090, 4095};
  for (uint16_t position : kPositions) {
    for (uint32_t seed = 1; seed <= 20; ++seed) {
      uint16_t last = 0;
      CHECK(changesAtRest(position, seed, last) <= 1);
      CHECK(last >= position - 9);
      CHECK(last <= position + 9);
    }
  }
}

TEST_CASE("a full turn arrives within 150 ms") {
  // A reading of both knobs takes 128 conversions of less than 80 us: 11 ms. The next line may follow after 40 ms.
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    CHECK(readingsOfTurn(0, 4095, seed) * 11 + 40 <= 150);
    CHECK(readingsOfTurn(4095, 0, seed) * 11 + 40 <= 150);
    CHECK(readingsOfTurn(1000, 3000, seed) * 11 + 40 <= 150);
  }
}

TEST_CASE("verdict, relay, lamps, page, queue") { checkBoard(fail); }

TEST_CASE("pairing and the button") { checkPairing(fail); }

TEST_CASE("random bytes cause no verdict and no overrun") {
  uint32_t state = 1;
  benchlink::Board board("poweron", [](void*, const benchlink::Line&) {}, nullptr);
  benchlink::LineReader reader;
  for (int i = 0; i < 2000000; ++i) {
    state = state * 1664525u + 1013904223u;
    board.receive(reader, static_cast<char>(state >> 24), 0);
  }
  CHECK(board.state() == benchlink::State::kNoLink);
}

// Checks that need nothing of a computer but a core: they run on the host and on the emulated Xtensa alike.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Called for everything that does not hold.
using Fail = void (*)(const char* what, const char* line);

// Goes through the text of vectors.txt; gives how many vectors there were.
unsigned checkVectors(const char* text, Fail fail);
// Noise of 12 LSB with 2 % spikes. Gives the changes in 1000 readings at rest at `position`.
unsigned changesAtRest(uint16_t position, uint32_t seed, uint16_t& last);
// Readings from the beginning of a turn until the value stays within the deadband of where it ends.
unsigned readingsOfTurn(uint16_t from, uint16_t to, uint32_t seed);
// Time-outs of the verdict, relay, lamps, display.
void checkBoard(Fail fail);
void checkPairing(Fail fail);

// A sample of a wiper at rest as a real one is said to look (sigma 12, 2 % spikes of 400), 0..4095.
uint16_t noisySample(uint16_t position, uint32_t& state);

// Checks that need only a processor core, so they run both on the host and on the emulated Xtensa.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Called for every failed check.
using Fail = void (*)(const char* what, const char* line);

// Checks all vectors in the text of vectors.txt; returns their number.
unsigned checkVectors(const char* text, Fail fail);
// Returns the number of changes in 1000 readings at rest at `position`, with noise of 12 LSB and 2 % spikes.
unsigned changesAtRest(uint16_t position, uint32_t seed, uint16_t& last);
// Returns the number of readings from the beginning of a turn until the value stays within twice the deadband of `to`.
unsigned readingsOfTurn(uint16_t from, uint16_t to, uint32_t seed);
// Time-outs of the verdict, relay, lamps, display.
void checkBoard(Fail fail);
void checkPairing(Fail fail);

// Returns a sample, 0..4095, of a wiper at rest with the noise that is reported for real ones (sigma 12, 2 % spikes of
// 400).
uint16_t noisySample(uint16_t position, uint32_t& state);

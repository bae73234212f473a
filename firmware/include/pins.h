// The pins (README.md has the wiring and the reasons).
#pragma once

#include <stdint.h>

// ADC1 only: the radio uses ADC2. `_39` is the protocol's name of the knob, not its pin: GPIO36 and GPIO39 are pulled
// low for 80 ns when the converter powers up (ESP32 errata 3.11), so the wiper is connected to GPIO35.
constexpr uint8_t kDensityPin = 34;
constexpr uint8_t kErrorPin = 35;

constexpr uint8_t kGreenPin = 25;
constexpr uint8_t kRedPin = 26;
constexpr uint8_t kRelayPin = 27;  // high switches it on; low, floating or no power is the safe state
constexpr uint8_t kButtonPin = 33;  // pairing: button to ground, internal pull-up
constexpr uint8_t kPartPin = 32;    // a part is in place: button or foot switch to ground, internal pull-up
constexpr uint8_t kSdaPin = 21;
constexpr uint8_t kSclPin = 22;
constexpr uint8_t kDisplayAddress = 0x3C;

// The wiper's voltages at the ends of a turn, with 3.9 kOhm above and 680 Ohm below (10 kOhm pots, +-20 %): inside the
// converter's accurate range (150..2450 mV), and reached by every pot. A bare pot between 3V3 and ground: 150, 3000.
constexpr uint32_t kLowMillivolts = 190;
constexpr uint32_t kHighMillivolts = 2250;

#pragma once
#include "Adafruit_GFX.h"
#include "Wire.h"
#define SSD1306_WHITE 1
#define SSD1306_SWITCHCAPVCC 0x02
class Adafruit_SSD1306 : public Adafruit_GFX {
 public:
  Adafruit_SSD1306(uint8_t w, uint8_t h, TwoWire* wire = nullptr, int8_t reset = -1);
  bool begin(uint8_t supply = SSD1306_SWITCHCAPVCC, uint8_t address = 0, bool reset = true, bool wire = true);
  void clearDisplay();
  void display();
};

#pragma once
#include "Arduino.h"
class Adafruit_GFX : public Print {
 public:
  void setTextColor(uint16_t color);
  void setTextSize(uint8_t size);
  void setCursor(int16_t x, int16_t y);
  size_t write(uint8_t c) override;
  size_t write(const uint8_t* buffer, size_t size) override;
};

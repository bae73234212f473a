// The calls that the sketch uses, with the signatures that they have in Arduino-ESP32. For type checks only.
#pragma once

#include <stdint.h>
#include <string.h>

#include <functional>

#include "version.h"

using byte = uint8_t;
using boolean = bool;

#define LOW 0x0
#define HIGH 0x1
#define OUTPUT 0x03
#define INPUT_PULLUP 0x05

enum adc_attenuation_t { ADC_0db, ADC_2_5db, ADC_6db, ADC_11db };

void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
int digitalRead(uint8_t pin);
void analogSetPinAttenuation(uint8_t pin, adc_attenuation_t attenuation);
uint32_t analogReadMilliVolts(uint8_t pin);
unsigned long millis();

class Print {
 public:
  virtual ~Print() = default;
  virtual size_t write(uint8_t c) = 0;
  virtual size_t write(const uint8_t* buffer, size_t size) = 0;
  size_t print(const char* words);
};

class Stream : public Print {
 public:
  virtual int available() = 0;
  virtual int read() = 0;
};

class HardwareSerial : public Stream {
 public:
  size_t setTxBufferSize(size_t size);
  void begin(unsigned long baud);
  int availableForWrite();
  int available() override;
  int read() override;
  size_t write(uint8_t c) override;
  size_t write(const uint8_t* buffer, size_t size) override;
};
extern HardwareSerial Serial;

class String {
 public:
  String(const char* words = "");
};

// FreeRTOS
struct portMUX_TYPE {
  uint32_t owner;
  uint32_t count;
};
#define portMUX_INITIALIZER_UNLOCKED {0, 0}
void portENTER_CRITICAL(portMUX_TYPE* lock);
void portEXIT_CRITICAL(portMUX_TYPE* lock);
using TaskHandle_t = void*;
using TickType_t = uint32_t;
#define pdMS_TO_TICKS(ms) ((TickType_t)(ms))
void vTaskDelay(TickType_t ticks);
int xTaskCreate(void (*task)(void*), const char* name, uint32_t stack, void* argument, unsigned priority, TaskHandle_t* made);

using esp_err_t = int;
#define ESP_OK 0

// Pins, radio and tasks; the logic is in lib/benchlink. Built and tested on a host and an emulator, not yet run on a
// board.
#include <Adafruit_GFX.h>
#include <Adafruit_SSD1306.h>
#include <Arduino.h>
#include <BluetoothSerial.h>
#include <Wire.h>
#include <esp_system.h>

#include "board.h"
#include "core_shim.h"
#include "pairing.h"
#include "pins.h"

using benchlink::Board;
using benchlink::Filter;
using benchlink::Knob;
using benchlink::Line;
using benchlink::LineReader;
using benchlink::Page;
using benchlink::Pairing;
using benchlink::Queue;

namespace {

constexpr uint32_t kWatchdogSeconds = 5;
constexpr uint32_t kDisplayMs = 200;

BluetoothSerial radio;
Adafruit_SSD1306 display(128, 64, &Wire, -1);
bool hasDisplay = false;

// Lines for the radio. Its writes can block, so a separate task sends them; if it is slow, the oldest lines are lost.
Queue radioLines;
portMUX_TYPE radioLock = portMUX_INITIALIZER_UNLOCKED;

// Set by the radio's task, read by the main loop.
portMUX_TYPE askedLock = portMUX_INITIALIZER_UNLOCKED;
bool codeAsked = false;
uint32_t codeToShow = 0;

Pairing pairing;
benchlink::Button button, partButton;
LineReader usbReader, radioReader;

void send(void*, const Line& line) {
  // USB: a line that does not fit into the buffer is lost; the loop never waits.
  if (Serial.availableForWrite() >= static_cast<int>(line.length()) + 2) {
    Serial.print(line.c_str());
    Serial.print("\r\n");
  }
  portENTER_CRITICAL(&radioLock);
  radioLines.put(line);
  portEXIT_CRITICAL(&radioLock);
}

const char* resetReason() {
  switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
      return "poweron";
    case ESP_RST_TASK_WDT:
    case ESP_RST_INT_WDT:
    case ESP_RST_WDT:
      return "watchdog";
    case ESP_RST_BROWNOUT:
      return "brownout";
    case ESP_RST_PANIC:
      return "panic";
    case ESP_RST_SW:
      return "software";
    default:
      return "other";
  }
}

Board& board() {
  static Board only(resetReason(), send, nullptr);
  return only;
}

uint16_t positionOf(uint32_t millivolts) {
  if (millivolts <= kLowMillivolts) return 0;
  if (millivolts >= kHighMillivolts) return benchlink::kFullTurn;
  return static_cast<uint16_t>((millivolts - kLowMillivolts) * benchlink::kFullTurn /
                               (kHighMillivolts - kLowMillivolts));
}

void sample(Knob knob, uint8_t pin) {
  for (unsigned i = 0; i < Filter::kSamples; ++i) {
    uint32_t millivolts = analogReadMilliVolts(pin);
    board().sample(knob, positionOf(millivolts), static_cast<uint16_t>(millivolts));
  }
}

void transmit(void*) {
  esp_task_wdt_add(nullptr);
  for (;;) {
    esp_task_wdt_reset();
    Line line;
    portENTER_CRITICAL(&radioLock);
    bool waiting = radioLines.take(line);
    portEXIT_CRITICAL(&radioLock);
    if (!waiting) {
      vTaskDelay(pdMS_TO_TICKS(5));
    } else if (radio.hasClient()) {
      radio.write(reinterpret_cast<const uint8_t*>(line.c_str()), line.length());
      radio.write(reinterpret_cast<const uint8_t*>("\r\n"), 2);
    }
  }
}

void serialEvent(esp_spp_cb_event_t event, esp_spp_cb_param_t* what) {
  // The core makes the radio discoverable by itself when the profile starts.
  if (event == ESP_SPP_INIT_EVT || event == ESP_SPP_START_EVT) shim::discoverable(false);
  if (event != ESP_SPP_SRV_OPEN_EVT || what->srv_open.status != ESP_SPP_SUCCESS) return;
  // Core 2 opens the port to every device: disconnect one that was not accepted with the button.
  if (shim::bonded(what->srv_open.rem_bda)) {
    shim::keepOneBond(what->srv_open.rem_bda);
  } else {
    esp_spp_disconnect(what->srv_open.handle);
  }
}

void startRadio() {
  shim::securePairing(radio);
  radio.onConfirmRequest([](uint32_t code) {
    portENTER_CRITICAL(&askedLock);
    codeAsked = true;
    codeToShow = code;
    portEXIT_CRITICAL(&askedLock);
  });
  radio.register_callback(serialEvent);
  radio.begin("goodpart knobs");
  shim::discoverable(false);
}

void pair(uint32_t now) {
  bool wasOpen = pairing.open();
  if (button.pressed(digitalRead(kButtonPin) == LOW, now)) pairing.press(now);
  portENTER_CRITICAL(&askedLock);
  bool asked = codeAsked;
  uint32_t code = codeToShow;
  codeAsked = false;
  portEXIT_CRITICAL(&askedLock);
  if (asked) pairing.ask(code);
  pairing.tick(now);
  Pairing::Answer answer = pairing.answer();
  if (answer != Pairing::Answer::kNone) radio.confirmReply(answer == Pairing::Answer::kAccept);
  if (pairing.open() != wasOpen) shim::discoverable(pairing.open());
}

void show(uint32_t now) {
  static uint32_t shownAt = 0;
  if (!hasDisplay || now - shownAt < kDisplayMs) return;
  shownAt = now;
  Page page;
  board().page(page);
  display.clearDisplay();
  display.setTextColor(SSD1306_WHITE);
  display.setTextSize(2);
  display.setCursor(0, 0);
  display.print(page.word.c_str());
  display.setTextSize(1);
  for (int row = 0; row < 4; ++row) {
    display.setCursor(0, static_cast<int16_t>(20 + 9 * row));
    display.print(page.rows[row].c_str());
  }
  benchlink::Text<22> link;
  if (pairing.asked()) {
    link.add("code ").number(pairing.code(), 6).add(": press");
  } else {
    link.add(pairing.open() ? "pairing: waiting" : radio.hasClient() ? "radio connected" : "button: pair radio");
  }
  display.setCursor(0, 56);
  display.print(link.c_str());
  display.display();
}

}  // namespace

void setup() {
  // First switch the relay off: the safe state, whatever happens next.
  pinMode(kRelayPin, OUTPUT);
  digitalWrite(kRelayPin, LOW);
  pinMode(kGreenPin, OUTPUT);
  pinMode(kRedPin, OUTPUT);
  pinMode(kButtonPin, INPUT_PULLUP);
  pinMode(kPartPin, INPUT_PULLUP);
  analogSetPinAttenuation(kDensityPin, ADC_11db);
  analogSetPinAttenuation(kErrorPin, ADC_11db);
  Serial.setTxBufferSize(1024);  // the default of 127 bytes is less than the lines of one second at rest
  Serial.begin(115200);
  Wire.begin(kSdaPin, kSclPin);
  hasDisplay = display.begin(SSD1306_SWITCHCAPVCC, kDisplayAddress);
  startRadio();
  shim::watchdog(kWatchdogSeconds);
  esp_task_wdt_add(nullptr);
  xTaskCreate(transmit, "transmit", 4096, nullptr, 1, nullptr);
}

void loop() {
  esp_task_wdt_reset();
  sample(Knob::kDensity, kDensityPin);
  sample(Knob::kError, kErrorPin);
  uint32_t now = millis();
  // Bounded: a peer that sends without pause must not delay the relay's time-out.
  for (int i = 0; i < 512 && Serial.available(); ++i)
    board().receive(usbReader, static_cast<char>(Serial.read()), now);
  for (int i = 0; i < 512 && radio.available(); ++i)
    board().receive(radioReader, static_cast<char>(radio.read()), now);
  if (partButton.pressed(digitalRead(kPartPin) == LOW, now)) board().part(now);
  board().tick(now);
  digitalWrite(kRelayPin, board().relay() ? HIGH : LOW);
  digitalWrite(kGreenPin, board().greenLamp() ? HIGH : LOW);
  digitalWrite(kRedPin, board().redLamp(now) ? HIGH : LOW);
  pair(now);
  show(now);
}

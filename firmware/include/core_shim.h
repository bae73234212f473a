// The calls that differ between Arduino-ESP32 core 2 (IDF 4.4) and core 3 (IDF 5).
#pragma once

#include <Arduino.h>
#include <BluetoothSerial.h>
#include <esp_gap_bt_api.h>
#include <esp_task_wdt.h>

namespace shim {

inline void watchdog(uint32_t seconds) {
#if ESP_ARDUINO_VERSION_MAJOR >= 3
  esp_task_wdt_config_t config = {};
  config.timeout_ms = seconds * 1000;
  config.idle_core_mask = 0;
  config.trigger_panic = true;
  // The core may have started the watchdog already.
  if (esp_task_wdt_init(&config) != ESP_OK) esp_task_wdt_reconfigure(&config);
#else
  esp_task_wdt_init(seconds, true);
#endif
}

// Pairing with a code that both devices show: this board has a display and a button, but no keyboard.
inline void securePairing(BluetoothSerial& radio) {
#if ESP_ARDUINO_VERSION_MAJOR >= 3
  radio.enableSSP(false, true);
#else
  radio.enableSSP();
#endif
}

inline void discoverable(bool on) {
  esp_bt_gap_set_scan_mode(ESP_BT_CONNECTABLE, on ? ESP_BT_GENERAL_DISCOVERABLE : ESP_BT_NON_DISCOVERABLE);
}

struct Bonds {
  esp_bd_addr_t list[8];
  int count = 8;

  Bonds() {
    if (esp_bt_gap_get_bond_device_list(&count, list) != ESP_OK) count = 0;
  }
};

inline bool bonded(const uint8_t* address) {
  Bonds bonds;
  for (int i = 0; i < bonds.count; ++i)
    if (memcmp(bonds.list[i], address, sizeof(esp_bd_addr_t)) == 0) return true;
  return false;
}

// Removes all bonds but that of `newest`, the address that has just connected.
inline void keepOneBond(const uint8_t* newest) {
  Bonds bonds;
  for (int i = 0; i < bonds.count; ++i)
    if (memcmp(bonds.list[i], newest, sizeof(esp_bd_addr_t)) != 0) esp_bt_gap_remove_bond_device(bonds.list[i]);
}

}  // namespace shim

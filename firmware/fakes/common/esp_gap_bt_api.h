#pragma once
#include "Arduino.h"
using esp_bd_addr_t = uint8_t[6];
enum esp_bt_connection_mode_t { ESP_BT_NON_CONNECTABLE, ESP_BT_CONNECTABLE };
enum esp_bt_discovery_mode_t { ESP_BT_NON_DISCOVERABLE, ESP_BT_LIMITED_DISCOVERABLE, ESP_BT_GENERAL_DISCOVERABLE };
esp_err_t esp_bt_gap_set_scan_mode(esp_bt_connection_mode_t connect, esp_bt_discovery_mode_t discover);
esp_err_t esp_bt_gap_get_bond_device_list(int* count, esp_bd_addr_t* list);
esp_err_t esp_bt_gap_remove_bond_device(esp_bd_addr_t address);

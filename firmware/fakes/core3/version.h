#pragma once
#define ESP_ARDUINO_VERSION_MAJOR 3

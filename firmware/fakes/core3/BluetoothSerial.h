#pragma once
#include "Arduino.h"
#include "esp_spp_api.h"
class BluetoothSerial : public Stream {
 public:
  void enableSSP();
  void enableSSP(bool inputCapability, bool outputCapability);
  bool setPin(const char* pin, uint8_t length);
  bool begin(String name = String(), bool isMaster = false, bool disableBLE = false);
  bool hasClient();
  int available() override;
  int read() override;
  size_t write(uint8_t c) override;
  size_t write(const uint8_t* buffer, size_t size) override;
  esp_err_t register_callback(esp_spp_cb_t callback);
  void onConfirmRequest(std::function<void(uint32_t)> callback);
  void confirmReply(boolean confirm);
};

#pragma once
#include "esp_gap_bt_api.h"
enum esp_spp_status_t { ESP_SPP_SUCCESS = 0, ESP_SPP_FAILURE };
enum esp_spp_cb_event_t { ESP_SPP_INIT_EVT = 0, ESP_SPP_CLOSE_EVT = 27, ESP_SPP_START_EVT = 28, ESP_SPP_SRV_OPEN_EVT = 34 };
union esp_spp_cb_param_t {
  struct {
    esp_spp_status_t status;
    uint32_t handle;
    uint32_t new_listen_handle;
    int fd;
    esp_bd_addr_t rem_bda;
  } srv_open;
};
esp_err_t esp_spp_disconnect(uint32_t handle);
using esp_spp_cb_t = void (*)(esp_spp_cb_event_t event, esp_spp_cb_param_t* param);

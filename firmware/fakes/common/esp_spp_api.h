#pragma once
#include "esp_gap_bt_api.h"
enum esp_spp_cb_event_t { ESP_SPP_INIT_EVT = 0, ESP_SPP_CLOSE_EVT = 27, ESP_SPP_SRV_OPEN_EVT = 34 };
union esp_spp_cb_param_t {
  struct {
    int status;
    uint32_t handle;
    uint32_t new_listen_handle;
    int fd;
    esp_bd_addr_t rem_bda;
  } srv_open;
};
using esp_spp_cb_t = void (*)(esp_spp_cb_event_t event, esp_spp_cb_param_t* param);

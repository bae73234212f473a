"""The ESP32 with two potentiometers: frames, the serial port, the state of the link."""

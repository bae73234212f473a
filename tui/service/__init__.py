"""The station as a service: HTTP and WebSocket before it, and the processes that judge what is sent."""

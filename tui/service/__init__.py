"""The station as a service over HTTP and WebSocket."""

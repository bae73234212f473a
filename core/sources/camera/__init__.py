"""Pictures from devices, network cameras, videos and folders."""

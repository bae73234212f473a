"""OpenCV, silent and on one thread. Import cv2 from this module.

Its backends write warnings directly to the terminal, where they would damage the full screen; the technician gets such
faults as the status of the camera instead. One thread, because the judging threads share few cores.
"""

from __future__ import annotations

import os

# The library reads some of them when it loads, some when the first stream opens; values set by the user are kept.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")  # otherwise Windows takes half a minute to open

import cv2

cv2.setNumThreads(1)
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

__all__ = ["cv2"]

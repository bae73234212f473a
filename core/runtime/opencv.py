"""OpenCV, quiet and on one thread. Import cv2 from here where pictures are captured.

Its backends write warnings straight to the terminal, where they would tear a full screen; what they have to say
reaches the technician as a status in words. One thread, because the judging threads share few cores.
"""

from __future__ import annotations

import os

# Some are read when the library loads, some when the first stream opens; what the technician set himself stays.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")  # else Windows takes half a minute to open

import cv2

cv2.setNumThreads(1)
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

__all__ = ["cv2"]

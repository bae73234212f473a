"""What one client may ask of the service, so that no client takes it from the others or from the bench."""

from __future__ import annotations

BODY_BYTES = 64 * 1024 * 1024
"""Of one request."""
ALL_BYTES = 512 * 1024 * 1024
"""Of the bodies of all requests that are under way."""
UPLOADS = 128
"""Files that are received, wait or are judged at one time; beyond, 429."""
RECEIVE_SECONDS = 60.0
"""In which a body must have come."""
DRAIN_SECONDS = 5.0
"""So long a body that is too large is read on and thrown away: a client that still sends does not hear the answer."""
HEADER_SECONDS = 15.0
"""In which a new connection must have asked for something, and a request that has begun must be known."""
REQUESTS = 384
"""Requests and viewers at one time; beyond, 429. /health is answered all the same."""
CONNECTIONS = 512
"""Sockets at one time; beyond, the one that has waited longest for a request makes room. With the files of UPLOADS
fewer than the 1024 that a process usually may have open."""
BACKLOG = 128
"""Connections that the operating system keeps until they are taken, all of them at once."""

READ_SECONDS = 60.0
"""A client that takes nothing of what was sent to it for so long is left, where the operating system can tell."""
VIEWER_BUFFER = 32 * 1024
"""Bytes that the operating system keeps for a slow reader: what waits there is old when it arrives."""
SLOW_SECONDS = 0.4
"""A reader that takes longer than this for a snapshot gets no pictures."""
QUICK_SECONDS, QUICK_BYTES = 0.02, 30_000
"""It gets them again when one takes less than that, or so many bytes (before they are compressed) go in a second."""
HEARTBEAT_SECONDS = 0.5
"""After so long a snapshot is told again although nothing is new: silence means that the line is dead."""
UNKNOWN_LASTS = 5.0
"""Seconds of UNKNOWN, or without a judged sample, after which the service is not healthy."""
STOP_SECONDS = 1.5
JOURNAL_ROWS = 10_000
"""At most, of one GET /journal."""
JOURNAL_READERS = 4
"""At one time; beyond, 429."""

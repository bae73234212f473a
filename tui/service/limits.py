"""Limits per client, so that no client slows down the others or the station."""

from __future__ import annotations

BODY_BYTES = 64 * 1024 * 1024
"""Bytes of one request's body."""
ALL_BYTES = 512 * 1024 * 1024
"""Bytes of the bodies of all requests under way."""
UPLOADS = 128
"""Files that are received, wait or are judged at one time; more get 429."""
RECEIVE_SECONDS = 60.0
"""Seconds in which a body must arrive."""
DRAIN_SECONDS = 5.0
"""Seconds during which the rest of a too large body is read and discarded: a client that still sends does not read
the answer."""
HEADER_SECONDS = 15.0
"""Seconds in which a new connection must send a request, and the head of a request must be complete."""
REQUESTS = 384
"""Requests and viewers at one time; more get 429, except on /health."""
CONNECTIONS = 512
"""Sockets at one time; beyond, the one that has waited longest for a request is closed. Together with UPLOADS fewer
than the 1024 files that a process may usually open."""
BACKLOG = 128
"""Connections that the operating system queues until they are accepted."""

READ_SECONDS = 60.0
"""Seconds after which a client that acknowledges no data is dropped, if the operating system supports that."""
VIEWER_BUFFER = 32 * 1024
"""Bytes that the operating system buffers for a slow reader; few, because what waits there is old when it arrives."""
SLOW_SECONDS = 0.4
"""Seconds; a viewer that takes longer for one snapshot gets no pictures."""
QUICK_SECONDS, QUICK_BYTES = 0.02, 30_000
"""It gets pictures again if a snapshot takes less than these seconds, or if it reads this many bytes (uncompressed)
per second."""
HEARTBEAT_SECONDS = 0.5
"""Seconds after which an unchanged snapshot is sent again, so that silence means a dead connection."""
UNKNOWN_LASTS = 5.0
"""Seconds of UNKNOWN, or without a judged sample, after which the service is not healthy."""
STOP_SECONDS = 1.5
"""Seconds that the station has to stop."""
JOURNAL_ROWS = 10_000
"""Rows that one GET /journal returns at most."""
JOURNAL_READERS = 4
"""Readers of the journal at one time; more get 429."""

"""The end of a web server: once it has been told to stop, no request keeps it.

A request waits in a thread for parts of itself that run on the server's loop. A server that stops closes its
connections and ends the loop; a thread that is still waiting then waits for ever, and Python waits for the thread.
What such a request had not committed is rolled back, and its client sees the connection close.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import Final

log = logging.getLogger(__name__)

GRACE_SECONDS: Final = 2.0


def end_with_reactor() -> bool:
    """End this process at most `GRACE_SECONDS` after its reactor; False when it has none (tests, commands)."""
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None:
        return False

    def begin() -> None:
        # A daemon: a process that ends by itself does not wait for it.
        clock = threading.Timer(GRACE_SECONDS, _end)
        clock.daemon = True
        clock.start()

    reactor.addSystemEventTrigger("after", "shutdown", begin)
    return True


def _end() -> None:
    log.warning("requests were still under way %g seconds after the stop", GRACE_SECONDS)
    logging.shutdown()
    os._exit(0)

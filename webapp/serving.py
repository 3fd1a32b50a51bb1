"""How gunicorn serves the site: `gunicorn webapp.wsgi --config python:webapp.serving`; options of the command come first."""

import selectors
import time
from functools import partial

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]


class PatientWorker(ThreadWorker):
    """Waits for the first request of a new connection without a thread, as for all later ones.

    gunicorn's own keeps a thread for up to five seconds: browsers connect before they ask, and a few of them would hold
    everybody up.
    """

    def enqueue_req(self, conn: TConn) -> None:
        """Have a request answered, once it comes."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _cap_keepalive(self, deadline: float) -> None:
        """Neither does one that says nothing keep a worker that is to stop."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)


worker_class = PatientWorker
control_socket_disable = True
workers = 2
threads = 4
keepalive = 130
"""s, longer than the two minutes for which Caddy keeps an idle connection: no answer meets one that is just being closed."""

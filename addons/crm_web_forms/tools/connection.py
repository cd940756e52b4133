"""What the server's connection to a visitor needs. No database here."""

import contextlib
import socket


def stop_reading(httprequest):
    """Tell the server that nothing more will come from this client, once the whole body was read.

    Werkzeug answers one request for each connection, and before it closes one it waits 10 ms for what the client may
    still send (`WSGIRequestHandler.run_wsgi`): the worker is idle, and a hundred requests a second are the most it can
    take. A connection that is shut for reading ends that wait at once; the answer still goes out. A body that
    was not read to its end is left to Werkzeug, so that its sender gets the answer and no reset. Only plain sockets:
    shutting one with TLS for reading ends the encryption of the answer as well.

    :param httprequest: the request; under another server than Werkzeug's nothing happens
    """
    # The host hides what is the server's; its own websocket reads it the same way (`bus/websocket.py`).
    environ = httprequest._HTTPRequest__environ
    connection = environ.get("werkzeug.socket")
    plain = type(connection) is socket.socket
    if not plain or "HTTP_UPGRADE" in environ or not _is_read(httprequest._HTTPRequest__wrapped):
        return
    with contextlib.suppress(OSError):  # the client has left
        connection.shutdown(socket.SHUT_RD)


def _is_read(wrapped):
    """Tell whether the body was read to its end; of a chunked one nobody knows."""
    if wrapped.environ.get("wsgi.input_terminated"):
        return False
    return not wrapped.content_length or getattr(wrapped.stream, "is_exhausted", False)

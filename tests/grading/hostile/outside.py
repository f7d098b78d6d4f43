"""What an attack would reach if it got out: a secret in our environment, and servers that answer."""

from __future__ import annotations

import functools
import os
import secrets
import socket
import threading

#: Stands in the environment of the process that makes the corpus, and of what it starts.
BAIT = f"CVLIB_BAIT_{secrets.token_hex(8)}"


def set_bait() -> None:
    """Put the secret where a process of ours could be asked for it."""
    os.environ["CVLIB_BAIT"] = BAIT


@functools.cache
def beacon() -> tuple[int, int, str]:
    """Answer on a TCP port, a UDP port and an abstract socket for as long as this process runs."""
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    name = f"cvlib-beacon-{os.getpid()}"
    unix.bind("\0" + name)
    unix.listen()

    def answer_streams(listening: socket.socket) -> None:
        while True:
            link, _ = listening.accept()
            with link:
                link.send(b"42")

    def answer_datagrams() -> None:
        while True:
            _, sender = udp.recvfrom(100)
            udp.sendto(b"42", sender)

    for work in (lambda: answer_streams(tcp), lambda: answer_streams(unix), answer_datagrams):
        threading.Thread(target=work, daemon=True).start()
    return tcp.getsockname()[1], udp.getsockname()[1], name

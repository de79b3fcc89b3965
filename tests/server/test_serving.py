"""The server process: it answers what it has let in before it goes, and says why it cannot come."""

import socket
import threading
from collections.abc import Iterator

import pytest
import requests
from flask import Flask

from server.serving import Server, Shares, listen
from server.settings import Settings
from workflows.errors import InvalidInput

HERE = Settings(host="127.0.0.1", port=0, upload_bytes=1000)


class Served:
    """A server on a thread, with one slow page that a test holds back."""

    def __init__(self) -> None:
        app = Flask("slow")
        self.entered, self.go_on = threading.Event(), threading.Event()

        @app.route("/slow")
        def slow() -> str:
            self.entered.set()
            self.go_on.wait(30)
            return "x" * 2_000_000

        @app.route("/", methods=["GET", "POST"])
        def quick() -> str:
            return "quick"

        self.server = Server(app, listen(HERE), HERE)
        self.address = f"http://127.0.0.1:{self.server.port}"
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()


@pytest.fixture
def served() -> Iterator[Served]:
    running = Served()
    yield running
    running.go_on.set()
    running.server.stop()
    running.thread.join(30)
    assert not running.thread.is_alive()


def test_it_answers(served: Served) -> None:
    answer = requests.get(served.address, timeout=10)
    assert answer.text == "quick"
    assert "Server" not in answer.headers


def test_it_finishes_what_it_has_begun(served: Served) -> None:
    answers: list[int] = []
    asking = threading.Thread(
        target=lambda: answers.append(len(requests.get(f"{served.address}/slow", timeout=30).content))
    )
    asking.start()
    assert served.entered.wait(10)
    served.server.stop()
    served.go_on.set()
    asking.join(30)
    served.thread.join(30)
    assert answers == [2_000_000]
    with pytest.raises(requests.ConnectionError):
        requests.get(served.address, timeout=5)


def test_it_stops_beside_idle_connections(served: Served) -> None:
    session = requests.Session()
    session.get(served.address, timeout=10)
    served.server.stop()
    served.thread.join(5)
    assert not served.thread.is_alive()


def test_too_long_a_request_is_cut(served: Served) -> None:
    assert requests.post(served.address, data=b"x" * 5000, timeout=10).status_code == 413


def test_a_taken_address_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"127.0.0.1:{port}"):
            listen(Settings(port=port))


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_that_is_not_ours_is_named(host: str) -> None:
    with pytest.raises(InvalidInput, match=host):
        listen(Settings(host=host))


def test_kept_connections_are_shared_out_evenly_among_processes() -> None:
    """Ten clients that stay: without it one of two often has seven, and its core works while the other waits."""
    bound, shares = listen(HERE), Shares(2)
    counts = [0, 0]

    def app(number: int) -> Flask:
        made = Flask(f"number {number}")

        @made.route("/")
        def count() -> str:
            counts[number] += 1
            return "counted"

        return made

    servers = [Server(app(number), bound.dup(), HERE, shares, number) for number in range(2)]
    bound.close()
    threads = [threading.Thread(target=server.run) for server in servers]
    for thread in threads:
        thread.start()
    clients = [requests.Session() for _ in range(10)]
    try:
        for client in clients:
            assert client.get(f"http://127.0.0.1:{servers[0].port}/", timeout=10).text == "counted"
    finally:
        for client in clients:
            client.close()
        for server, thread in zip(servers, threads, strict=True):
            server.stop()
            thread.join(30)
    assert min(counts) >= 4  # five each, unless a process was held up

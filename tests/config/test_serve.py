"""`manage.py serve` as a process: its end, its bounds, its doors."""

import json
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.servers import Running, spare_port, wait_until

pytestmark = pytest.mark.slow
TINY = ("--application", "tests.config.tiny.application")
Serve = Callable[..., Running]


def get(url: str, **headers: str) -> tuple[int, str]:
    """Status and body of a page, also when the status is an error."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def closed_with(ws: ClientConnection, within_s: float = 10) -> tuple[int, list[str]]:
    """Read to the end; the close code (1006 when there was none) and what came before."""
    heard: list[str] = []
    try:
        while True:
            heard.append(str(ws.recv(timeout=within_s)))
    except ConnectionClosed as end:
        return (end.rcvd.code if end.rcvd else 1006), heard


def memory_mib(site: Running) -> float:
    """Resident memory of the server process."""
    pages = int(Path(f"/proc/{site.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_lets_requests_finish_and_tells_sockets_to_come_back(
    serve: Serve, number: int
) -> None:
    site = serve(*TINY)
    with ExitStack() as stack:
        sockets = [stack.enter_context(connect(site.ws_url)) for _ in range(5)]
        pool = stack.enter_context(ThreadPoolExecutor(1))
        slow = pool.submit(get, f"{site.url}/slow")
        time.sleep(0.5)
        began = time.monotonic()
        site.process.send_signal(number)
        codes = [closed_with(ws)[0] for ws in sockets]
        with pytest.raises(urllib.error.URLError):
            get(site.url)
        assert slow.running(), "the refused request must come while the slow one is still on"
        assert slow.result() == (200, "ok")
    assert site.stop() == 0
    assert codes == [4012] * 5
    assert time.monotonic() - began < 5
    assert site.said().count("disconnect") == 5
    assert "Traceback" not in site.said()


def test_before_the_last_close_comes_a_word_why(serve: Serve) -> None:
    site = serve(*TINY)
    with connect(site.ws_url) as ws:
        site.process.send_signal(signal.SIGTERM)
        code, heard = closed_with(ws)
    words = json.loads(heard[-1])
    assert 0 <= words.pop("retry_ms") < 2000
    assert (code, words) == (
        4012,
        {"t": "bye", "code": 4012, "reason": "restarting", "retry": True},
    )


def test_a_request_that_never_ends_does_not_keep_the_server(serve: Serve) -> None:
    site = serve(*TINY)
    threading.Thread(target=lambda: _ignoring(get, f"{site.url}/for-ever"), daemon=True).start()
    time.sleep(0.5)
    began = time.monotonic()
    assert site.stop() == 0
    assert 7.5 < time.monotonic() - began < 11
    assert "cut off" in site.said()


def test_a_second_signal_ends_at_once(serve: Serve) -> None:
    site = serve(*TINY)
    threading.Thread(target=lambda: _ignoring(get, f"{site.url}/for-ever"), daemon=True).start()
    time.sleep(0.5)
    began = time.monotonic()
    site.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert site.stop() == 0
    assert time.monotonic() - began < 4


def _ignoring(function: Callable[..., object], *args: object) -> None:
    with suppress(OSError):
        function(*args)


def test_the_whole_product_ends_calmly_with_its_background_work(serve: Serve) -> None:
    site = serve(EMBEDDED_WORKER="1")
    assert get(f"{site.url}/healthz") == (200, "ok\n")
    assert wait_until(lambda: get(f"{site.url}/readyz")[0] == 200, 10)
    began = time.monotonic()
    assert site.stop() == 0
    assert time.monotonic() - began < 4
    assert "Traceback" not in site.said()


def test_a_frame_of_16_kib_passes_and_a_larger_one_does_not(serve: Serve) -> None:
    site = serve(*TINY)
    with connect(site.ws_url) as ws:
        ws.send("x" * 16384)
        assert ws.recv(timeout=5) == "x" * 16384
        ws.send("x" * 16385)
        assert closed_with(ws)[0] == 1009
    with connect(site.ws_url) as ws:
        ws.send(["x" * 9000, "x" * 9000])  # one message in two frames
        assert closed_with(ws)[0] == 1009


def test_what_we_send_may_be_longer_than_what_may_come_in(serve: Serve) -> None:
    site = serve(*TINY)
    with connect(site.ws_url) as ws:
        ws.send("history")
        assert [ws.recv(timeout=5) for _ in range(5)] == ["x" * 50_000] * 5
        assert ws.recv(timeout=5) == "history"
        ws.send("x" * 16385)
        assert closed_with(ws)[0] == 1009, "the bound on what comes in still holds afterwards"


def test_a_flood_is_cut_and_others_do_not_feel_it(serve: Serve) -> None:
    site = serve(*TINY)
    with connect(site.ws_url) as ws:  # what the first socket costs once is not the flood's
        ws.send("hello")
        ws.recv(timeout=5)
    before = memory_mib(site)
    codes: list[int] = []
    ending = time.monotonic() + 6

    def flood() -> None:
        while time.monotonic() < ending:
            with connect(site.ws_url) as ws:
                try:
                    for _ in range(400):
                        ws.send("slow")
                        ws.send("x" * 16000)
                except ConnectionClosed:
                    pass
                codes.append(closed_with(ws)[0])

    flooder = threading.Thread(target=flood)
    flooder.start()
    waits = []
    with connect(site.ws_url) as other:
        while time.monotonic() < ending:
            began = time.monotonic()
            other.send("hello")
            assert other.recv(timeout=5) == "hello"
            waits.append(time.monotonic() - began)
            time.sleep(0.02)
    flooder.join()
    # A sender that is still sending when the line ends may lose the last frame: that is TCP's way.
    assert 4429 in codes
    assert set(codes) <= {4429, 1006}
    assert memory_mib(site) - before < 20
    assert sorted(waits)[int(len(waits) * 0.99)] < 0.25


def test_a_quick_burst_within_the_bounds_is_heard_in_full(serve: Serve) -> None:
    site = serve(*TINY)
    with connect(site.ws_url) as ws:
        ws.send("slow")
        for number in range(60):
            ws.send(str(number))
        assert [ws.recv(timeout=5) for _ in range(61)] == ["slow", *map(str, range(60))]


def test_a_reader_who_stops_reading_is_let_go(serve: Serve) -> None:
    site = serve(*TINY)
    before = memory_mib(site)
    parts = urlsplit(site.url)
    with socket.create_connection((str(parts.hostname), parts.port or 80)) as raw:
        asks = [
            "GET / HTTP/1.1",
            f"Host: {parts.netloc}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        ]
        raw.sendall("\r\n".join([*asks, "", ""]).encode())
        assert b"101" in raw.recv(4096)
        # A masked text frame that says "pour", and then nobody reads.
        raw.sendall(bytes([0x81, 0x84, 0, 0, 0, 0]) + b"pour")
        assert wait_until(lambda: "disconnect 1006" in site.said(), 15)
    assert memory_mib(site) - before < 20


def test_a_body_beyond_a_mebibyte_is_refused(serve: Serve) -> None:
    site = serve(*TINY)
    parts = urlsplit(site.url)
    head = f"POST / HTTP/1.1\r\nHost: {parts.netloc}\r\n"

    def answer(rest: bytes) -> bytes:
        with socket.create_connection((str(parts.hostname), parts.port or 80)) as raw:
            raw.sendall(head.encode() + rest)
            raw.settimeout(10)
            return raw.recv(4096)

    size = 2**20
    assert answer(b"Content-Length: %d\r\n\r\n" % (size + 1)).startswith(b"HTTP/1.1 413 ")
    whole = answer(b"Content-Length: %d\r\n\r\n%s" % (size, b"x" * size))
    assert whole.startswith(b"HTTP/1.1 200 ")
    chunk = b"10000\r\n%s\r\n" % (b"x" * 0x10000)
    chunked = b"Transfer-Encoding: chunked\r\n\r\n"
    assert answer(chunked + chunk * 16 + b"0\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    assert answer(chunked + chunk * 16 + b"1\r\nx\r\n").startswith(b"HTTP/1.1 413 ")
    assert "Traceback" not in site.said()


def test_a_root_path_from_outside_is_ignored(serve: Serve) -> None:
    site = serve(*TINY)
    assert get(f"{site.url}/root", **{"Daphne-Root-Path": "/evil"}) == (200, "''")


def test_only_exact_origins_open_a_socket(serve: Serve) -> None:
    site = serve()
    port = urlsplit(site.url).port
    address = f"{site.ws_url}/ws/notices/"
    origins = {
        site.url: 101,
        f"http://localhost:{port}": 403,
        f"https://127.0.0.1:{port}": 403,
        "http://127.0.0.1:1": 403,
        "http://evil.example": 403,
        "null": 403,
        None: 403,
    }
    answers = {}
    for origin in origins:
        try:
            with connect(address, origin=origin):  # type: ignore[arg-type]
                answers[origin] = 101
        except InvalidStatus as refusal:
            answers[origin] = refusal.response.status_code
    assert answers == origins


def test_a_busy_port_is_said_kindly(serve: Serve) -> None:
    site = serve(*TINY)
    port = str(urlsplit(site.url).port)
    with pytest.raises(AssertionError, match="did not start") as refusal:
        serve(*TINY, "--port", port)
    assert f"Something else already uses 127.0.0.1:{port}." in str(refusal.value)
    assert "Traceback" not in str(refusal.value)


def test_a_database_without_its_tables_is_refused_with_the_command_to_run(
    serve: Serve, tmp_path: Path, site_env: dict[str, str]
) -> None:
    (tmp_path / "empty").mkdir()
    site_env.pop("DATABASE_URL", None)
    with pytest.raises(AssertionError, match=r"manage\.py migrate"):
        serve(DATA_DIR=str(tmp_path / "empty"))


def test_without_its_database_the_server_starts_and_offers_crisis_help(serve: Serve) -> None:
    nowhere = f"postgres://hearth@127.0.0.1:{spare_port()}/hearth?connect_timeout=1"
    site = serve(DATABASE_URL=nowhere)
    assert get(f"{site.url}/healthz") == (200, "ok\n")
    # A session is looked up in the database.
    status, page = get(f"{site.url}/", Cookie=f"sid={'a' * 32}")
    assert status == 503
    assert "116 123" in page
    assert get(f"{site.url}/readyz")[0] == 503

"""docs/protocol.md says what the code does: every frame, every code, every close, each pitfall."""

import ast
import re
from pathlib import Path

from community.chat import frames, pace
from community.chat.models import EventKind
from community.members import sockets, wire
from moderation.standing import NotNow

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/protocol.md").read_text()
SOURCES = [
    *(ROOT / "community/chat").glob("*.py"),
    ROOT / "community/members/sockets.py",
    ROOT / "config/server.py",
]
# What travels on the bus and never on a socket.
INSIDE = {"log", "ctl"}


def section(title: str) -> str:
    """One section of the page."""
    return PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(title: str) -> set[str]:
    """What stands in backticks, or as a number, in the first column of a section's table."""
    rows = [line.split("|")[1] for line in section(title).splitlines() if line.startswith("| ")]
    found = {word for row in rows for word in re.findall(r"`(\w+)`|\b(\d{4})\b", row)}
    return {word or number for word, number in found} - {"t"}


def nodes() -> list[ast.AST]:
    return [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text()))]


def strings(node: ast.AST | None) -> list[str]:
    return [
        one.value
        for one in ([] if node is None else ast.walk(node))
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def sent_by_us() -> set[str]:
    """The `t` of every frame that is written down somewhere in the code."""
    kinds = {str(kind.value) for kind in EventKind}
    for node in nodes():
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "t":
                    kinds |= set(strings(value))
    return kinds - INSIDE


def refusals() -> set[str]:
    """Every code of `nack` and `err`: those that are raised, and those that are answered."""
    found: set[str] = {"bad_frame"}
    for node in nodes():
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in {"BadFrame", "NotAllowed", "err", "TooFast"} and node.args:
            found |= set(strings(node.args[0]))
        elif name == "nack" and len(node.args) > 1:
            found |= set(strings(node.args[1]))
    for node in nodes():
        if isinstance(node, ast.Dict):
            pairs = {
                key.value: value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            if strings(pairs.get("t")) == ["err"]:
                found |= set(strings(pairs.get("code")))
    return found | {code for code in codes_of(NotNow) if code}


def codes_of(kind: type[NotNow]) -> set[str]:
    return {kind.code}.union(*(codes_of(sub) for sub in kind.__subclasses__()))


def test_every_frame_of_the_client_is_on_the_page() -> None:
    assert first_cells("From the client") == {*frames.READERS, "ping"}


def test_every_frame_of_the_server_is_on_the_page() -> None:
    assert first_cells("From the server") == sent_by_us()


def test_every_code_is_on_the_page() -> None:
    assert first_cells("Codes of `nack` and `err`") == refusals()


def test_every_close_is_on_the_page_and_by_its_number_says_what_to_do() -> None:
    closes = {int(code) for code in first_cells("Close codes")}
    # The server's own file is read, not imported: it brings an event loop of its own.
    server = (ROOT / "config/server.py").read_text()
    restarting, too_fast = (
        int(re.findall(rf"^{name} = (\d+)$", server, re.MULTILINE)[0])
        for name in ("RESTARTING", "TOO_FAST")
    )
    assert closes == {1000, *sockets.REASONS, restarting}
    assert too_fast in sockets.REASONS


def test_a_peer_whose_network_went_away_is_found_within_a_minute() -> None:
    """The library's own pings find it; no socket ends for its age alone."""
    server = (ROOT / "config/server.py").read_text()
    times = [int(re.findall(rf"ping_{name}=(\d+)", server)[0]) for name in ("interval", "timeout")]
    assert sum(times) <= 60
    assert "websocket_timeout=-1" in server


def test_the_bounds_on_the_page_are_those_of_the_code() -> None:
    said = {
        f"{sockets.FRAME_BYTES // 1024} KiB at most": "frame",
        f"over {wire.UNSENT_BYTES // 1024} KiB or {wire.UNSENT_FRAMES} frames unsent": "slow",
        f"{pace.PERSON[0][1]} messages in {pace.PERSON[0][0]} s and {pace.PERSON[1][1]} a": "pace",
        f"{pace.NEWCOMER[0][1]} in {pace.NEWCOMER[0][0]} s in the first 24 hours": "newcomer",
        f"over {sockets.INBOX} frames unread, or over {sockets.OPENINGS_A_MINUTE} openings": "in",
        f"over {sockets.GuardedConsumer.tabs_most} tabs": "tabs",
        f"over {sockets.GuardedConsumer.frames_per_s:.0f} frames/s": "rate",
        f"within {sockets.GuardedConsumer.hello_s:.0f} s of opening": "hello",
        f"up to {frames.HISTORY_MOST} frames": "history",
    }
    assert [words for words in said if words not in PAGE] == []


def test_each_pitfall_names_tests_that_exist() -> None:
    rows = [line for line in section("Pitfalls and their tests").splitlines() if "::" in line]
    numbers = [int(row.split("|")[1]) for row in rows]
    assert numbers == list(range(1, 35))
    wrong = []
    for place, name in re.findall(r"`([\w/.]+)::(\w+)`", "\n".join(rows)):
        source = (ROOT / place).read_text() if (ROOT / place).exists() else ""
        if not re.search(rf"def {name}\b", source):
            wrong.append(f"{place}::{name}")
    assert wrong == []

"""What others wrote comes as a named package at an exact version, unchanged, with its licence."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PACKAGES = json.loads((ROOT / "static/vendor/vendor.json").read_text())["packages"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_vendored_files_are_unchanged_and_licensed(package: dict) -> None:
    for file in package["files"]:
        found = hashlib.sha256((ROOT / file["to"]).read_bytes()).hexdigest()
        assert found == file["sha256"], file["to"]
    assert any("LICENSE" in file["to"] for file in package["files"])
    assert f"{package['name']} {package['version']}" in (ROOT / "NOTICE").read_text()


def test_nothing_is_vendored_without_being_listed() -> None:
    listed = {file["to"] for package in PACKAGES for file in package["files"]}
    folders = [ROOT / "static/vendor", ROOT / "tests/vendor"]
    found = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }
    assert found == listed


def weight(*files: Path) -> int:
    """Bytes on the wire: each file gzipped by itself, as it is sent."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)


def test_styles_and_scripts_of_every_page_stay_small() -> None:
    """16 KB of styles for the frame of every page, 15 KB for all scripts a member may meet; what
    the desk and the door of a workshop add is for those who work there, and small as well."""
    css, js = ROOT / "static/css", ROOT / "static/js"
    (pico,) = (ROOT / "static/vendor/pico-2.1.1").glob("*.css")
    assert weight(pico, css / "tokens.css", css / "hearth.css") <= 16 * 1024
    # What one kind of page adds to it: a room, the desk, one's account.
    frame = {"tokens.css", "hearth.css"}
    assert all(weight(file) <= 2048 for file in css.glob("*.css") if file.name not in frame)
    at_work = {"desk.js", "door.js"}
    assert weight(*(file for file in js.glob("*.js") if file.name not in at_work)) <= 15 * 1024
    assert all(weight(js / name) <= 4096 for name in at_work)

"""The house rules that a machine can hold: names, files, folders, close codes, migrations."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(settings.BASE_DIR)
APPS = {
    "members": "community/members",
    "forums": "community/forums",
    "chat": "community/chat",
    "moderation": "moderation",
    "mentorship": "mentorship",
    "events": "events",
}
# The same name means the same thing in every app.
VOCABULARY = {
    "__init__",
    "access",
    "actions",
    "admin",
    "apps",
    "broadcast",
    "consumers",
    "demo",
    "forms",
    "frames",
    "models",
    "moderated",
    "routing",
    "urls",
    "views",
}
# Files with one owner and one subject, named for it.
NAMED = {
    "members": {
        "adapters",
        "append_only",
        "audit",
        "batches",
        "belonging",
        "blocks",
        "chain",
        "consent",
        "digests",
        "erasure",
        "heads",
        "identity",
        "invitation_letters",
        "invitation_views",
        "invitations",
        "live",
        "naming",
        "notices",
        "outbox",
        "own_views",
        "paging",
        "preferences",
        "sessions",
        "sockets",
        "vault",
        "turns",
        "watching",
        "wire",
        "words",
    },
    "forums": {
        "aliases",
        "apart",
        "care_rows",
        "markdown",
        "news",
        "own_rows",
        "reader_views",
        "reading",
        "search",
        "topics",
    },
    "chat": {
        "answers",
        "floor",
        "floor_forms",
        "floor_rows",
        "floor_views",
        "hosting",
        "hours",
        "hub",
        "pace",
        "search",
    },
    "moderation": {
        "agreement",
        "appeals",
        "casefile",
        "charts",
        "clocks",
        "content",
        "desk_forms",
        "desk_rows",
        "desk_views",
        "difference",
        "disclosure",
        "disclosure_forms",
        "disclosure_rows",
        "disclosure_views",
        "duty",
        "duty_forms",
        "duty_rows",
        "duty_views",
        "erasure",
        "figures",
        "figures_page",
        "guidelines",
        "labels",
        "ladder",
        "letters",
        "quality",
        "quality_forms",
        "quality_rows",
        "quality_views",
        "queue",
        "remit",
        "report_rows",
        "report_views",
        "reports",
        "review",
        "risk",
        "risk_forms",
        "risk_rows",
        "risk_views",
        "sanction_forms",
        "sanction_rows",
        "sanction_views",
        "sanctions",
        "shadow",
        "standing",
        "proposer",
        "threshold_sets",
        "undo",
        "unsent",
        "wellbeing",
    },
    "mentorship": {"fit", "match_rows", "match_views", "matching", "runs"},
    "events": {
        "completing",
        "course_forms",
        "course_rows",
        "course_views",
        "courses",
        "day",
        "day_forms",
        "day_rows",
        "day_views",
        "demo_day",
        "tickets",
        "trends",
        "bounces",
        "calendar_files",
        "calendar_views",
        "calendar_zones",
        "erasing",
        "finding",
        "joining",
        "letters",
        "needs",
        "organising",
        "organising_forms",
        "organising_rows",
        "organising_views",
        "pace",
        "pictures",
        "place_views",
        "recurrence",
        "reminders",
        "seats",
        "tokens",
        "waiting",
        "whole",
    },
}
BANNED = {"utils", "common", "helpers", "manager", "managers", "misc"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders or ("config", "community", "moderation", "mentorship", "events"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, entry.app_name or prefix)
        else:
            yield prefix, entry


def numbers_of(call: ast.Call) -> list[int]:
    codes = [*call.args, *(word.value for word in call.keywords if word.arg == "code")]
    return [v.value for v in codes if isinstance(v, ast.Constant) and type(v.value) is int]


@pytest.mark.parametrize("app", APPS)
def test_an_app_holds_only_files_of_the_vocabulary(app: str) -> None:
    names = {path.stem for path in (ROOT / APPS[app]).glob("*.py")}
    assert names - VOCABULARY - NAMED[app] == set()


def test_nothing_is_called_utils() -> None:
    assert [path for path in sources() if path.stem in BANNED] == []


def test_a_urls_name_is_its_views_name() -> None:
    ours = [(app, p) for app, p in patterns(get_resolver()) if app in APPS]
    assert ours
    wrong = [(app, p.name, p.callback.__name__) for app, p in ours if p.name != p.callback.__name__]
    assert wrong == []


def test_sockets_close_only_with_codes_the_server_may_send() -> None:
    """Daphne's library raises on 1001 and the like, and the client sees 1011 (platform fact F3)."""
    allowed = {1000, *range(4000, 5000)}
    wrong = [
        (str(path), call.lineno, value)
        for path in sources()
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", getattr(call.func, "id", "")) in {"close", "bye"}
        for value in numbers_of(call)
        if value not in allowed
    ]
    assert wrong == []


def test_the_map_names_every_folder() -> None:
    page = (ROOT / "docs/map.md").read_text()
    folders = {
        str(path.parent.relative_to(ROOT))
        for path in sources()
        if path.name == "__init__.py" and "commands" not in path.parts
    }
    folders = {f for f in folders if not f.endswith(("/management", "/templatetags"))}
    assert sorted(folder for folder in folders if f"`{folder}/`" not in page) == []


def test_the_paths_name_functions_that_exist() -> None:
    """docs/paths.md tells stories function by function: each `file.py: function` must be there."""
    page = (ROOT / "docs/paths.md").read_text()
    steps = re.findall(r"`([\w/]+\.py)`: `([\w.]+)`", page)
    assert len(steps) >= 20
    missing = []
    for file, name in steps:
        tree = ast.parse((ROOT / file).read_text())
        found = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        if not set(name.split(".")) <= found:
            missing.append((file, name))
    assert missing == []


@pytest.mark.django_db
def test_no_model_is_ahead_of_its_migrations() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_template_holds_inline_script_or_style() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if re.search(
            # Data for search engines is no script: browsers run nothing of it, whatever the policy.
            r"<style|\sstyle=|\son\w+=|javascript:"
            r"|<script(?![^>]*\ssrc=)(?! type=\"application/ld\+json\">)",
            path.read_text(),
        )
    ]
    assert wrong == []


def test_no_file_names_a_package_registry() -> None:
    words = ("pypi.org", "pythonhosted", "registry.npmjs", "npmjs.org", "deb.debian")
    found = []
    for path in [ROOT / "Makefile", ROOT / "pyproject.toml", *ROOT.glob("requirements*.txt")]:
        text = path.read_text()
        found += [(path.name, word) for word in words if word in text]
    assert found == []


def test_every_mark_safe_stands_behind_nh3() -> None:
    """What is called safe was cleaned by nh3 in the same function, or holds no text at all."""
    wrong, seen = [], 0
    for path in sources():
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            names = [ast.unparse(call.func) for call in calls]
            cleaned = any(name.startswith("nh3.") for name in names)
            for call, name in zip(calls, names, strict=True):
                if name.split(".")[-1] not in {"mark_safe", "SafeString", "SafeText"}:
                    continue
                seen += 1
                empty = [ast.unparse(argument) for argument in call.args] == ["''"]
                if not cleaned and not empty:
                    wrong.append((str(path.relative_to(ROOT)), call.lineno))
    assert seen
    assert wrong == []


def test_no_template_switches_escaping_off() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if re.search(r"\|\s*safe(?:seq)?\b|autoescape\s+off", path.read_text())
    ]
    assert wrong == []

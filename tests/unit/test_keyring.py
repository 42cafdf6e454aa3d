"""Where the keys come from: the settings, a file, or a file made beside a SQLite database."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from hangar_dal.errors import SealError, SettingsError
from hangar_dal.keyring import missing_key_file, open_keyring
from hangar_dal.sealing import new_key
from hangar_dal.settings import Settings
from tests.helpers.exception_contents import of_drivers, texts_in_frames

PLACE = {"table": "t", "column": "c", "bound": ("row",)}
POSTGRESQL = "postgresql://localhost/shop"


def key_id(entry: str) -> str:
    return entry.partition(":")[0]


def files() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def key_file(path: Path, *entries: str, mode: int = 0o600) -> Path:
    path.write_text("\n".join(entries))
    path.chmod(mode)
    return path


def test_keys_of_the_settings_come_first() -> None:
    given, other = new_key(), new_key()
    key_file(Path("keys"), other)
    assert open_keyring(Settings(sealing_keys=given, sealing_key_file="keys")).ids == (key_id(given),)
    assert open_keyring(Settings(database_url=POSTGRESQL, sealing_keys=given)).ids == (key_id(given),)
    assert not Path("hangar_bay_dev.db.key").exists()


def test_a_key_file_that_is_named_serves_both_databases() -> None:
    first, second = new_key(), new_key()
    key_file(Path("keys"), "# new", first, "# old", second)
    for url in ("sqlite:///shop.db", POSTGRESQL):
        ring = open_keyring(Settings(database_url=url, sealing_key_file="keys"))
        assert ring.ids == (key_id(first), key_id(second))
    assert files() == ["keys"]


def test_a_sqlite_file_gets_a_key_file_that_stays() -> None:
    settings = Settings(database_url="sqlite:///shop.db")
    text = open_keyring(settings).seal(b"value", **PLACE)
    made = Path().stat().st_mtime_ns
    assert open_keyring(settings).unseal(text, **PLACE) == b"value"
    assert files() == ["shop.db.key"]
    assert Path().stat().st_mtime_ns == made, "nothing is written where a key file is"


def test_the_key_file_is_its_owners_alone() -> None:
    before = os.umask(0)
    try:
        open_keyring(Settings(database_url="sqlite:///shop.db"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("shop.db.key").stat().st_mode) == 0o600


def test_processes_that_start_at_once_agree_on_one_key() -> None:
    program = (
        "import sys; from hangar_dal.keyring import open_keyring; from hangar_dal.settings import Settings; "
        "settings = [Settings(database_url=f'sqlite:///{n}.db') for n in range(50)]; print('ready', flush=True); "
        "sys.stdin.readline(); print([open_keyring(one).ids for one in settings])"
    )
    command = [sys.executable, "-c", program]
    running = [subprocess.Popen(command, stdin=-1, stdout=-1, text=True) for _ in range(4)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answers = [process.communicate("go\n")[0] for process in running]
    assert len(set(answers)) == 1
    assert answers[0].count("k") == 50
    assert files() == sorted(f"{n}.db.key" for n in range(50))


def test_a_key_file_that_is_there_by_now_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may make it between the look and the making."""
    theirs = new_key()
    path = key_file(Path("shop.db.key"), theirs)
    with monkeypatch.context() as patched:
        patched.setattr("hangar_dal.keyring.missing_key_file", lambda _: path)
        assert open_keyring(Settings(database_url="sqlite:///shop.db")).ids == (key_id(theirs),)
    assert path.read_text() == theirs
    assert files() == ["shop.db.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_key_file_open_to_others_is_refused_with_the_command_that_closes_it(mode: int) -> None:
    key_file(Path("my shop.db.key"), new_key(), mode=mode)
    with pytest.raises(SettingsError, match=r"chmod 600 'my shop.db.key'"):
        open_keyring(Settings(database_url="sqlite:///my shop.db"))


@pytest.fixture
def permissions_bind() -> Iterator[None]:
    """Root may do anything: as root, be somebody else meanwhile, to whom the working directory belongs."""
    if os.geteuid():
        yield
        return
    os.chown(".", 65_534, -1)
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_key_file_of_another_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    path = key_file(Path("keys"), new_key())
    if os.geteuid():  # only root can give a file away: look at it as another user would
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    else:
        os.chown(path, 12_345, -1)
    with pytest.raises(SettingsError, match="belongs to another user"):
        open_keyring(Settings(sealing_key_file="keys"))


@pytest.mark.parametrize(
    ("mode", "is_refused"), [(0o400, False), (0o440, False), (0o640, False), (0o644, True), (0o660, True)]
)
def test_a_key_file_of_root_may_be_readable_by_the_group(
    monkeypatch: pytest.MonkeyPatch, mode: int, *, is_refused: bool
) -> None:
    """Orchestrators mount secrets so."""
    key_file(Path("keys"), new_key(), mode=mode)
    if os.geteuid():
        monkeypatch.setattr("hangar_dal.keyring._ROOT", os.getuid())
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(SettingsError, match="chmod 640") if is_refused else nullcontext():
        assert open_keyring(Settings(sealing_key_file="keys")).ids


@pytest.mark.parametrize("kind", ["fifo", "directory", "socket", "device", "link to a device", "link to itself"])
@pytest.mark.parametrize("name", ["keys", "shop.db.key"])
def test_what_is_no_regular_file_is_refused_at_once(kind: str, name: str) -> None:
    """Reading a pipe would wait for ever, reading /dev/zero would fill the memory."""
    path = Path(name)
    if kind == "fifo":
        os.mkfifo(path, 0o600)
    elif kind == "directory":
        path.mkdir(0o700)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(name)
    else:
        path.symlink_to({"device": "/dev/tty", "link to a device": "/dev/zero", "link to itself": name}[kind])
    settings = Settings(database_url="sqlite:///shop.db", sealing_key_file="keys" if name == "keys" else None)
    with pytest.raises(SettingsError, match=rf"^{name}: (not a regular file|the key file cannot be read)"):
        open_keyring(settings)


def test_nothing_is_read_from_a_pipe() -> None:
    """It was meant for another program."""
    os.mkfifo("keys", 0o600)
    pipe = os.open("keys", os.O_RDWR | os.O_NONBLOCK)
    try:
        os.write(pipe, b"message")
        with pytest.raises(SettingsError, match="not a regular file"):
            open_keyring(Settings(sealing_key_file="keys"))
        assert os.read(pipe, 100) == b"message"
    finally:
        os.close(pipe)


def test_a_file_far_too_large_is_not_read() -> None:
    path = key_file(Path("keys"), new_key())
    os.truncate(path, 1 << 40)  # a terabyte, all of it a hole
    with pytest.raises(SettingsError, match="larger than"):
        open_keyring(Settings(sealing_key_file="keys"))


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        pytest.param(0o000, 0o600, id="a folder that may not be entered"),
        pytest.param(0o555, None, id="a folder that may not be written to"),
        pytest.param(0o755, 0o000, id="a file that may not be read"),
    ],
)
@pytest.mark.usefixtures("permissions_bind")
def test_a_lack_of_permission_is_an_error_of_the_settings(folder: int, file: int | None) -> None:
    Path("data").mkdir()
    if file is not None:
        key_file(Path("data/shop.db.key"), new_key(), mode=file)
    Path("data").chmod(folder)
    try:
        with pytest.raises(SettingsError, match=r"^data/shop\.db\.key: .*Permission denied"):
            open_keyring(Settings(database_url="sqlite:///data/shop.db"))
    finally:
        Path("data").chmod(0o755)


@pytest.mark.usefixtures("permissions_bind")
def test_a_key_file_that_may_be_there_is_not_called_missing() -> None:
    """A new key would make the sealed rows unreadable."""
    Path("data").mkdir()
    Path("data").chmod(0o000)
    try:
        with pytest.raises(SettingsError, match=r"^data/shop\.db\.key: .*Permission denied"):
            missing_key_file(Settings(database_url="sqlite:///data/shop.db"))
    finally:
        Path("data").chmod(0o755)


def test_a_database_whose_name_is_not_ascii_gets_a_key_file() -> None:
    assert open_keyring(Settings(database_url="sqlite:///b\u00fccher.db")).ids
    assert files() == ["b\u00fccher.db.key"]


def test_memory_gets_a_key_that_nobody_keeps() -> None:
    settings = Settings(database_url="sqlite:///:memory:")
    text = open_keyring(settings).seal(b"value", **PLACE)
    with pytest.raises(SealError):
        open_keyring(settings).unseal(text, **PLACE)
    assert files() == []


def test_wrong_entries_are_refused_with_the_variable_they_are_in() -> None:
    with pytest.raises(SettingsError, match=r"^HANGAR_SEALING_KEYS: entry 1 is not of the form"):
        open_keyring(Settings(sealing_keys="no key"))


def test_postgresql_without_a_key_says_how_to_make_one() -> None:
    with pytest.raises(SettingsError, match=r"HANGAR_SEALING_KEYS.*hangar-dal keys new"):
        open_keyring(Settings(database_url=POSTGRESQL))


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param(b"\xff", "not UTF-8", id="not text"),
        pytest.param(b"", "no key", id="empty"),
        pytest.param(b"nonsense", "entry 1", id="no key in it"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_named(content: bytes | None, hint: str) -> None:
    path = Path("keys")
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    with pytest.raises(SettingsError, match=f"^keys: .*{hint}"):
        open_keyring(Settings(sealing_key_file="keys"))


@pytest.mark.parametrize("source", ["environment", "file"])
@pytest.mark.parametrize("fault", ["{key},nonsense", "{key},{key}", "{key},x:{short}", "{key}\n\xff"])
def test_a_refused_key_leaves_no_other_key_in_a_traceback(
    source: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tools that report errors record the local variables of each frame."""
    key = new_key()
    text = fault.format(key=key, short=new_key().partition(":")[2][:8])
    if source == "environment":
        monkeypatch.setenv("HANGAR_SEALING_KEYS", text)
    else:
        key_file(Path("keys")).write_bytes(text.encode("latin-1"))
        monkeypatch.setenv("HANGAR_SEALING_KEY_FILE", "keys")
    with pytest.raises(SettingsError) as caught:
        open_keyring(Settings())
    assert of_drivers(caught.value) == []
    assert key.partition(":")[2] not in texts_in_frames(caught.value)


@pytest.mark.usefixtures("permissions_bind")
def test_a_place_where_no_key_file_can_be_made_is_named() -> None:
    Path("closed").mkdir(mode=0o500)
    with pytest.raises(SettingsError, match=r"closed/shop.db.key: .*HANGAR_SEALING_KEY_FILE"):
        open_keyring(Settings(database_url="sqlite:///closed/shop.db"))


@pytest.mark.parametrize("path", ["nowhere/shop.db", "nowhere/deeper/shop.db"])
def test_where_the_folder_of_the_database_is_missing_that_is_what_the_error_says(path: str) -> None:
    with pytest.raises(
        SettingsError, match=r"^nowhere\S*: the folder .* does not exist\. Create it, or correct the URL"
    ):
        open_keyring(Settings(database_url=f"sqlite:///{path}"))
    assert files() == []

"""Fetching from a real server that breaks off, ignores ranges and sends damaged files."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from arsis.core.errors import CorpusError, OutputError, SettingError
from arsis.serve import download as downloading
from arsis.serve.download import Stopped, download
from arsis.serve.fetch import SUMS, fetch

LARGE = np.random.default_rng(0).bytes(300_000)
FILES = {
    "training-a/a0001.wav": LARGE,
    "training-a/a0001.hea": b"a0001 1 2000 60\n",
    "training-b/b0001.wav": b"sound b",
    "RECORDS": b"training-a/a0001\n",
    "notes/a name.txt": b"a name with a space",
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        site = self.server.site
        path = self.path.replace("%20", " ").removeprefix("/files/challenge-2016/1.0.0/")
        site.asked.append((path, self.headers.get("Range")))
        if site.statuses.get(path):
            self.send_error(site.statuses[path].pop(0))
            return
        if path not in site.files:
            self.send_error(404)
            return
        data, first = site.files[path], 0
        asked = self.headers.get("Range")
        if asked and path not in site.ignores_range:
            first = int(asked.removeprefix("bytes=").rstrip("-"))
            if first >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        if site.breaks.get(path, 0) > 0:
            site.breaks[path] -= 1
            self.wfile.write(data[first : (first + len(data)) // 2])
            self.close_connection = True
            return
        self.wfile.write(data[first:])

    def log_message(self, *_):
        pass


class Site:
    """What the server sends, and what it does wrongly; `asked` is what it was asked for."""

    def __init__(self):
        self.files = dict(FILES)
        self.breaks, self.statuses, self.ignores_range, self.asked = {}, {}, set(), []
        self.state()

    def state(self):
        """State the checksums of the files as they are now."""
        lines = [f"{hashlib.sha256(data).hexdigest()} {p}" for p, data in self.files.items()]
        self.files[SUMS] = ("\n".join(lines) + "\n").encode()

    def ranges(self, path):
        return [asked for name, asked in self.asked if name == path]


@pytest.fixture
def site(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(downloading, "WAIT_S", 0.001)
    site = Site()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.site = site
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        site.url = f"http://127.0.0.1:{server.server_address[1]}/files"
        yield site
        server.shutdown()


def files_in(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_database_arrives_whole_in_its_layout(site, tmp_path):
    seen = []
    got = fetch("cinc2016", tmp_path / "to", site.url, progress=lambda *said: seen.append(said))
    assert files_in(tmp_path / "to") == site.files
    assert (got.folder, got.fetched, got.kept) == (tmp_path / "to", 5, 0)
    assert sorted(name for name, _, _ in seen) == sorted(FILES)
    assert [said[1:] for said in seen] == [(done, 5) for done in range(1, 6)]


def test_what_is_there_is_not_fetched_again(site, tmp_path):
    fetch("cinc2016", tmp_path, site.url)
    (tmp_path / "RECORDS").write_bytes(b"changed since")
    site.asked.clear()
    got = fetch("cinc2016", tmp_path, site.url)
    assert (got.fetched, got.kept) == (1, 4)
    assert {name for name, _ in site.asked} == {SUMS, "RECORDS"}
    assert (tmp_path / "RECORDS").read_bytes() == FILES["RECORDS"]


def test_a_part_of_it(site, tmp_path):
    assert fetch("cinc2016", tmp_path, site.url, only="training-a").fetched == 2
    assert set(files_in(tmp_path)) == {SUMS, "training-a/a0001.wav", "training-a/a0001.hea"}
    with pytest.raises(SettingError, match="training-a, training-b"):
        fetch("cinc2016", tmp_path, site.url, only="training-z")


def test_a_broken_connection_is_taken_up_where_it_broke(site, tmp_path):
    site.breaks["training-a/a0001.wav"] = 2
    fetch("cinc2016", tmp_path, site.url)
    assert files_in(tmp_path) == site.files
    first, second, third = site.ranges("training-a/a0001.wav")
    assert (first, second) == (None, "bytes=150000-")
    assert third == "bytes=225000-"


def test_the_next_call_goes_on_from_what_has_come(site, tmp_path):
    (tmp_path / "training-a").mkdir()
    part = tmp_path / "training-a" / "a0001.wav.part"
    part.write_bytes(LARGE[:1000])
    fetch("cinc2016", tmp_path, site.url)
    assert files_in(tmp_path) == site.files
    assert site.ranges("training-a/a0001.wav") == ["bytes=1000-"]


@pytest.mark.parametrize("begun", [b"other bytes" * 100, LARGE + b"more", LARGE])
def test_what_has_come_of_another_version_is_given_up(site, tmp_path, begun):
    (tmp_path / "training-a").mkdir()
    (tmp_path / "training-a" / "a0001.wav.part").write_bytes(begun)
    fetch("cinc2016", tmp_path, site.url)
    assert files_in(tmp_path) == site.files


def test_a_server_that_ignores_ranges_is_asked_for_all(site, tmp_path):
    site.ignores_range.add("training-a/a0001.wav")
    site.breaks["training-a/a0001.wav"] = 1
    fetch("cinc2016", tmp_path, site.url)
    assert files_in(tmp_path) == site.files


def test_a_damaged_file_never_gets_its_name(site, tmp_path):
    site.files["training-a/a0001.wav"] = LARGE[:-1] + b"?"
    with pytest.raises(CorpusError, match=r"a0001\.wav: a file with the SHA-256") as error:
        fetch("cinc2016", tmp_path, site.url)
    assert hashlib.sha256(LARGE).hexdigest()[:16] in str(error.value)
    assert not list(tmp_path.rglob("a0001.wav*"))
    assert not (tmp_path / SUMS).exists()
    site.files["training-a/a0001.wav"] = LARGE
    fetch("cinc2016", tmp_path, site.url)
    assert files_in(tmp_path) == site.files


def test_a_passing_failure_of_the_server_is_waited_out(site, tmp_path):
    site.statuses = {"RECORDS": [503, 429], SUMS: [500]}
    fetch("cinc2016", tmp_path, site.url)
    assert files_in(tmp_path) == site.files


@pytest.mark.parametrize(
    ("statuses", "found"), [([404], "HTTP status 404"), ([503] * 9, "no answer.*503")]
)
def test_a_file_that_the_server_does_not_give(site, tmp_path, statuses, found):
    site.statuses["RECORDS"] = statuses
    with pytest.raises(CorpusError, match=f"RECORDS: {found}"):
        fetch("cinc2016", tmp_path, site.url)


def test_a_connection_that_brings_nothing_is_given_up(site, tmp_path):
    site.breaks["training-b/b0001.wav"] = 99
    with pytest.raises(CorpusError, match=r"b0001\.wav: no answer.*connection broke"):
        fetch("cinc2016", tmp_path, site.url)


def test_no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(downloading, "WAIT_S", 0.001)
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(CorpusError, match=r"no answer.*Check the network"):
        fetch("mitdb", tmp_path, "http://127.0.0.1:9/files")


def test_no_room(site, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 10_000})
    monkeypatch.setattr(downloading.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OutputError, match=r"room for 0\.0 MB where"):
        fetch("cinc2016", tmp_path, site.url)


def test_a_folder_that_is_a_file(site, tmp_path):
    (tmp_path / "to").write_text("I am a file")
    with pytest.raises(OutputError, match="cannot be written"):
        fetch("cinc2016", tmp_path / "to", site.url)


@pytest.mark.parametrize(
    "path", ["../../elsewhere", "/etc/passwd", "a/../../b", "c:\\windows", "a\\..\\b", "a\x1bb"]
)
def test_a_list_that_leads_out_of_the_folder_is_refused(site, tmp_path, path):
    site.files[SUMS] = f"{'0' * 64} {path}\n".encode()
    with pytest.raises(CorpusError, match="line 1"):
        fetch("cinc2016", tmp_path / "to", site.url)


@pytest.mark.parametrize("listing", [b"<html>Welcome</html>", b"", b"\n\n"])
def test_what_is_no_list_is_refused(site, tmp_path, listing):
    site.files[SUMS] = listing
    with pytest.raises(CorpusError, match="Check --base-url"):
        fetch("cinc2016", tmp_path, site.url)


def test_names_and_addresses_are_checked(tmp_path):
    with pytest.raises(SettingError, match="circor2022, cinc2016, mitdb"):
        fetch("ptbxl", tmp_path)
    for address in ("file:///etc", "physionet.org/files", "ftp://physionet.org"):
        with pytest.raises(SettingError, match="--base-url"):
            fetch("mitdb", tmp_path, address)


def test_a_download_that_is_stopped_keeps_what_has_come(site, tmp_path):
    stop = threading.Event()
    stop.set()
    path = tmp_path / "a0001.wav"
    digest = hashlib.sha256(LARGE).hexdigest()
    url = f"{site.url}/challenge-2016/1.0.0/training-a/a0001.wav"
    with pytest.raises(Stopped):
        download(url, path, digest, stop)
    part = tmp_path / "a0001.wav.part"
    assert 0 < part.stat().st_size <= len(LARGE)
    assert not path.exists()
    download(url, path, digest, threading.Event())
    assert path.read_bytes() == LARGE


def test_an_interruption_stops_the_others_and_passes_on(site, tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("cinc2016", tmp_path, site.url, progress=interrupt)
    assert not (tmp_path / SUMS).exists()
    fetch("cinc2016", tmp_path, site.url)
    assert files_in(tmp_path) == site.files

"""Downloads: only when asked, whole or not at all; the server is on this machine."""

import hashlib
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from test_datasets_idx import idx, zipped

from cvlib.datasets import load_mnist, official
from cvlib.datasets.archives import fetch, locate, md5_of
from cvlib.datasets.official import OFFICIAL

IMAGES = zipped(idx(np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)))
LABELS = zipped(idx(np.array([3, 7], np.uint8)))
NAMES = {"images": "train-images-idx3-ubyte.gz", "labels": "train-labels-idx1-ubyte.gz"}


class Server(ThreadingHTTPServer):
    """Serves `content` by path, and keeps what was asked for."""

    content: dict[str, bytes]
    asked: list[str]
    cut: int = 0


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        self.server.asked.append(self.path)
        data = self.server.content.get(self.path.strip("/"))
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) - self.server.cut])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    """Return a server that stands for the publisher of MNIST's training part."""
    found = Server(("127.0.0.1", 0), Handler)
    found.content = {NAMES["images"]: IMAGES, NAMES["labels"]: LABELS}
    found.asked = []
    for part, name in NAMES.items():
        file = replace(
            OFFICIAL[f"MNIST: train {part}"],
            url=f"http://127.0.0.1:{found.server_port}/{name}",
            md5=hashlib.md5(found.content[name]).hexdigest(),
        )
        monkeypatch.setitem(official.OFFICIAL, f"MNIST: train {part}", file)
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def test_nothing_is_fetched_unless_asked(server, tmp_path):
    with pytest.raises(FileNotFoundError):
        load_mnist(tmp_path)
    assert server.asked == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_fetched_once(server, tmp_path, capsys):
    folder = tmp_path / "new" / "mnist"
    dataset = load_mnist(folder, download=True)
    assert dataset.labels.tolist() == [3, 7]
    assert server.asked == [f"/{NAMES['images']}", f"/{NAMES['labels']}"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES.values())
    assert (folder / NAMES["images"]).read_bytes() == IMAGES
    url = OFFICIAL["MNIST: train images"].url
    assert capsys.readouterr().out.startswith(f"downloading {url} to {folder}\n")
    load_mnist(folder, download=True)
    (folder / NAMES["labels"]).unlink()
    load_mnist(folder, download=True)
    assert server.asked[2:] == [f"/{NAMES['labels']}"]


def test_a_damaged_file_is_not_replaced_unasked(server, tmp_path):
    path = tmp_path / NAMES["images"]
    path.write_bytes(b"damaged")
    with pytest.raises(ValueError, match=f"{path} is damaged.*delete it and fetch it again"):
        load_mnist(tmp_path, download=True)
    assert server.asked == []
    assert path.read_bytes() == b"damaged"


@pytest.mark.parametrize("verify", [True, False])
def test_a_download_with_other_bytes_leaves_nothing(server, tmp_path, verify):
    server.content[NAMES["images"]] = LABELS[::-1]
    with pytest.raises(ValueError, match=r"what http://.* sent is damaged.*expected MD5 .*, got "):
        load_mnist(tmp_path, download=True, verify=verify)
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_breaks_off_leaves_nothing(server, tmp_path):
    server.cut = 10
    with pytest.raises((OSError, ValueError), match=r"could not download|is damaged"):
        load_mnist(tmp_path, download=True)
    assert list(tmp_path.iterdir()) == []


def test_a_publisher_who_has_moved(server, tmp_path):
    server.content.clear()
    url = OFFICIAL["MNIST: train images"].url
    with pytest.raises(
        OSError, match=(f"could not download {NAMES['images']} of MNIST from {url}: .*404")
    ):
        load_mnist(tmp_path, download=True)
    assert list(tmp_path.iterdir()) == []


def test_a_publisher_who_does_not_answer(server, tmp_path):
    file = replace(OFFICIAL["MNIST: train images"], url="http://127.0.0.1:1/nobody")
    with pytest.raises(OSError, match=r"could not download .* from http://127\.0\.0\.1:1/"):
        fetch(file, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_needs_no_network(server, tmp_path):
    path = tmp_path / NAMES["images"]
    path.write_bytes(IMAGES)
    assert locate("MNIST: train images", tmp_path) == path
    assert server.asked == []
    assert md5_of(path) == OFFICIAL["MNIST: train images"].md5


def test_every_official_file_is_told_apart():
    sums = [file.md5 for file in OFFICIAL.values()]
    assert len(OFFICIAL) == 13
    assert len(set(sums)) == len(sums)
    for file in OFFICIAL.values():
        assert len(bytes.fromhex(file.md5)) == 16
        assert file.url.endswith("/" + file.name)
        assert file.url.startswith(("https://", "http://"))

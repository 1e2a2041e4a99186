# SPDX-License-Identifier: GPL-3.0-or-later
"""WebSocket with a browser at the other side. What a page sees it tells through a WebSocket of its own."""

import os
import signal

import pytest

from support import need

PATIENCE = 240  # seconds: a browser has much to do before its first page
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage")

TALK = """
const ws = new WebSocket("ws://127.0.0.1:%d/talk", ["other", "chat"]);
ws.binaryType = "arraybuffer";
const kind = data => typeof data == "string" ? "text " + data.length : "binary " + new Uint8Array(data).join();
ws.onopen = () => ws.send("open " + ws.protocol + " [" + ws.extensions + "]");
ws.onmessage = e => {
    ws.send(kind(e.data));
    if (e.data == "end") {
        ws.send(new Uint8Array([0, 255]));
        ws.send("\\u00fc".repeat(1000000));
        ws.close(1000, "done");
    }
};
"""

MANY = """
const report = new WebSocket("ws://127.0.0.1:%d/");
let left = 20, wrong = "";
function one(i) {
    const ws = new WebSocket("ws://127.0.0.1:%d/echo"), sent = [i + " \\u00fc", new Uint8Array([i, 255]), ""];
    let heard = 0;
    ws.binaryType = "arraybuffer";
    ws.onopen = () => sent.forEach(x => ws.send(x));
    ws.onmessage = e => {
        const x = sent[heard++];
        if (typeof x == "string" ? e.data !== x : new Uint8Array(e.data).join() !== x.join())
            wrong += i + ": " + e.data + " for " + x + "; ";
        if (heard == sent.length)
            ws.close();
    };
    ws.onclose = e => {
        wrong += e.wasClean ? "" : i + " closed with " + e.code + "; ";
        if (--left == 0)
            report.send("all heard; wrong: [" + wrong + "]");
    };
}
report.onopen = () => {
    const nowhere = new WebSocket("ws://127.0.0.1:%d/nowhere");
    nowhere.onopen = () => { wrong += "there is something at /nowhere; "; };
    nowhere.onclose = e => { for (let i = 0; i < left; i++) one(i); };
};
"""


@pytest.fixture
def browse(program, tmp_path):
    """browse(SCRIPT): a browser shows a page with this script."""
    shown = []

    def show(script):
        page = tmp_path / "page.html"
        page.write_text(f"<!DOCTYPE html><meta charset=utf-8><script>{script}</script>")
        shown.append(program(need("chromium"), *QUIET, f"--user-data-dir={tmp_path / 'profile'}", page.as_uri(),
                             start_new_session=True, env={"HOME": str(tmp_path)}))

    yield show
    for browser in shown:
        os.killpg(browser.pid, signal.SIGKILL)


def wait_for(process, text):
    with process.stdout.changed:
        assert process.stdout.changed.wait_for(lambda: text in process.stdout.data, PATIENCE), bytes(process.stdout.data[-2000:])


def test_talk(pollcat, browse):
    """Both kinds of messages both ways, what was asked for and what was not, and a close."""
    cat = pollcat("-v", "-l", "--websocket=/talk", "--ws-protocol", "chat", "127.0.0.1", "0")
    browse(TALK % cat.port)
    wait_for(cat, b"open chat []\n")
    cat.send("grüße\n".encode() + b"not \xff text\n" + b"x" * 1_000_000 + b"\nend\n")
    assert cat.wait() == 0
    binary = ",".join(str(byte) for byte in b"not \xff text\n").encode()
    assert cat.out == (b"open chat []\ntext 5\nbinary " + binary + b"\ntext 1000000\ntext 3\n\x00\xff\n" +
                       "ü".encode() * 1_000_000 + b"\n")
    assert "the other side closed (1000, normal): done" in cat.err


def test_many(pollcat, browse):
    """Twenty at once, and one who asks for what is not there."""
    report = pollcat("-l", "--websocket", "127.0.0.1", "0")
    cat = pollcat("-lk", "--websocket=/echo", "--echo", "127.0.0.1", "0")
    browse(MANY % (report.port, cat.port, cat.port))
    wait_for(report, b"all heard")
    assert b"all heard; wrong: []\n" in report.stdout.data

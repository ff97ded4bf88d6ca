"""What the server says: the library's own numbers, one line for bad links, and to this machine."""

from __future__ import annotations

import html
import http.client
import operator
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from fractions import Fraction

import pytest
from cli.words import environment, refusal
from explorer.questions import QUESTIONS, REFUSED, fields, link

import dpaccount as dpa
from dpaccount.reports.words import at_most


def asked(address, path, *, timeout=None, **more):
    """Status, headers and text; the text without markup."""
    request = urllib.request.Request(address + path, **more)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def words(page):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.mark.parametrize("changed", QUESTIONS, ids=str)
def test_the_numbers_are_those_of_the_library(address, changed):
    status, _, page = asked(address, link(**changed))
    assert status == 200
    given, text = fields(**changed), words(page)
    run = dpa.DPSGD(
        **{k: given[k] for k in ("noise_multiplier", "batch_size", "dataset_size", "epochs")}
    )
    bound = dpa.epsilon(run, given["delta"])
    assert f"epsilon {bound} at delta {given['delta']}, {bound.trust.value}" in text
    assert ", ".join(bound.theorems) in text
    method = re.search(r"as epsilon, by (\S+) \((\w+)\)", text)
    known = dpa.risk(
        run,
        fprs=[given["fpr"]],
        candidates=[given["candidates"]],
        method=None if method[1] == "best" else method[1],
    )
    assert method[2] == known.trust.value
    (fpr, found), (count, named) = known.tpr[0], known.reconstruction[0]
    assert f"at most {at_most(known.most(found, fpr), 'members', 'members')}" in text
    picked = at_most(known.most(named, Fraction(1, count)), "the time", "times")
    assert f"at most {picked}" in text
    if not run.steps:  # nothing was released: guessing, and no hair above it
        assert known.most(found, fpr) == fpr
        assert known.most(named, Fraction(1, count)) == Fraction(1, count)
    # the parts that a change asks for are those of the whole page
    for part in ("cost", "attackers"):
        status, _, piece = asked(address, part + link(**changed))
        assert status == 200
        for section in re.findall(r"<section.*?</section>", piece, flags=re.DOTALL):
            assert section in page


def test_the_curve_is_that_of_the_library(address):
    _, _, page = asked(address, link())
    rows = re.findall(r'<th scope="row" class="n">|<th scope="row">([^<]+)</th>\s*'
                      r'<td[^>]*>([^<]+)</td>\s*<td[^>]*>([^<]+)</td>', page)  # fmt: skip
    rows = [row for row in rows if row[0].startswith("1e-")]
    assert len(rows) >= 11
    run = dpa.DPSGD(
        **{k: v for k, v in fields().items() if k not in ("delta", "fpr", "candidates")}
    )
    for delta, low, high in rows:
        bound = dpa.epsilon(run, delta)
        assert float(low) <= bound.upper
        assert bound.lower <= float(high) <= float(low) * (1 + 1e-6)


@pytest.mark.parametrize(("query", "word"), REFUSED, ids=lambda text: text[:40])
def test_a_link_that_is_none_gives_one_line_and_no_number(address, query, word):
    for path in ("", "cost", "attackers"):
        status, headers, page = asked(address, path + query)
        assert status == 400
        assert headers.get_content_type() == "text/html"
        lines = re.findall(r'<p class="warning" role="alert"[^>]*>([^<]*)</p>', page)
        assert len(lines) == 1
        assert word in lines[0]
        assert "do: " in lines[0]
        assert len(lines[0]) < 600
        assert "Traceback" not in page
        assert "epsilon in" not in page
        assert 'class="number"' not in page
        assert not re.search(r"at most \S+ % of|at most 1 in", page)
        assert "<script>alert" not in page


def test_it_speaks_to_this_machine_alone(address):
    port = urllib.parse.urlsplit(address).port
    for host, status in [("127.0.0.1", 200), ("localhost", 200), ("somebody.example", 400)]:
        found, _, page = asked(address, "explorer.css", headers={"Host": f"{host}:{port}"})
        assert found == status
        assert ("grid" in page) == (status == 200)
    with socket.socket() as other:  # another address of this machine
        other.settimeout(5)
        assert other.connect_ex(("127.0.0.2", port)) != 0


@pytest.mark.parametrize("part", ["cost", "attackers"])
def test_a_page_from_elsewhere_makes_nothing_compute(address, part):
    for site, status in [
        ("cross-site", 403),
        ("same-site", 403),
        ("same-origin", 200),
        (None, 200),
    ]:
        headers = {} if site is None else {"Sec-Fetch-Site": site}
        found, _, page = asked(address, part + link(), headers=headers)
        assert found == status
        assert ("epsilon" in page or "members" in page) == (status == 200)


def test_nothing_is_loaded_from_elsewhere(address):
    _, headers, page = asked(address, "")
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["Cache-Control"] == "no-store"
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert set(loaded) == {"/explorer.css", "/explorer.js", "data:,"}
    for name in ("explorer.css", "explorer.js"):
        _, _, text = asked(address, name)
        assert len(text) > 1000
        assert "://" not in text
        assert "@import" not in text
        assert "url(" not in text


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("nothing", "GET", 404), ("", "POST", 405), ("../pyproject.toml", "GET", 404),
     ("cost", "DELETE", 405), ("explorer.css", "HEAD", 200)],
)  # fmt: skip
def test_other_addresses(address, path, method, status):
    found, _, page = asked(address, path, method=method)
    assert found == status
    assert "Traceback" not in page


def test_a_request_that_is_none(address):
    place = urllib.parse.urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=10) as raw:
        raw.sendall(b"\x00\xff nonsense\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
    connection.request("GET", "/?" + "x" * 200_000)
    assert connection.getresponse().status >= 400
    connection.close()
    assert asked(address, "explorer.js")[0] == 200  # it is still there


def test_a_port_that_is_taken(address, capsys):
    port = str(urllib.parse.urlsplit(address).port)
    line = refusal(capsys, ["serve", "--port", port])
    assert line.startswith(f"dpaccount: --port: given {port}, which cannot be had: ")


@pytest.mark.parametrize("name", ["starlette", "uvicorn", "jinja2"])
def test_what_is_not_installed_is_said_in_one_line(monkeypatch, capsys, name):
    monkeypatch.setitem(sys.modules, name, None)
    line = refusal(capsys, ["serve", "--port", "0"])
    assert f"{name} is not installed" in line
    assert "dpaccount[serve]" in line


def test_an_interrupt_at_work():
    with subprocess.Popen(
        [sys.executable, "-m", "dpaccount", "serve", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    ) as process:  # fmt: skip
        try:
            address = re.search(r"http://\S+", process.stdout.readline())[0]
            place = urllib.parse.urlsplit(address)
            connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
            # some seconds of work, begun when the fields are there
            connection.request("GET", "/" + link(noise_multiplier="0.2", batch_size=60))
            assert b"<form" in connection.getresponse().read(2000)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
            connection.close()
        finally:
            process.kill()
    assert (process.returncode, err) == (0, "")


def test_what_nobody_waits_for_ends(address):
    """Minutes of work, left after half a second, keep nobody else waiting."""
    place = urllib.parse.urlsplit(address)
    for path in ("cost", "attackers", ""):
        left = http.client.HTTPConnection(place.hostname, place.port)
        left.request("GET", f"/{path}" + link(noise_multiplier="0.01"))
        left.sock.settimeout(0.5)
        with pytest.raises(TimeoutError):
            left.getresponse().read()
        left.close()
    for path in ("cost", "attackers"):
        status, _, page = asked(address, path + link(), timeout=30)
        assert status == 200
        assert "at most" in page


def test_what_nobody_foresaw_is_a_line_too(monkeypatch):
    import asyncio

    import anyio
    from starlette.requests import Request

    from dpaccount.explorer import server

    # what another process can be asked, and what it fails at: "'Question' object cannot be ..."
    monkeypatch.setattr(server, "cost", operator.index)
    routes = {route.path: route.endpoint for route in server.application().routes}

    async def text(path):
        scope = {"type": "http", "method": "GET", "path": path, "headers": [],
                 "query_string": link()[1:].encode(), "server": ("127.0.0.1", 1)}  # fmt: skip
        answer = await routes[path](Request(scope, anyio.sleep_forever))
        whole = path == "/"
        page = "".join([part async for part in answer.body_iterator]) if whole else ""
        await routes[path].__self__.number.end()
        return (500, page) if whole else (answer.status_code, answer.body.decode())

    for path in ("/", "/cost"):
        status, page = asyncio.run(text(path))
        assert status == 500
        assert page.count('role="alert"') == 1
        assert "no number: dpaccount failed at this question (TypeError)" in page
        assert "Question" not in page
        assert 'class="number"' not in page


def test_ceilings_that_fail_leave_the_number(monkeypatch):
    import asyncio

    import anyio
    from starlette.requests import Request

    from dpaccount.explorer import server

    monkeypatch.setattr(server, "ceilings", operator.index)
    routes = {route.path: route.endpoint for route in server.application().routes}

    async def text():
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [],
                 "query_string": link()[1:].encode(), "server": ("127.0.0.1", 1)}  # fmt: skip
        answer = await routes["/"](Request(scope, anyio.sleep_forever))
        page = "".join([part async for part in answer.body_iterator])
        for apart in (routes["/"].__self__.number, routes["/"].__self__.ceilings):
            await apart.end()
        return page

    page = asyncio.run(text())
    ids = re.findall(r' id="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    assert {"number", "cost", "attackers", "basis"} <= set(ids)
    assert page.count('class="number"') == page.count('role="alert"') == 1
    assert "dpaccount failed at this question (TypeError)" in page[page.index('id="attackers"') :]
    assert "No number" not in page  # the number stands, and what it rests on with it
    assert "saddlepoint" in words(page[page.index('id="basis"') :])


@pytest.mark.parametrize("ends", [1, 2])
def test_a_process_that_was_ended_is_replaced_once(monkeypatch, capsys, ends):
    import asyncio

    import anyio
    from starlette.requests import Request

    from dpaccount.explorer import process, server

    ended, started = [], process._started

    async def soon_ended():
        made = await started()
        if len(ended) < ends:
            ended.append(made.pid)
            made.kill()
        return made

    monkeypatch.setattr(process, "_started", soon_ended)
    routes = {route.path: route.endpoint for route in server.application().routes}
    scope = {"type": "http", "method": "GET", "path": "/attackers", "headers": [],
             "query_string": link()[1:].encode(), "server": ("127.0.0.1", 1)}  # fmt: skip
    answers = routes["/attackers"].__self__

    async def attackers():
        answer = await answers.attackers(Request(scope, anyio.sleep_forever))
        await answers.ceilings.end()
        return answer

    answer = asyncio.run(attackers())
    page = answer.body.decode()
    assert len(ended) == ends
    assert capsys.readouterr().err == ""
    if ends == 1:
        assert answer.status_code == 200
        assert "at most" in page
        return
    assert page.count('role="alert"') == 1
    assert "ended from outside" in page
    assert "do: " in page
    assert not re.search(r"at most \S+ % of|at most 1 in", page)

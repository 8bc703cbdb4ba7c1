"""Servers that stumble, refuse or are none: what was written is known, and what is wrong is said in words."""

from __future__ import annotations

import datetime as dt
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dosecalc.errors import Refusal
from dosecalc.publishing.run import Report, publish
from dosecalc.publishing.server import Account, Server
from publishing.fake import HOME, NOTHING, Asked, Fake, Reply, empty, serving
from publishing.samples import moved, to_publish, visit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dosecalc.calendars.event import Event

PASSWORD = "pssst"


def run(
    url: str, *items: Event, report: Report | None = None, waited: list[int] | None = None, patience: int = 10
) -> Report:
    report = Report(dry_run=False) if report is None else report
    account = Account(url=url, name="trial", password=PASSWORD)
    assert PASSWORD not in repr(account)
    waits = [] if waited is None else waited
    with Server(account, waits.append, patience) as server:
        publish(server, url, [to_publish(*(items or (visit(10),)))], report, replace_edited=False)
    return report


def refused(answer: Callable[[Asked], Reply], *items: Event, patience: int = 10) -> tuple[str, Report, Fake]:
    report = Report(dry_run=False)
    with serving(answer) as fake:
        with pytest.raises(Refusal) as caught:
            run(fake.url, *items, report=report, patience=patience)
        said = str(caught.value)
    assert PASSWORD not in said
    return said.replace(fake.url, "URL/"), report, fake


def at(method: str, *replies: Reply) -> Callable[[Asked], Reply]:
    """An empty server that gives these answers to one method, the last one for ever."""
    left = list(replies)

    def answer(asked: Asked) -> Reply:
        if asked.method != method:
            return empty(asked)
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


def changes(report: Report) -> list[tuple[str, str]]:
    return [(step.change, step.item.summary) for each in report.calendars for step in each.steps]


def test_a_new_calendar_is_asked_for_made_and_filled() -> None:
    with serving(empty) as fake:
        report = run(fake.url, visit(10), visit(20))
    assert fake.methods() == ["PROPFIND", "REPORT", "MKCALENDAR", "PUT", "PUT"]
    assert {asked.headers["Authorization"] for asked in fake.asked} == {"Basic dHJpYWw6cHNzc3Q="}  # trial:pssst
    put = fake.asked[-1]
    assert put.headers["If-None-Match"] == "*"
    assert put.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert (
        put.path
        == "/trial/0a0a0a0a-0000-5000-8000-000000000000/00000020-0000-5000-8000-000000000000@dosecalc.invalid.ics"
    )
    assert b"METHOD" not in put.body
    assert changes(report) == [("new", "Visit of day 10"), ("new", "Visit of day 20")]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_stumbles_is_asked_again(status: int) -> None:
    waited: list[int] = []
    with serving(at("PUT", Reply(status), Reply(status, headers={"Retry-After": "30"}), Reply(201))) as fake:
        report = run(fake.url, waited=waited)
    assert waited == [1, 30]
    assert changes(report) == [("new", "Visit of day 10")]


def test_a_server_that_hangs_up_is_asked_again() -> None:
    waited: list[int] = []
    with serving(at("REPORT", Reply(silent=True), Reply(207, NOTHING))) as fake:
        run(fake.url, waited=waited)
    assert waited == [1]
    assert fake.methods() == ["PROPFIND", "REPORT", "REPORT", "PUT"]


def test_errors_without_end_are_said_with_what_was_written_before() -> None:
    said, report, fake = refused(at("PUT", Reply(201), Reply(503)), visit(10), visit(20))
    assert said.startswith("DC886 URL")
    assert "answered with error 503, 4 times; publish again later: it goes on from here" in said
    assert changes(report) == [("new", "Visit of day 10")]
    assert fake.methods().count("PUT") == 5


@pytest.mark.parametrize(
    ("method", "reply", "said"),
    [
        ("PROPFIND", Reply(401), "DC884 the server does not know the name trial with this password; check --user"),
        ("PROPFIND", Reply(403), "DC884 trial may not write to URL/; check --url"),
        ("MKCALENDAR", Reply(403), "DC884 trial may not write to URL/0a0a"),
        ("PROPFIND", Reply(404), "DC885 URL/ is no place for calendars (the server answers 404); give the address"),
        ("PROPFIND", Reply(405), "DC885 URL/ is no place for calendars (the server answers 405)"),
        ("MKCALENDAR", Reply(405), "is no place for calendars (the server answers 405)"),
        ("PROPFIND", Reply(200, b"<html>Log in</html>"), "DC885 what answers at URL/ is not a calendar server"),
        ("PROPFIND", Reply(207, b"<html>Log in</html>"), "DC885 what answers at URL/ is not a calendar server"),
        ("REPORT", Reply(207, b"<!DOCTYPE html><html/>"), "is not a calendar server; it may be a web page"),
        ("REPORT", Reply(207, HOME[:-9]), "is not a calendar server"),
        ("PUT", Reply(507), "DC887 the calendar server has no room left; ask its administrator for more"),
        ("PUT", Reply(418), "refuses what was sent, with error 418; show this to the server's administrator"),
    ],
)
def test_what_a_server_refuses_is_said_in_words(method: str, reply: Reply, said: str) -> None:
    found, report, fake = refused(at(method, reply))
    assert said in found
    assert changes(report) == []
    assert fake.methods().count(method) == 1  # nobody knocks twice at a closed door


def test_a_full_server_keeps_what_it_took_and_the_next_run_goes_on() -> None:
    _, report, _ = refused(at("PUT", Reply(201), Reply(507)), visit(10), visit(20), visit(30))
    assert changes(report) == [("new", "Visit of day 10")]


def test_no_password_goes_to_another_server() -> None:
    with serving(empty) as other:
        said, _, _ = refused(at("PROPFIND", Reply(302, headers={"Location": f"{other.url}?token=abc"})))
        assert f"DC885 URL/ sends on to {other.url}; the password was not sent there" in said
        inside = NOTHING.replace(b"/>", b' xmlns:c="urn:ietf:params:xml:ns:caldav"><response><href>%s</href><propstat>'
                                 b"<prop><getetag>1</getetag><c:calendar-data>x</c:calendar-data></prop></propstat>"
                                 b"</response></multistatus>" % other.url.encode())  # fmt: skip
        said, _, _ = refused(at("REPORT", Reply(207, inside)))
        assert "is not a calendar server" in said
    assert other.asked == []


def test_nobody_at_home_is_said() -> None:
    with serving(empty) as fake:
        pass
    waited: list[int] = []
    with pytest.raises(Refusal) as caught:
        run(fake.url, waited=waited)
    assert str(caught.value).startswith(f"DC886 {fake.url} does not answer (")
    assert waited == [1, 2, 4]


def test_a_server_that_hangs_up_for_ever_or_says_nothing_is_said() -> None:
    said, _, fake = refused(at("PROPFIND", Reply(silent=True)))
    assert said.startswith("DC886 URL/ does not answer (Server disconnected")
    assert len(fake.asked) == 4

    def slow(asked: Asked) -> Reply:
        import time

        time.sleep(1.5)
        return empty(asked)

    said, _, _ = refused(slow, patience=1)
    assert said.startswith("DC886 URL/ does not answer (timed out)")


def test_a_file_that_the_server_does_not_take_is_named_and_the_rest_is_published() -> None:
    with serving(at("PUT", Reply(409), Reply(201))) as fake:
        report = run(fake.url, visit(10), visit(20))
    assert changes(report) == [("new", "Visit of day 20")]
    (finding,) = report.findings
    assert (
        f"{finding.code} {finding.what}" == "DC887 the server does not take 'Visit of day 10, 2026-03-10 09:30' (409)"
    )


def _held(event: Event, etag: str) -> Reply:
    from dosecalc.calendars.ics import write_object
    from publishing.samples import HEAD

    return Reply(200, write_object(HEAD, event), {"ETag": etag})


def _racing(gets: Sequence[Reply], puts: Sequence[Reply]) -> Callable[[Asked], Reply]:
    answers = {"GET": list(gets), "PUT": list(puts)}
    return lambda asked: answers[asked.method].pop(0) if asked.method in answers else empty(asked)


def test_whoever_was_faster_is_looked_at_once_more() -> None:
    earlier, now = visit(10), moved(visit(10))
    with serving(_racing([_held(earlier, '"7"')], [Reply(412), Reply(204)])) as fake:
        report = Report(dry_run=False)
        account = Account(url=fake.url, name="trial", password=PASSWORD)
        with Server(account, lambda _: None, 10) as server:
            publish(server, fake.url, [to_publish(now, before=(earlier,))], report, replace_edited=False)
    assert fake.asked[-1].headers["If-Match"] == '"7"'
    assert changes(report) == [("changed", "Visit of day 10")]


def test_an_answer_that_was_lost_is_no_reason_to_write_twice() -> None:
    with serving(_racing([_held(visit(10), '"7"')], [Reply(silent=True), Reply(412)])) as fake:
        report = run(fake.url)
    assert fake.methods().count("PUT") == 2
    assert changes(report) == [("new", "Visit of day 10")]
    assert report.findings == []


def test_a_race_that_is_lost_twice_is_said() -> None:
    with serving(_racing([Reply(404), Reply(404)], [Reply(412), Reply(412)])) as fake:
        report = run(fake.url)
    assert changes(report) == []
    (finding,) = report.findings
    assert finding.code == "DC889"
    assert str(finding.what) == "'Visit of day 10, 2026-03-10 09:30' was changed on the server at the same time, twice"


def test_an_edit_in_the_same_moment_is_not_overwritten() -> None:
    edited = replace(visit(10), summary="Dentist")
    with serving(_racing([_held(edited, '"7"')], [Reply(412)])) as fake:
        report = run(fake.url)
    assert changes(report) == [("edited", "Visit of day 10")]
    assert [finding.code for finding in report.findings] == ["DC888"]
    assert fake.methods().count("PUT") == 1


def test_a_server_that_does_not_prove_who_it_is_gets_no_password(tmp_path: Path) -> None:
    with serving(empty, wrap=lambda socket: _tls(tmp_path).wrap_socket(socket, server_side=True)) as fake:
        waited: list[int] = []
        with pytest.raises(Refusal) as caught:
            run(fake.url, waited=waited)
    said = str(caught.value)
    assert said.startswith(f"DC886 {fake.url} does not prove that it is that server (")
    assert "nothing was sent; check the address; name the file with your hospital's own certificates" in said
    assert (fake.asked, waited) == ([], [])


def test_a_hospitals_own_certificate_is_trusted_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = _tls(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with serving(empty, wrap=lambda socket: context.wrap_socket(socket, server_side=True)) as fake:
        assert changes(run(fake.url)) == [("new", "Visit of day 10")]


def test_no_proxy_sees_what_is_not_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(empty) as fake:
        assert changes(run(fake.url)) == [("new", "Visit of day 10")]


def _tls(folder: Path) -> Any:
    """What a server with a certificate of its own making for 127.0.0.1 needs."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context

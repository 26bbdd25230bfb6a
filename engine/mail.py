"""Mail over SMTP: one connection for all that is due, messages as bytes, and what the server's answer means.

What the server says is the receipt: accepted is sent; a 4xx is tried again later, and so is a 5xx that speaks of us or
of the message rather than of the address (a full mailbox, a policy); any other 5xx is refused for good. No answer after
the message was handed over leaves it in doubt, because the server may have it: such a message is never sent twice.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import formataddr, formatdate
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from engine.config import Config
from engine.errors import HeedError
from engine.types import Message, Picture, Receipt

PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
TIMEOUT = 30.0

WIRE = compat32.clone(linesep="\r\n", mangle_from_=False)
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]+")

LONGEST = 400
"""Characters of a name or subject."""

NOT_THE_ADDRESS = re.compile(r"5\.(2\.2|3|7)\b")
"""Enhanced status codes (RFC 3463): mailbox full, mail system, security or policy."""


@contextmanager
def open_mail(config: Config) -> Iterator[Line]:
    """A line to the house's mail server. Raises HeedError with what to do where there is none."""
    line = Line(config.smtp_url, urlsplit(config.public_url).hostname or "localhost")
    line.connect()
    try:
        yield line
    finally:
        line.close()


class Line:
    """A connection to the mail server. It is made anew where the server has hung up."""

    def __init__(self, url: str, host: str) -> None:
        self._url = _read_url(url)
        self._host = host
        self._smtp: smtplib.SMTP | None = None

    def connect(self) -> smtplib.SMTP:
        """Connect and log in. Raises HeedError naming the server, never the password."""
        try:
            self._smtp = _dial(self._url, self._host)
            return self._smtp
        except (OSError, smtplib.SMTPException) as error:
            where = f"{self._url.hostname}:{self._url.port or PORTS[self._url.scheme]}"
            raise HeedError(
                f"The mail server at {where} cannot be used: {error}. Check smtp_url in heed.toml or HEED_SMTP_URL.",
                about="smtp_url",
            ) from None

    def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()

    def deliver(self, message: Message) -> Receipt:
        try:
            return self._hand_over(message, as_bytes(message))
        except (ValueError, smtplib.SMTPNotSupportedError) as error:
            return Receipt("refused", f"This address cannot be written to: {error}")
        except (HeedError, OSError, smtplib.SMTPException) as error:
            self.close()
            return Receipt("later", f"The mail server was not there: {error}")

    def _hand_over(self, message: Message, content: bytes) -> Receipt:
        to = _plain(message.to)
        smtp, (code, reply) = self._begin(_plain(message.sender))
        stage = "from"
        if code == 250:
            stage, (code, reply) = "to", smtp.rcpt(to)
        if code in (250, 251):
            stage, (code, reply) = "data", smtp.docmd("DATA")
        if code == 354:
            stage, (code, reply) = "content", self._send(smtp, content)
        if code == 421:
            self.close()
        elif code >= 400:
            smtp.rset()
        return Receipt(outcome_of(code, reply, stage), f"{code} {reply.decode('utf-8', 'replace')}"[:500])

    def _begin(self, sender: str) -> tuple[smtplib.SMTP, tuple[int, bytes]]:
        """MAIL FROM, over a new connection where the server has hung up since the last message."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPServerDisconnected):
                return self._smtp, self._smtp.mail(sender)
        smtp = self.connect()
        return smtp, smtp.mail(sender)

    def _send(self, smtp: smtplib.SMTP, content: bytes) -> tuple[int, bytes]:
        """Hand the message over. From here on silence means that nobody knows."""
        dotted = re.sub(rb"(?m)^\.", b"..", content)
        try:
            smtp.send(dotted + (b"" if dotted.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            return smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._smtp = None
            smtp.close()
            return -1, str(error).encode()


def outcome_of(code: int, reply: bytes, stage: str) -> str:
    """What a reply means. `stage`: after which command it came, `content` being the message itself."""
    if code == -1:
        return "unknown"
    if code < 400:
        return "sent"
    of_us = stage == "from" or code in (552, 554) or NOT_THE_ADDRESS.match(reply.decode("ascii", "replace"))
    return "later" if code < 500 or of_us else "refused"


def _read_url(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise HeedError(
            f"smtp_url must be like smtp://host:25, smtps://… or smtp+starttls://…, not “{parts.scheme}://…”.",
            about="smtp_url",
        )
    return parts


def _dial(url: SplitResult, host: str) -> smtplib.SMTP:
    timeout = float(parse_qs(url.query).get("timeout", [TIMEOUT])[0])
    port = url.port or PORTS[url.scheme]
    where: dict[str, Any] = {"host": url.hostname, "port": port, "local_hostname": host, "timeout": timeout}
    if url.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(**where, context=ssl.create_default_context())
    else:
        smtp = smtplib.SMTP(**where)
    if url.scheme == "smtp+starttls":
        smtp.starttls(context=ssl.create_default_context())
    smtp.ehlo_or_helo_if_needed()
    if url.username:
        smtp.login(unquote(url.username), unquote(url.password or ""))
    return smtp


# The message's bytes


def as_bytes(message: Message) -> bytes:
    """The message as it goes over the wire: ASCII, lines of at most 76 characters. Raises ValueError for an address
    that could be read as more than one, or as a command."""
    text = _part(message.text, "plain")
    if message.html is None:
        mail: MIMEMultipart | MIMENonMultipart = text
    else:
        html: MIMEMultipart | MIMENonMultipart = _part(message.html, "html")
        if message.pictures:  # RFC 2387: the text first, then what it shows
            html = MIMEMultipart("related", _subparts=[html, *map(_picture, message.pictures)], type="text/html")
        mail = MIMEMultipart("alternative", _subparts=[text, html])
    mail["From"] = _address(message.sender_name, message.sender)
    mail["To"] = _address(message.to_name, message.to)
    mail["Subject"] = Header(_line(message.subject), "utf-8", header_name="Subject").encode()
    mail["Date"] = formatdate(usegmt=True)
    mail["Message-ID"] = _line(message.message_id)
    if message.reply_to:
        mail["Reply-To"] = _address("", message.reply_to)
    for name, value in message.headers:
        mail[name] = _line(value)
    return mail.as_bytes(policy=WIRE)


def _part(text: str, kind: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", kind, charset="utf-8")
    part["Content-Transfer-Encoding"] = "quoted-printable"
    lines = "\n".join(text.splitlines()) + "\n"
    part.set_payload(b2a_qp(lines.encode("utf-8", "replace"), istext=True).decode("ascii"))
    return part


def _picture(picture: Picture) -> MIMENonMultipart:
    """It comes with the message, so that opening it tells nobody anything."""
    part = MIMENonMultipart("image", "png")
    part["Content-Transfer-Encoding"] = "base64"
    part["Content-ID"] = f"<{_line(picture.name)}>"
    part["Content-Disposition"] = "inline"
    part.set_payload(encodebytes(picture.content).decode("ascii"))
    return part


def _address(name: str, address: str) -> str:
    name, address = _line(name), _plain(address)
    return formataddr((name, address)) if name.isascii() else f"{Header(name, 'utf-8').encode()} <{address}>"


def _plain(address: str) -> str:
    """The bare address, its domain in ASCII. Raises ValueError for what is none, or more than one."""
    local, _at, domain = address.strip().rpartition("@")
    if not local or not domain or CONTROL.search(address) or re.search(r"[\s<>,;:]", address.strip()):
        raise ValueError(f"“{_line(address)}” is no e-mail address")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _line(text: str) -> str:
    """One line, without control characters: nothing that comes in can begin a header of its own (CVE-2024-6923)."""
    return CONTROL.sub(" ", text).strip()[:LONGEST]

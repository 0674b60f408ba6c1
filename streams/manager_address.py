"""Manager address: where a manager's alerts can go, from what the team record says."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

__all__ = ["Addresses", "addresses_of"]

# Braces would be read as a template where the address is used.
_E_MAIL: Final = re.compile(r"[^@\s<>(){}\"',;:\\]+@[^@\s<>(){}\"',;:\\]+")
_SEPARATOR: Final = re.compile(r"[,;\n]\s*|\s+(?=https?://)")


class Addresses(NamedTuple):
    """E-mail addresses and webhooks of one receiver, in the order in which they were given, and what is neither."""

    e_mails: tuple[str, ...]
    webhooks: tuple[str, ...]
    unknown: tuple[str, ...] = ()

    @property
    def some(self) -> bool:
        """Whether anything at all can be sent there."""
        return bool(self.e_mails or self.webhooks)


def addresses_of(text: str | None) -> Addresses:
    """The addresses in a text: e-mail addresses, also as `Name <address>`, and URLs of webhooks, several with commas.

    >>> addresses_of("Ann Li <ann@example.com>, https://chat.example.com/hooks/1")
    Addresses(e_mails=('ann@example.com',), webhooks=('https://chat.example.com/hooks/1',), unknown=())
    >>> addresses_of("Ann Li").some, addresses_of(None).some
    (False, False)
    """
    found: dict[str, dict[str, None]] = {"e_mails": {}, "webhooks": {}, "unknown": {}}
    for piece in _SEPARATOR.split(text or ""):
        if part := piece.strip():
            found["webhooks" if _is_webhook(part) else "e_mails" if _mail(part) else "unknown"][_mail(part) or part] = (
                None
            )
    return Addresses(tuple(found["e_mails"]), tuple(found["webhooks"]), tuple(found["unknown"]))


def _mail(text: str) -> str | None:
    if text.startswith(("http://", "https://")):
        return None
    named = re.search(r"<([^<>]*)>\s*$", text)
    address = named[1].strip() if named else text
    return address if _E_MAIL.fullmatch(address) else None


def _is_webhook(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0 and not re.search(r"\s", text)
    except ValueError:  # a port that is none, or half an IPv6 address
        return False

"""The one user of grafana-client, an extra."""

from __future__ import annotations

from dashboards.adapter import Adapter, address
from dashboards.errors import MissingExtra


def connect(url: str, token: str, timeout: float) -> Adapter:
    """A Grafana at an address; nothing is sent yet.

    Raises:
        MissingExtra: the package is not installed.
        PublishError: the address is none.
    """
    try:
        from grafana_client import GrafanaApi  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "grafana-client is not installed: pip install 'upscore[grafana-client]', or leave --client out"
        ) from error
    face = GrafanaApi(token, timeout=timeout, **address(url))
    return Adapter(face, face.client, face.annotations.find_annotations, url=url, token=token)

"""The one user of grafana-api."""

from __future__ import annotations

from grafana_api.grafana_face import GrafanaFace

from dashboards.adapter import Adapter, address


def connect(url: str, token: str, timeout: float) -> Adapter:
    """A Grafana at an address; nothing is sent yet.

    Raises:
        PublishError: the address is none.
    """
    face = GrafanaFace(token, timeout=timeout, **address(url))
    return Adapter(face, face.api, face.annotations.get_annotation, url=url, token=token)

"""A Kafka that strangers cannot use: its second listener speaks TLS and asks for user and password; certificates of our own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from streams.local import Addresses, OwnedStack, ports

USER = "upscore-user"
PASSWORD = "MARK-kafka-password=\"; 'x"  # noqa: S105
"""With what property files, URLs and shells would stumble over."""

SCRAM_USER, SCRAM_PASSWORD = "scram-user", "MARK-scram-password"


@dataclass(frozen=True)
class Certificates:
    """Files in PEM format: the authority, a server's chain with its key, and a client's."""

    authority: Path
    server: Path
    client: Path
    client_key: Path


def make_certificates(folder: Path) -> Certificates:
    """An authority, a server's certificate for 127.0.0.1 and one for a client, as openssl makes them."""
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority")
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1"), ("client", "extendedKeyUsage=clientAuth")):
        (folder / f"{name}.ext").write_text(extension + "\n")
        openssl("req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-out", f"{name}.crt", "-days", "2", "-extfile", f"{name}.ext"),
        )
    chain = folder / "server.pem"
    chain.write_text((folder / "server.key").read_text() + (folder / "server.crt").read_text())
    return Certificates(folder / "ca.pem", chain, folder / "client.crt", folder / "client.key")


@dataclass(frozen=True)
class SecuredKafka:
    """Where its listeners are: the open one is for the tests' own readers, the others for what is tested."""

    open: Addresses
    sasl_ssl: str
    mutual_tls: str
    certificates: Certificates

    def settings(self, **changed: Any) -> dict[str, Any]:
        """What a client of the listener with TLS, user and password has to be told."""
        return {
            "broker": self.sasl_ssl,
            "broker_security": "sasl_ssl",
            "broker_ca_file": str(self.certificates.authority),
            "broker_user": USER,
            "broker_password": PASSWORD,
        } | changed


@contextmanager
def secured_kafka(folder: Path) -> Iterator[SecuredKafka]:
    """The Kafka, running until the end of the block."""
    certificates = make_certificates(folder / "certificates")
    listeners = {"SECURED": ports.choose(None)}
    listeners["MUTUAL"] = ports.choose(None, listeners.values())
    login = "org.apache.kafka.common.security.{}LoginModule required"
    quoted = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
    jaas = f'{login.format("plain.Plain")} user_{USER}="{quoted}";'
    settings = {
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,SECURED:SASL_SSL,MUTUAL:SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.server),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.authority),
        "listener.name.mutual.ssl.client.auth": "required",
        "listener.name.secured.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        # A backslash would be eaten by the property file before the login module reads its own quotes.
        "listener.name.secured.plain.sasl.jaas.config": jaas.replace("\\", "\\\\"),
        "listener.name.secured.scram-sha-256.sasl.jaas.config": login.format("scram.Scram") + ";",
        "listener.name.secured.scram-sha-512.sasl.jaas.config": login.format("scram.Scram") + ";",
    }
    with OwnedStack(
        folder / "stack", redis_url="redis://unused", kafka_settings=settings, kafka_listeners=listeners
    ) as stack:
        admin = AdminClient({"bootstrap.servers": stack.addresses.broker})
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            credential = ScramCredentialInfo(mechanism, 4096)
            user = UserScramCredentialUpsertion(SCRAM_USER, credential, SCRAM_PASSWORD.encode())
            admin.alter_user_scram_credentials([user])[SCRAM_USER].result()
        secured, mutual = (f"127.0.0.1:{listeners[name]}" for name in ("SECURED", "MUTUAL"))
        yield SecuredKafka(stack.addresses, secured, mutual, certificates)

"""Certificate authorities: one for each cluster's public endpoint, and one that stands for the public ones.

Keys live in memory. Certificates hold for loopback, and those for a name that a client asks for hold for that name.
"""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC))


@dataclass(frozen=True)
class KeyPair:
    """A server's certificate and its private key, in PEM."""

    certificate: str
    key: str


class Authority:
    """A certificate authority of its own."""

    def __init__(self, common_name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        self._certificate = (
            _builder(self._name, self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """The authority's certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def any_host_context(self) -> ssl.SSLContext:
        """The TLS context of a server that is every host: it has a certificate for whatever name it is asked by."""

        @lru_cache(maxsize=256)  # a name is a stranger's word
        def context_of(host: str) -> ssl.SSLContext:
            return self.server_context("a host that is here", host)

        def choose(connection: ssl.SSLObject | ssl.SSLSocket, host: str | None, _: ssl.SSLContext) -> None:
            if host is not None:
                connection.context = context_of(host)

        context = self.server_context("every host")
        context.sni_callback = choose
        return context

    def server_context(self, common_name: str, *hosts: str) -> ssl.SSLContext:
        """A server's TLS context with a certificate for loopback, and for `hosts`, under this authority."""
        return _context(self.key_pair(common_name, *hosts))

    def key_pair(self, common_name: str, *hosts: str) -> KeyPair:
        """A server's certificate for loopback, and for `hosts`, under this authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(host) for host in ("localhost", *hosts)]
        loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]), self._name, key)
            .add_extension(x509.SubjectAlternativeName([*names, loopback]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(authority, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return KeyPair(certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID[0])
        .not_valid_after(VALID[1])
    )


def _context(identity: KeyPair) -> ssl.SSLContext:
    """The ssl module reads certificates from files only; they are gone when it has."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.touch(mode=0o600)
        path.write_text(identity.certificate + identity.key)
        context.load_cert_chain(path)
    return context

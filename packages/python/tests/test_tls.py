"""Registries that speak TLS, and agents whose certificates say who they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from rollcall_client import ApiError, NetworkError, sync
from support.program import Program
from support.registry import Registry

RULES = "crawler.example = agent a-*; operator.example = admin"


@dataclass(frozen=True)
class Pki:
    """A private authority, and what it has issued, in files."""

    authority: trustme.CA
    folder: Path

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    def issue(self, name: str, file: str) -> str:
        """Writes a certificate with its key to a file. Returns its path."""
        self.authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(self.folder / file)
        return str(self.folder / file)


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return Pki(authority, tmp_path)


@pytest.fixture
def tls_registry(pki: Pki, tmp_path: Path) -> Iterator[Registry]:
    """A registry that only certificates give access to; its client is an operator."""
    own = pki.issue("127.0.0.1", "server.pem")
    operator = pki.issue("operator.example", "operator.pem")
    tls = ["--tls-cert", own, "--tls-key", own, "--tls-client-ca", pki.ca_file]
    access = ["--tls-client-rules", RULES, "--anonymous", "none"]
    started = Registry(tmp_path, *tls, *access, ca_file=pki.ca_file, cert_file=operator)
    yield started
    started.stop()


@pytest.mark.parametrize("source", ["thread", "process"])
def test_an_agent_proves_who_it_is_by_the_files_in_the_environment(
    source: str, pki: Pki, tls_registry: Registry
) -> None:
    program = Program(
        f"""
        from rollcall_client import sync
        with sync.join(AGENT, heartbeat_interval_seconds=0.2, heartbeat_from="{source}") as agent:
            joined = agent.get("a-1")
            print(joined.owner)
            while agent.get("a-1").last_heartbeat == joined.last_heartbeat: pass
        """,
        tls_registry.url,
        {"ROLLCALL_CA_FILE": pki.ca_file, "ROLLCALL_CERT_FILE": pki.issue("crawler.example", "me.pem")},
    )

    assert program.line() == "crawler.example (certificate)"
    assert program.end() == (0, "")
    assert tls_registry.transitions("a-1") == ["registered", "deregistered"]


@pytest.mark.parametrize("source", ["thread", "process"])
def test_all_connections_of_an_agent_use_the_files_of_its_options(
    source: str, pki: Pki, tls_registry: Registry
) -> None:
    own = pki.issue("crawler.example", "me.pem")
    program = Program(
        f"""
        import asyncio, rollcall_client
        async def main():
            agent = await rollcall_client.join(
                AGENT,
                heartbeat_interval_seconds=0.2,
                heartbeat_from="{source}",
                ca_file="{pki.ca_file}",
                cert_file="{own}",
            )
            joined = await agent.get("a-1")
            while (await agent.get("a-1")).last_heartbeat == joined.last_heartbeat: pass
        asyncio.run(main())  # The agent leaves when the interpreter exits.
        """,
        tls_registry.url,
    )

    assert program.end()[0] == 0
    assert tls_registry.transitions("a-1") == ["registered", "deregistered"]


def test_a_registry_of_an_unknown_authority_is_not_trusted(pki: Pki, tls_registry: Registry) -> None:
    with (
        sync.DiscoveryClient(registry_url=tls_registry.url) as client,
        pytest.raises(NetworkError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        client.list()
    with (
        sync.DiscoveryClient(registry_url=tls_registry.url, ca_file=pki.ca_file) as client,
        pytest.raises(ApiError) as raised,
    ):
        client.list()
    assert raised.value.status == 401


def test_new_connections_use_files_that_were_replaced(pki: Pki, tls_registry: Registry) -> None:
    file = pki.issue("stranger.example", "me.pem")
    with sync.DiscoveryClient(
        registry_url=tls_registry.url, ca_file=pki.ca_file, cert_file=file
    ) as client:
        with pytest.raises(ApiError) as raised:
            client.list()
        assert raised.value.status == 403
        # As while it is written.
        Path(file).write_text("")
        client.close()
        with pytest.raises(NetworkError, match='the certificates in ".*me.pem" cannot be used'):
            client.list()
        pki.issue("crawler.example", "me.pem")
        assert client.list() == []


def test_files_that_cannot_be_used_are_rejected_at_once(pki: Pki, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='the certificates in "nowhere.pem" cannot be used'):
        sync.DiscoveryClient(ca_file="nowhere.pem")
    with pytest.raises(ValueError, match='the certificates in ".*empty.pem" cannot be used'):
        (tmp_path / "empty.pem").write_text("")
        sync.DiscoveryClient(cert_file=str(tmp_path / "empty.pem"))
    with pytest.raises(ValueError, match='key_file is "key.pem"; it needs cert_file'):
        sync.DiscoveryClient(key_file="key.pem")

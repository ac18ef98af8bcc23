"""What the code of an error shows: names of socket, resolver and TLS errors, and codes of Entra."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.advice.entry import REACH, RESOLVE
from foundry_telemetry.investigate.incident.why_row import Row, has_code
from foundry_telemetry.wire.entra_codes import ENTRA_CODES

_CODED: Final = "({code} in {attempts})"


def _entra(code: str) -> Row:
    return Row(
        name=f"entra_{code.lower()}",
        found=has_code(code),
        text=f"{code}: {ENTRA_CODES[code].meaning} {_CODED}.",
        next_step=_ENTRA_STEPS[code],
        command='az ad app credential list --id <application-id> --query "[].endDateTime" -o tsv',
    )


_ENTRA_STEPS: Final = {
    "AADSTS7000222": "Renew the client secret of the application, or use a managed identity.",
    "AADSTS7000215": "Set AZURE_CLIENT_SECRET to the value of the secret, not to its ID.",
    "AADSTS700016": "Check AZURE_TENANT_ID and AZURE_CLIENT_ID: they must belong together.",
}
CODES: Final = (
    Row(
        name="dns_unknown_name",
        found=has_code("EAI_NONAME", "EAI_NODATA"),
        text=f"DNS: the host name does not resolve {_CODED}.",
        next_step="Resolve the host name where the affected service runs; check DNS, private endpoint and "
        "base URL.",
        command=RESOLVE,
    ),
    Row(
        name="dns_unavailable",
        found=has_code("EAI_AGAIN", "EAI_FAIL"),
        text=f"DNS: the name server did not answer, or failed {_CODED}.",
        next_step="Check the DNS server that the affected service uses; in Kubernetes, check CoreDNS.",
        command=RESOLVE,
    ),
    Row(
        name="certificate",
        found=has_code("CERTIFICATE_VERIFY_FAILED"),
        text=f"TLS: the client rejected the certificate of the host {_CODED}.",
        next_step="Check which certificate the host presents; trust the CA of your proxy, or bypass it with "
        "NO_PROXY.",
        command=REACH,
    ),
    Row(
        name="tls",
        found=has_code("SSL", "TLS", "WRONG_VERSION_NUMBER", "UNEXPECTED_EOF", "UNSUPPORTED_PROTOCOL"),
        text=f"TLS: the handshake or the encrypted connection failed {_CODED}.",
        next_step="Check proxies and TLS inspection between the service and Foundry.",
        command=REACH,
    ),
    Row(
        name="refused",
        found=has_code("ECONNREFUSED"),
        text=f"The connection was refused: no server listens on the port, or a firewall rejects it {_CODED}.",
        next_step="Check base URL, port and HTTPS_PROXY; check that the proxy or gateway runs.",
        command=REACH,
    ),
    Row(
        name="reset",
        found=has_code("ECONNRESET", "EPIPE", "ECONNABORTED"),
        text=f"The connection was reset {_CODED}.",
        next_step="Check firewall, NAT, proxy and gateway between the service and Foundry for resets.",
        command=REACH,
    ),
    Row(
        name="unreachable",
        found=has_code("ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT", "ENETDOWN", "EHOSTDOWN"),
        text=f"The host cannot be reached {_CODED}.",
        next_step="Check routes, network security groups and firewall of the affected service.",
        command=REACH,
    ),
    Row(
        name="no_file_descriptors",
        found=has_code("EMFILE", "ENFILE"),
        text=f"The process has no free file descriptor {_CODED}.",
        next_step="Share one client per process and close streams; then raise the limit of open files.",
        owner="client",
        reassigns=True,
    ),
    Row(
        name="no_ports",
        found=has_code("EADDRNOTAVAIL"),
        text=f"The host has no free local port {_CODED}.",
        next_step="Share one client per process, so that connections are reused.",
        owner="client",
        reassigns=True,
    ),
    *map(_entra, ENTRA_CODES),
)
"""Of failures."""

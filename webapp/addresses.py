"""Network addresses: told apart for a day by a keyed hash, never stored. Throttles and the login's lock call it."""

from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.throttling import BaseThrottle

HOUSEHOLD_BITS = 64
"""What one connection is given of IPv6: whoever has it chooses the other half of their address as they like."""
UNIQUE_LOCAL = 0xFD << 120
"""The IPv6 addresses that lead nowhere on the internet."""


def client_address(request: HttpRequest) -> str:
    """Where a request comes from: what the outermost of our own PROXY_HOPS proxies saw; what a client claims is not believed."""
    return str(BaseThrottle().get_ident(request))  # type: ignore[arg-type]  # it reads only what both kinds of request have


def address_hash(request: HttpRequest) -> str:
    """A hash of the address, or of its household's network, with a secret key that changes every day."""
    return salted_hmac(f"address of {datetime.now(UTC):%Y-%m-%d}", _network(request), algorithm="sha256").hexdigest()


def address_of_nobody(request: HttpRequest) -> str:
    """The hash in the shape of an address, for a column that takes nothing else."""
    return str(IPv6Address(UNIQUE_LOCAL | int(address_hash(request)[:30], 16)))


def is_this_machine(request: HttpRequest) -> bool:
    """Whether a request comes from the machine itself, as those of the demo and of load tests do."""
    try:
        return ip_address(client_address(request)).is_loopback
    except ValueError:
        return False


def _network(request: HttpRequest) -> str:
    told = client_address(request)
    try:
        address = ip_address(told)
    except ValueError:
        return told
    if not isinstance(address, IPv6Address):
        return told
    return str(address.ipv4_mapped or ip_network((address, HOUSEHOLD_BITS), strict=False))

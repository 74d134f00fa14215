"""Ways to other BACnet networks, as many as a site may have.

bacpypes3 keeps every network that anybody names, for ever; a datagram of a few bytes names one.
"""

from __future__ import annotations

from typing import Any, Final

from bacpypes3.netservice import RouterInfoCache
from bacpypes3.pdu import Address

MOST: Final = 1000
"""Networks. Beyond them the one that was not used for longest is forgotten, and asked for where it is
needed."""


class Routes(RouterInfoCache):
    """bacpypes3's cache, bounded."""

    async def get_path_info(self, snet: int | None, dnet: int) -> Any:
        found = self.path_info.pop((snet, dnet), None)
        if found is not None:
            self.path_info[snet, dnet] = found  # the latest used stands last
        return found

    async def update_path_info(self, snet: int | None, address: Address, dnets: set[int]) -> None:
        await super().update_path_info(snet, address, dnets)
        while len(self.path_info) > MOST:
            key = next(iter(self.path_info))
            router, _ = self.path_info.pop(key)
            behind = self.router_dnets.get((key[0], router), set())
            behind.discard(key[1])
            if not behind:
                self.router_dnets.pop((key[0], router), None)

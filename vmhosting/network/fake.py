"""A network in memory for tests; fails where it is told to."""

from __future__ import annotations

from vmhosting.network.base import NetworkDriver, NetworkFailed, NetworkPart, PartStatus


class FakeNetwork(NetworkDriver):
    """Keeps open ways in a dictionary."""

    kind = "fake"

    def __init__(self) -> None:
        self.ways: dict[str, str] = {}
        self._failures: dict[str, int] = {}

    def fail_next(self, verb: str, *, times: int = 1) -> None:
        """Make the next calls of this verb raise."""
        self._failures[verb] = times

    def status(self) -> list[PartStatus]:
        return [PartStatus(part=part, on=True, installed=True) for part in NetworkPart]

    def seal(self, uuid: str) -> None:
        self._begin("seal")
        self.ways.pop(uuid, None)

    def open(self, uuid: str, *, address: str) -> None:
        self._begin("open")
        self.ways[uuid] = address

    def opened(self) -> dict[str, str]:
        return dict(self.ways)

    def _begin(self, verb: str) -> None:
        if self._failures.get(verb, 0) > 0:
            self._failures[verb] -= 1
            raise NetworkFailed(f"{verb} failed as the test asked", retryable=True)

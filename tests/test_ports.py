"""Ports for tests are given once."""

from __future__ import annotations

import socket

from tests.ports import lasting_port


def test_no_port_is_given_twice_though_nobody_has_opened_it_yet() -> None:
    given = [lasting_port() for _ in range(200)]
    assert len(set(given)) == 200


def test_what_somebody_has_is_not_given_when_its_turn_comes_again() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", taken := lasting_port()))
        assert all(lasting_port() != taken for _ in range(3000))

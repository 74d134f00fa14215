"""The sentence for a person's command that was accepted."""

from __future__ import annotations

from typing import Any

from config.language import Text, text
from controller.cli.moments import moment

_MOST_POINTS = 12
"""So many points are named at most; programs get all of them."""


def answer(result: dict[str, Any]) -> Text:
    """What was done, and what keeps it from the device if anything does."""
    match result["done"]:
        case "set":
            return _set(result)
        case "release":
            return _released(result)
        case "lock":
            return _locked(result)
        case "unlock":
            done = text("{target} is unlocked", target=result["label"])
        case "reset":
            return text("{name} was reset", name=result["label"])
        case _ if result["on"]:
            return _observed(result)
        case _:
            done = text("{target} is out of observe mode", target=result["label"])
    if result.get("held_back"):
        return text("{done}; still nothing is sent: {why}", done=done, why=result["held_back"])
    return done


def _locked(result: dict[str, Any]) -> Text:
    done = _covered(text("{target} is locked: nothing is written to it", target=result["label"]), result)
    if result.get("open"):
        done = text(
            "{done}; NOT covered, on a device that serves others too: {points} (lock the device if nothing "
            "may be written there either)",
            done=done,
            points=_some(result["open"]),
        )
    return done


def _observed(result: dict[str, Any]) -> Text:
    done = _covered(text("{target} is in observe mode", target=result["label"]), result)
    if result.get("open"):
        done = text(
            "{done}; NOT covered, on a device that serves others too: {points} (observe the device if "
            "nothing may be sent there either)",
            done=done,
            points=_some(result["open"]),
        )
    return done


def _covered(done: Text, result: dict[str, Any]) -> Text:
    if not result.get("covers"):
        return done
    return text("{done}; covered: {points}", done=done, points=_some(result["covers"]))


def _some(points: list[str]) -> str:
    shown = ", ".join(points[:_MOST_POINTS])
    return shown if len(points) <= _MOST_POINTS else f"{shown} … ({len(points)})"


def _set(result: dict[str, Any]) -> Text:
    until = moment(result["until"], result["site_time"])
    parts = {"point": result["name"], "value": result["value"], "until": until}
    if result["held_back"]:
        why = result["held_back"]
        return text("{point}: {value} until {until} is noted, but not sent now: {why}", **parts, why=why)
    if result.get("not_heard"):
        why = result["not_heard"]
        return text("{point}: {value} until {until} is noted, but not heard now: {why}", **parts, why=why)
    return text("{point} is set to {value} until {until}", **parts)


def _released(result: dict[str, Any]) -> Text:
    point = result["name"]
    if result["scheduled"]:
        done = text("{point} is given back to its programme", point=point)
    elif result["by_device"]:
        done = text("{point} is released: nothing commands it now, the device goes by its own", point=point)
    else:
        done = text("{point} is released: nothing commands it now, it stays as it is", point=point)
    if result["held_back"]:
        return text("{done}; nothing is sent now: {why}", done=done, why=result["held_back"])
    return done

"""Where a point is and what it is, as commissioning sheets write it. Pure."""

from __future__ import annotations

from config.language import Text, render, text, word
from config.plan.amounts import amount
from config.plan.devices import Device
from config.plan.lines import Line
from config.plan.points import BacnetObject, Point


def kind(point: Point) -> str:
    """AI, AO, DI, DO; MI and MO for states, PI for counters, TI for texts."""
    if point.counter is not None:
        return "PI"
    first = {"bool": "D", "number": "A", "enum": "M", "text": "T"}[point.kind]
    return first + ("I" if point.command is None else "O")


def address(point: Point) -> str:
    """ "holding 40 uint16 ×0.1", "coil 3", "analog-value 12"."""
    source = point.source
    if isinstance(source, BacnetObject):
        return f"{source.object_type} {source.instance}"
    parts = [source.space, str(source.address)]
    if source.bit is not None:
        parts[-1] += f".{source.bit}" + (f"-{source.bit + source.bits - 1}" if source.bits > 1 else "")
    if source.space in ("holding", "input"):
        parts.append(source.type + ("" if source.order == "ABCD" else f" {source.order}"))
    if source.scale != 1.0:
        parts.append(f"×{source.scale:g}")
    if source.offset:
        parts.append(f"{source.offset:+g}")
    return " ".join(parts)


def where(line: Line, device: Device) -> Text:
    """ "modbus-tcp 10.0.0.11:502, unit 3"."""
    if line.transport == "bacnet-ip":
        at = f"bacnet-ip {device.address}".strip()
        return text("{line}, instance {number}", line=at, number=device.instance)
    at = f"{line.transport} {line.path or f'{line.host}:{line.port}'}"
    return text("{line}, unit {number}", line=at, number=device.unit)


def bounds(point: Point, language: str) -> str:
    """What it may read, or be commanded to."""
    command = point.command
    if command is not None and command.low is not None and command.high is not None:
        return render(text("set {range}", range=_range(command.low, command.high, point.unit)), language)
    if point.kind == "enum":
        states = point.states if command is None or not command.states else command.states
        numbers = [state if isinstance(state, int) else state[0] for state in states]
        return ", ".join(word(point.state_name(number) or str(number), language) for number in numbers)
    if point.valid_low is not None or point.valid_high is not None:
        return _range(point.valid_low, point.valid_high, point.unit)
    return ""


def _range(low: float | None, high: float | None, unit: str) -> str:
    first = "" if low is None else amount(low, unit, 3)
    last = "" if high is None else amount(high, unit, 3)
    if unit and first and last and first.partition(" ")[2] == last.partition(" ")[2]:
        first = first.partition(" ")[0]
    return f"{first} … {last}".strip()

"""A demand cap: what is expected above the limit is shed in steps, in turns, and given back one by one.

It asks for caps and floors alone, so that it never raises anything; by its slot people come before it.
Whom it sheds is decided when a minute ends, by the power of the minute: what was shed before shows in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from config.language import Text, text
from config.plan.amounts import amount
from config.plan.conditions import points_of
from config.plan.rules import DemandCap, Shed
from controller.decide.naming import listed
from controller.decide.rules.awaited import Awaited, Wording, lasted
from controller.decide.rules.demand import WINDOW, Minutes, above, calm_in, demand, expected
from controller.decide.rules.look import Look
from controller.decide.rules.metered import MINUTE_MS, Metered
from controller.decide.rules.shedding import Shedding

_CALM, _GAVE, _SHORT = "calm_ms", "gave_ms", "short"


def inputs(spec: DemandCap, command: int) -> frozenset[int]:
    """What it looks at for one of its targets."""
    own = (item.only_if for item in spec.sheds if item.command == command)
    return points_of(*own) | frozenset(spec.meters)


def decide(spec: DemandCap, look: Look) -> None:
    """Shed, give back, and say what is expected."""
    metered = Metered(spec, look)
    shedding = Shedding(spec, look)
    kw = metered.power(shedding.changed_ms())
    drawn = shedding.keep_times()
    kept = look.memory.get(_CALM)
    short, calm_ms = bool(look.memory.get(_SHORT, False)), None if kept is None else int(kept)
    if _GAVE in look.memory:
        look.keep(_GAVE, look.memory[_GAVE])
    if kw is None:
        short, calm_ms = False, None
        if not look.waits(spec.meters) and not look.held(spec.on_bad_input):
            shedding.give_all_back()
            look.tell("alarm", text("the demand cannot be measured: nothing is shed"))
        elif metered.closed:
            shedding.give_back_what_must_be()
    elif metered.closed:
        short, calm_ms = _settle(spec, look, shedding, metered.minutes, kw + drawn)
    look.keep(_SHORT, short)
    if short:
        limit = _kw(spec.limit_kw)
        words = text("more than {limit} kW are to be expected, and nothing is left to shed", limit=limit)
        look.tell("alarm", words)
    if calm_ms is not None:
        look.keep(_CALM, calm_ms)
    if spec.counted and shedding.changed_ms() == look.now_ms:
        look.wake_at(look.now_ms + 1)  # what was counted before says less from now on: perhaps nothing
    shedding.remember()
    if not shedding.nothing():
        shedding.ask(_words(spec, metered.minutes, kw), _back(spec, shedding, metered, kw, calm_ms))


def _settle(
    spec: DemandCap, look: Look, shedding: Shedding, minutes: Minutes, kw: float
) -> tuple[bool, int | None]:
    """A minute has ended. Returns whether too much is to be expected though nothing is left to shed, and
    since when there has been room."""
    left = kw + shedding.give_back_what_must_be()
    shed = False
    while not _fits(spec, minutes, left):
        saved = shedding.shed_next()
        if saved is None:
            break
        left -= saved
        shed = True
    if shed or above(minutes, left, WINDOW, spec.limit_kw - spec.deadband_kw):
        return above(minutes, left, spec.ahead_min, spec.limit_kw), None
    calm_ms, gave_ms = int(look.memory.get(_CALM, look.now_ms)), look.memory.get(_GAVE)
    apart = gave_ms is None or look.now_ms >= int(gave_ms) + round(spec.stagger_s * 1000)
    back = shedding.next_back()
    calm = look.now_ms >= calm_ms + round(spec.calm_s * 1000)
    high = spec.limit_kw - spec.margin_kw
    if back and apart and calm and not above(minutes, left + shedding.saves(back), WINDOW, high):
        shedding.give_back(back)
        look.keep(_GAVE, look.now_ms)
    return False, calm_ms


def _fits(spec: DemandCap, minutes: Minutes, kw: float) -> bool:
    """Whether nothing need be shed at a power of `kw`. Windows that end soon are mostly past: what cannot be
    helped in them is no reason to shed more than keeps the windows to come within the limit."""
    high = spec.limit_kw - spec.margin_kw
    if not above(minutes, kw, spec.ahead_min, high):
        return True
    return kw <= high and not above(minutes, kw, WINDOW, spec.limit_kw)


def _words(spec: DemandCap, minutes: Minutes, kw: float | None) -> Text:
    so_far = demand(minutes)
    if kw is None or so_far is None:
        return text("the demand cannot be measured: what was shed stays so for a while")
    return text(
        "demand {demand} kW, {expected} kW expected within {ahead} min; limit {limit} kW",
        demand=_kw(so_far),
        expected=_kw(expected(minutes, kw, spec.ahead_min)),
        ahead=spec.ahead_min,
        limit=_kw(spec.limit_kw),
    )


def _back(
    spec: DemandCap, shedding: Shedding, metered: Metered, kw: float | None, calm_ms: int | None
) -> dict[str, int]:
    """When each that is shed is given back, if the power stays as it is."""
    ends = shedding.ends()
    room = None if kw is None else calm_in(metered.minutes, kw, spec.limit_kw - spec.deadband_kw)
    if kw is None or room is None:
        return ends
    since_ms = metered.mark_ms + room * MINUTE_MS if calm_ms is None else calm_ms
    at_ms, drawn = since_ms + round(spec.calm_s * 1000), kw
    for item in shedding.in_order_back():
        drawn += shedding.saves(item)
        if drawn > spec.limit_kw - spec.margin_kw:
            break
        at_ms = max(at_ms, shedding.since_ms(item) + round(item.at_least_s * 1000))
        ends[item.name] = min(ends[item.name], at_ms)
        at_ms += round(max(spec.stagger_s * 1000, MINUTE_MS))
    return ends


def awaits(spec: DemandCap, look: Look, wording: Wording, command: int) -> Iterator[Awaited]:
    """What brings back what is shed, and between which times; what sheds the rest, and whom first."""
    metered, shedding = Metered(spec, look), Shedding(spec, look)
    kw = metered.power(shedding.changed_ms())
    for item in spec.sheds:
        if item.command != command:
            continue
        if shedding.stands(item):
            course = None if kw is None else expected(metered.minutes, kw, WINDOW)
            yield Awaited(_back_once(spec, look, shedding, item, course))
            yield from _kept(look, wording, shedding, item)
        else:
            course = None if kw is None else expected(metered.minutes, kw, spec.ahead_min)
            yield from _spared(spec, look, wording, shedding, item, course)


def _back_once(spec: DemandCap, look: Look, shedding: Shedding, item: Shed, course: float | None) -> Text:
    """The demand at which it comes back."""
    calm = text("{time}", time=amount(spec.calm_s, "s"))
    if (kept := look.memory.get(_CALM)) is not None and look.now_ms < int(kept) + spec.calm_s * 1000:
        calm = text("{time} ({passed} of it over)", time=calm, passed=lasted(look.now_ms - int(kept)))
    return text(
        "comes back once {low} kW at the most are expected of any 15 min, for {calm}, and with its {kw} kW "
        "no more than {high} kW; {now}",
        low=_kw(spec.limit_kw - spec.deadband_kw),
        calm=calm,
        kw=_kw(shedding.saves(item)),
        high=_kw(spec.limit_kw - spec.margin_kw),
        now=_now(course),
    )


def _kept(look: Look, wording: Wording, shedding: Shedding, item: Shed) -> Iterator[Awaited]:
    """Between which times it comes back, and after whom."""
    order = shedding.in_order_back()
    if before := [wording.point(one.command) for one in order[: order.index(item)]]:
        yield Awaited(text("before it come back: {names}", names=listed(before)))
    # One that would have to come back together with others does so up to a minute before half its time.
    least_s = min(item.at_least_s, max(item.at_least_s, item.at_most_s / 2) - MINUTE_MS / 1000)
    since_ms = shedding.since_ms(item)
    if look.now_ms < since_ms + round(least_s * 1000):
        words = text("stays shed for {time}, if the demand can be measured", time=amount(least_s, "s"))
        if item.only_if is not None:
            condition = wording.condition(item.only_if, look)
            words = text("{words}, and while {condition}", words=words, condition=condition)
        yield Awaited(words, since_ms + round(least_s * 1000), "earliest")
    words = text("is shed for {time} at the most", time=amount(item.at_most_s, "s"))
    yield Awaited(words, since_ms + round(item.at_most_s * 1000), "latest")


def _spared(
    spec: DemandCap, look: Look, wording: Wording, shedding: Shedding, item: Shed, course: float | None
) -> Iterator[Awaited]:
    """What sheds it."""
    if item.only_if is not None and not shedding.allowed(item):
        yield Awaited(text("is not shed before {condition}", condition=wording.condition(item.only_if, look)))
        return
    alone_ms = shedding.alone_ms(item)
    if alone_ms is not None and look.now_ms < alone_ms:
        words = text("is left alone for {time} after it came back", time=amount(item.between_s, "s"))
        yield Awaited(words, alone_ms, "earliest")
    words = text(
        "is shed in its turn once more than {high} kW are expected within {ahead} min; {now}",
        high=_kw(spec.limit_kw - spec.margin_kw),
        ahead=spec.ahead_min,
        now=_now(course),
    )
    yield Awaited(words)
    first = shedding.first()
    if first is item:
        yield Awaited(text("is the first to be shed"))
    elif first is not None:
        yield Awaited(text("the first to be shed is {name}", name=wording.point(first.command)))


def _now(course: float | None) -> Text:
    """The demand that is expected."""
    return text("now unknown") if course is None else text("now {kw} kW", kw=_kw(course))


def _kw(number: float) -> str:
    return f"{number:.1f}"

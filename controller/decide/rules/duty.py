"""Duty and standby: as many machines as are needed, in turns, and another where one fails."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from config.language import Text, text
from config.plan.amounts import amount
from config.plan.conditions import Has, points_of
from config.plan.rules import Duty, Machine
from controller.decide.rules.awaited import Awaited, Wording, beyond, lasted
from controller.decide.rules.look import Look
from controller.decide.rules.running import adopted, clock_in, hours, ready, runs
from controller.decide.rules.switched import may_start, settled, side_of

NEEDED = "needed"


def decide(spec: Duty, look: Look) -> None:
    """How many are needed, and who of them."""
    counted = {machine.name: hours(spec, machine, look) for machine in spec.machines}
    for machine in spec.machines:
        for key in (f"start-{machine.name}_ms", f"skip-{machine.name}"):
            if key in look.memory:
                look.keep(key, look.memory[key])
    before = look.memory.get(NEEDED)
    needed = settled(
        look,
        _needed(spec, look),
        spec.on_bad_input,
        (spec.when, spec.level),
        before=None if before is None else int(before),
        trip=0,
    )
    blind = look.unread(_said_by(spec))
    if needed is None or (before is None and blind):
        for machine in spec.machines:
            clock_in(machine, look, asked=False)
        return
    look.keep(NEEDED, needed)
    fit = [machine for machine in spec.machines if ready(machine, look)]
    asked = adopted(fit, look) if before is None else [item for item in fit if _asked(item, look)]
    by_hand = [item for item in spec.machines if item not in fit and look.by_hand(item.selector)]
    wanted = max(0, needed - sum(runs(item, look) is True for item in by_hand))
    turn = _Turn(spec, look, counted, fit, asked, blind)
    turn.drop(wanted)
    turn.start(needed)
    if len(fit) < wanted:
        look.tell("alarm", text("{needed} needed, {ready} ready", needed=wanted, ready=len(fit)))
    for machine in spec.machines:
        inputs = (spec.when, spec.level)
        may = may_start(look, machine.then, spec.on_bad_input, inputs)
        _say(machine, look, machine in turn.asked, needed, len(spec.machines), may=may)


def awaits(spec: Duty, look: Look, wording: Wording, command: int) -> Iterator[Awaited]:
    """When another number is needed, who starts and stops next, and who takes over."""
    if NEEDED not in look.memory:
        unread = {spec.level} if spec.level is not None else points_of(spec.when)
        yield Awaited(text("asks for nothing before it can read {points}", points=wording.points(unread)))
        return
    yield from map(Awaited, _needs(spec, look, wording))
    machine = next(item for item in spec.machines if item.then.on.point == command)
    counted = {item.name: hours(spec, item, look) for item in spec.machines}
    fit = [item for item in spec.machines if ready(item, look)]
    asked = [item for item in fit if _asked(item, look)]
    turn = _Turn(spec, look, counted, fit, asked, blind=False)
    if machine in asked:
        yield from map(Awaited, _relief(spec, look, wording, turn, machine))
    elif machine in fit:
        yield from map(Awaited, _turn_of(spec, look, wording, turn, machine))
    else:
        yield Awaited(_unfit(machine, look, wording))


def _needs(spec: Duty, look: Look, wording: Wording) -> Iterator[Text]:
    """The nearest limits at which one more, and one fewer, is needed."""
    needed, level = int(look.memory[NEEDED]), spec.level
    if level is None:
        if spec.when is not None:
            condition = wording.condition(spec.when, look, denied=needed > 0)
            yield text(
                "{needed} of {count} needed once {condition}",
                **_count(spec, 0 if needed else 1),
                condition=condition,
            )
        return
    number = look.number(level)
    sides = [bool(look.memory.get(f"side{place}")) for place in range(len(spec.steps))]
    for on in (False, True):
        bands = [band for band, side in zip(spec.steps, sides, strict=True) if side is on]
        limits = [(band.stop if on else band.start, (band.start < band.stop) is not on) for band in bands]
        if limits:
            limit, below = min(limits, key=lambda one: 0.0 if number is None else abs(one[0] - number))
            condition = wording.condition(beyond(level, limit, below=below))
            yield text(
                "{needed} of {count} needed once {condition}",
                **_count(spec, needed + (-1 if on else 1)),
                condition=condition,
            )


def _relief(spec: Duty, look: Look, wording: Wording, turn: _Turn, machine: Machine) -> Iterator[Text]:
    """Of one that is asked: until when, and who follows it."""
    if len(turn.asked) > 1 and turn.last() is machine:
        yield text("stops first when fewer are needed")
    following = turn.next()
    if following is None:
        yield text("no other is ready to take over")
        return
    other = wording.equipment(following.name)
    if spec.relieve_s is not None and turn.longest() is machine:
        left = _left(spec, look, turn, machine)
        yield text("{left} of its turn are left, then {other} takes over", left=left, other=other)
    if machine.feedback is None:
        yield text("{other} takes over if it trips or has a fault", other=other)
    else:
        yield text(
            "{other} takes over if it trips, has a fault, or does not run {time} after it should",
            other=other,
            time=amount(look.wire_s(spec.take_over_s), "s"),
        )


def _turn_of(spec: Duty, look: Look, wording: Wording, turn: _Turn, machine: Machine) -> Iterator[Text]:
    """Of one that could be asked: whether it is next."""
    following = turn.next()
    if following is not machine:
        assert following is not None
        yield text("{other} starts before it", other=wording.equipment(following.name))
        return
    yield text("is the next to start")
    if spec.relieve_s is not None and turn.asked:
        longest = turn.longest()
        left, other = _left(spec, look, turn, longest), wording.equipment(longest.name)
        yield text("takes over from {other}, of whose turn {left} are left", other=other, left=left)


class _Turn:
    """Whose turn it is: made for one evaluation."""

    def __init__(
        self,
        spec: Duty,
        look: Look,
        counted: dict[str, float],
        fit: list[Machine],
        asked: list[Machine],
        blind: bool,
    ) -> None:
        """`blind`: what machines say has not been read yet: nobody is started, nor passed over."""
        self.asked = asked
        self._spec = spec
        self._look = look
        self._counted = counted
        self._fit = fit
        self._blind = blind
        self._passed_over = {item.name for item in fit if look.memory.get(f"skip-{item.name}")}

    def drop(self, wanted: int) -> None:
        """Let go those that are too many, that do not run, and one that has run long enough."""
        while len(self.asked) > wanted:
            self.asked.remove(self.last())
        for machine in list(self.asked):
            if self._idle(machine):
                self._let_go(machine)
            elif runs(machine, self._look) is True:
                self._passed_over.discard(machine.name)
        if self._spec.relieve_s is None or not self.asked:
            return
        longest = self.longest()
        if self._look.passed(self.started_ms(longest), self._spec.relieve_s):
            self._let_go(longest)

    def start(self, needed: int) -> None:
        """Start as many as are missing. One that still runs, though nobody asks it to, is counted."""
        look = self._look
        going = [
            item
            for item in self._spec.machines
            if item not in self.asked and item.name not in look.trips and runs(item, look) is True
        ]
        started_ms = [self.started_ms(item) for item in self.asked]
        while len(self.asked) + len(going) < needed and not self._blind:
            machine = self.next(going)
            if machine is None:
                break
            self.asked.append(machine)
            started_ms.append(look.now_ms)
            look.keep(f"start-{machine.name}_ms", look.now_ms)
            if machine.feedback is not None and runs(machine, look) is not None:
                look.keep(f"idle-{machine.name}_ms", look.now_ms)
                look.passed(look.now_ms, look.wire_s(self._spec.take_over_s))
        if self._spec.relieve_s is not None and started_ms:
            # A machine that tells nothing of itself calls for no other look meanwhile.
            look.passed(min(started_ms), self._spec.relieve_s)
        for item in self._spec.machines:
            look.keep(f"skip-{item.name}", needed > 0 and item.name in self._passed_over)

    def next(self, besides: Collection[Machine] = ()) -> Machine | None:
        """Who starts next, `besides` those; None: nobody can."""
        free = [item for item in self._fit if item not in self.asked and item not in besides]
        return min(free, key=lambda item: (item.name in self._passed_over, self._order(item)), default=None)

    def last(self) -> Machine:
        """Who of those that are asked stops first."""
        return max(self.asked, key=self._order)

    def longest(self) -> Machine:
        """Who of them was started first."""
        return min(self.asked, key=self.started_ms)

    def _order(self, machine: Machine) -> tuple[float, int]:
        """The smaller starts first and stops last."""
        first = (
            self._counted[machine.name] if self._spec.first == "hours" else float(self.started_ms(machine))
        )
        return first, self._spec.machines.index(machine)

    def started_ms(self, machine: Machine) -> int:
        """When it was started last; 0: never."""
        return int(self._look.memory.get(f"start-{machine.name}_ms", 0))

    def _idle(self, machine: Machine) -> bool:
        """It should have run for so long already, and does not."""
        look, running = self._look, runs(machine, self._look)
        if machine.feedback is None:
            return False
        if machine.then.on.point in look.queued:
            look.keep(f"idle-{machine.name}_ms", look.now_ms)
            return False
        stands = None if running is None else not running
        since_ms = look.since(f"idle-{machine.name}_ms", stands, (machine.feedback,))
        return since_ms is not None and look.passed(since_ms, look.wire_s(self._spec.take_over_s))

    def _let_go(self, machine: Machine) -> None:
        """Pass it over for another, if there is one; all have been: begin with the first again."""
        others = [item for item in self._fit if item not in self.asked]
        if not others or self._blind:
            return
        if all(item.name in self._passed_over for item in others):
            self._passed_over.clear()
        self.asked.remove(machine)
        self._passed_over.add(machine.name)
        self._look.forget(f"idle-{machine.name}_ms")


def _said_by(spec: Duty) -> list[int]:
    """What machines say of themselves: whose turn it is first is not decided without it."""
    points = [(item.feedback, item.hours) for item in spec.machines]
    return [point for pair in points for point in pair if point is not None]


def _needed(spec: Duty, look: Look) -> int | None:
    """How many are needed; None: open."""
    if spec.level is None:
        found = True if spec.when is None else look.judge(spec.when)
        return None if found is None else int(found)
    level = spec.level
    sides = [side_of(look, f"side{place}", band, level) for place, band in enumerate(spec.steps)]
    return None if None in sides else sum(map(bool, sides))


def _asked(machine: Machine, look: Look) -> bool:
    return look.memory.get(f"asked-{machine.name}") is True


def _say(machine: Machine, look: Look, on: bool, needed: int, count: int, *, may: bool) -> None:
    name = machine.name
    clock_in(machine, look, asked=on)
    same = look.memory.get(f"asked-{name}") is on
    since_ms = int(look.memory.get(f"since-{name}_ms", look.now_ms)) if same else look.now_ms
    look.keep(f"asked-{name}", on)
    look.keep(f"since-{name}_ms", since_ms)
    ask = machine.then.on if on else machine.then.off
    if ask is not None and (may or not on):
        look.ask(ask, text("{needed} of {count} needed", needed=needed, count=count), since_ms)


def _count(spec: Duty, needed: int) -> dict[str, int]:
    return {"needed": needed, "count": len(spec.machines)}


def _left(spec: Duty, look: Look, turn: _Turn, machine: Machine) -> str:
    """Of its turn."""
    assert spec.relieve_s is not None
    ends_ms = turn.started_ms(machine) + round(spec.relieve_s * 1000)
    return lasted(ends_ms - look.now_ms)


def _unfit(machine: Machine, look: Look, wording: Wording) -> Text:
    """Why it is not asked."""
    if machine.name in look.trips:
        return text("is not asked while it is tripped: louguan reset {name}", name=machine.name)
    if machine.fault is not None and look.value(machine.fault) is True:
        condition = wording.condition(Has(machine.fault, True))
        return text("is not asked while {condition}", condition=condition)
    assert machine.selector is not None
    condition = wording.condition(Has(machine.selector.point, machine.selector.auto))
    return text("is not asked before {condition}", condition=condition)

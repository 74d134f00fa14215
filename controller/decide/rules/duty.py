"""Duty and standby: as many machines as are needed, in turns, and another where one fails."""

from __future__ import annotations

from config.language import text
from config.plan.rules import Duty, Machine
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
            self.asked.remove(max(self.asked, key=self._order))
        for machine in list(self.asked):
            if self._idle(machine):
                self._let_go(machine)
            elif runs(machine, self._look) is True:
                self._passed_over.discard(machine.name)
        if self._spec.relieve_s is None or not self.asked:
            return
        longest = min(self.asked, key=self._started_ms)
        if self._look.passed(self._started_ms(longest), self._spec.relieve_s):
            self._let_go(longest)

    def start(self, needed: int) -> None:
        """Start as many as are missing. One that still runs, though nobody asks it to, is counted."""
        look = self._look
        going = [
            item
            for item in self._spec.machines
            if item not in self.asked and item.name not in look.trips and runs(item, look) is True
        ]
        while len(self.asked) + len(going) < needed and not self._blind:
            free = [item for item in self._fit if item not in self.asked and item not in going]
            if not free:
                break
            machine = min(free, key=lambda item: (item.name in self._passed_over, self._order(item)))
            self.asked.append(machine)
            look.keep(f"start-{machine.name}_ms", look.now_ms)
            if machine.feedback is not None and runs(machine, look) is not None:
                look.keep(f"idle-{machine.name}_ms", look.now_ms)
                look.passed(look.now_ms, look.wire_s(self._spec.take_over_s))
        for item in self._spec.machines:
            look.keep(f"skip-{item.name}", needed > 0 and item.name in self._passed_over)

    def _order(self, machine: Machine) -> tuple[float, int]:
        """The smaller starts first and stops last."""
        first = (
            self._counted[machine.name] if self._spec.first == "hours" else float(self._started_ms(machine))
        )
        return first, self._spec.machines.index(machine)

    def _started_ms(self, machine: Machine) -> int:
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

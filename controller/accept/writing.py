"""The second pass, one output at a time: a small step, its read-back and feedback, and back as it was."""

from __future__ import annotations

from collections.abc import Callable

from config.language import Text, text
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.slots import Slot
from controller.accept import judging, prints
from controller.accept.ground import Ground
from controller.accept.guard import LONGEST_MS, Forbidden, Waits
from controller.accept.keeper import Keeper
from controller.accept.records import Aspect, Check, Left, Verdict
from controller.accept.trials import Feedback, Found, feedbacks, in_slots, runs, step
from controller.decide.acceptance import wrong_value
from drivers.api import Fate

ARRAY_S = 20.0
"""Machine seconds in which a device has shown its priority array."""
_SEEN_S = 20.0
"""Machine seconds after which an output that was put back reads so."""
_UNMOVED = (Fate.NOT_SENT, Fate.REJECTED)
"""The device has not acted."""

Tell = Callable[[Text], None]


def unsettled(keeper: Keeper, point: Point) -> Text | None:
    """Why it is not tried: an earlier trial has not put it back, and only its note tells how it was found."""
    left = point.key in keeper.progress.left
    return text("an earlier trial has not put it back yet") if left else None


async def found_as(ground: Ground, point: Point) -> Found:
    """How an output stands now."""
    if in_slots(point):
        await ground.until(lambda: point.id in ground.arrays, ARRAY_S)
        if point.id not in ground.arrays:
            return Found(None, {})
    return Found(ground.good(point.id), ground.arrays.get(point.id, {}))


async def try_output(
    ground: Ground, keeper: Keeper, point: Point, allow: frozenset[str], tell: Tell, by: str, *, named: bool
) -> dict[Aspect, Check]:
    """All that one trial came to. However it ends, also when it is cancelled, the output is put back."""
    found = await found_as(ground, point)
    value = unsettled(keeper, point) or step(point, found, allow, named=named)
    if isinstance(value, Text):
        return {Aspect.WRITE: Check(Verdict.SKIPPED, value, ground.now.wall_ms)}
    assert found.value is not None
    # As it is, first: a motor that runs counts as let run, and what protection wants otherwise is left alone.
    kept = None if wrong_value(point, found.value) else await _passes(ground, point, found.value, tell)
    kept = kept or await _passes(ground, point, value, tell)
    if kept is None and found.value is True:
        kept = ground.guard.cannot_start_again(point)
    if kept is None and not judging.close(ground.good(point.id), found.value, judging.tolerance(point)):
        kept = text("it changed while it was waited for")
    if kept is None and ground.arrays.get(point.id, {}) != found.slots:
        # Somebody has taken or left a slot: what was found is not what would have to be put back.
        kept = text("it changed while it was waited for")
    if kept is not None:
        ground.guard.release(point)
        return {Aspect.WRITE: Check(Verdict.SKIPPED, kept, ground.now.wall_ms)}
    left = Left(
        point.key,
        found.value,
        found.slots.get(Slot.PEOPLE),
        value,
        by,
        ground.now.wall_ms,
        prints.of_point(keeper.plan, keeper.plan.points[point.id]),
    )
    keeper.leave(left)
    try:
        return await _try_and_return(ground, keeper, point, value, left, tell)
    except BaseException:
        if point.key in keeper.progress.left:
            await put_back(ground, keeper, point, left, tell, urgent=True)
        raise


async def put_back(
    ground: Ground, keeper: Keeper, point: Point, left: Left, tell: Tell, *, urgent: bool = False
) -> Check:
    """Leave an output as it was found. `urgent`: a motor's minimum run time is not waited for. Where it
    cannot be done the note of it stays."""
    seen: dict[str, Value | None] = {"wanted": left.found}
    nulled = in_slots(point) and left.slot_found is None and wrong_value(point, left.found) is not None
    kept = (
        _free(ground, point)
        if nulled
        else await _passes(ground, point, left.found, tell, urgent=urgent, longest_s=LONGEST_MS / 1000)
    )
    since_ns = ground.now.mono_ns
    if kept is None:
        report = await ground.send(point, left.slot_found if in_slots(point) else left.found)
        if report is None or report.fate not in (Fate.READ_BACK, Fate.ACKNOWLEDGED):
            kept = judging.written(report, left.found, left.found, 0.0, ground.now.wall_ms).why
    ground.read_now(point)

    def back() -> bool:
        # A reading of before the trial is believed for a while, and says nothing.
        fresh = (ground.arrivals.last_ns((point.id,)) or 0) > since_ns
        return fresh and judging.close(ground.good(point.id), left.found, judging.tolerance(point))

    so = await ground.until(back, _SEEN_S)
    ground.guard.release(point)
    seen["value"] = ground.good(point.id)
    if so:
        keeper.put_back(point.key)
        return Check(Verdict.PASSED, None, ground.now.wall_ms, seen)
    why = text("it could not be put back: {why}", why=kept or text("it reads otherwise"))
    tell(text("{name}: {words}", name=point.key, words=why))
    return Check(Verdict.FAILED, why, ground.now.wall_ms, seen)


def _free(ground: Ground, point: Point) -> Text | None:
    """Why our slot may not be emptied, where what was found is no value to ask for: barriers alone."""
    barred = ground.guard.barred(point)
    return None if barred is None else barred.why


async def _passes(
    ground: Ground, point: Point, value: Value, tell: Tell, *, urgent: bool = False, longest_s: float = 0.0
) -> Text | None:
    """Ask for `value` and wait for minimum times, up to `longest_s` at the least; why it may not be written,
    None when it may."""
    guard = ground.guard
    refused = guard.ask(point, value, urgent=urgent)
    if refused is not None and urgent:
        refused = guard.ask(point, value)
    if refused is not None:
        return refused
    ground.turn()
    waits = guard.says(point, value)
    if isinstance(waits, Waits):
        tell(text("{name}: waiting, {why}", name=point.key, why=waits.why))
        within_s = max(waits.within_s, longest_s) if waits.timed else waits.within_s
        await ground.until(
            lambda: not isinstance(guard.says(point, value), Waits), ground.machine_s(within_s)
        )
        waits = guard.says(point, value)
    return None if waits is None else waits.why


async def _try_and_return(
    ground: Ground, keeper: Keeper, point: Point, value: Value, left: Left, tell: Tell
) -> dict[Aspect, Check]:
    assert point.command is not None
    began_ns = ground.now.mono_ns
    report = await ground.send(point, value)
    took_s = (ground.now.mono_ns - began_ns) / 1e9
    checks = {Aspect.WRITE: judging.written(report, value, left.found, took_s, ground.now.wall_ms)}
    pulse = point.command.pulse_s is not None
    if pulse or (report is not None and report.fate in _UNMOVED):
        keeper.put_back(point.key)
        ground.guard.release(point)
        if pulse:
            why = text("a momentary output ends by itself; what it did stays done")
            checks[Aspect.RESTORED] = Check(Verdict.SKIPPED, why, ground.now.wall_ms)
        return checks
    feedback = None
    if checks[Aspect.WRITE].verdict is Verdict.PASSED:
        feedback = await _feedback(ground, point, value)
    checks[Aspect.RESTORED] = await put_back(ground, keeper, point, left, tell)
    if feedback is not None and feedback.verdict is Verdict.PASSED and point.kind == "bool":
        back = await _feedback(ground, point, left.found)
        if back is not None:
            feedback = back if back.verdict is Verdict.FAILED else feedback._replace(why=back.why)
    return checks if feedback is None else checks | {Aspect.FEEDBACK: feedback}


async def _feedback(ground: Ground, point: Point, value: Value) -> Check | None:
    """What is behind the output follows; None where nothing tells."""
    check = None
    machine = runs(ground.plan, point)
    if machine is not None and ground.good(machine) is not True:
        why = text("the machine does not run, so its speed cannot be seen")
        return Check(Verdict.SKIPPED, why, ground.now.wall_ms)
    for feedback in feedbacks(ground.plan, point):
        check = await _one_feedback(ground, point, value, feedback)
        if check.verdict is not Verdict.PASSED:
            break
    return check


async def _one_feedback(ground: Ground, point: Point, value: Value, feedback: Feedback) -> Check:
    began_ns = ground.now.mono_ns
    within_s = feedback.off_s if value is False else feedback.on_s
    # A reading that is under way when the time ends still counts.
    grace_s = ground.pace.poll_s(ground.plan.points[feedback.point].poll_s)
    barred: list[Text] = []

    def over() -> bool:
        said = ground.guard.says(point, value)
        if isinstance(said, Forbidden) and not came():
            barred.append(said.why)
        return came() or bool(barred)

    def came() -> bool:
        return judging.close(ground.good(feedback.point), value, feedback.tolerance)

    await ground.until(over, ground.machine_s(within_s) + grace_s)
    took_s = (ground.now.mono_ns - began_ns) / 1e9
    last = ground.good(feedback.point)
    check = judging.followed(value, last, took_s, within_s, ground.now.wall_ms, so=came())
    if check.verdict is Verdict.FAILED and value is True and not feedback.sure:
        why = text(
            "it did not open within {seconds} s: right where something else opens it too, else wrong",
            seconds=f"{within_s:g}",
        )
        return check._replace(verdict=Verdict.SKIPPED, why=why)
    if barred and check.verdict is Verdict.FAILED:
        why = text("broken off after {seconds} s: {why}", seconds=f"{took_s:.1f}", why=barred[0])
        return check._replace(why=why)
    return check

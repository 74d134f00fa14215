"""What people should know at a start, of the run before and of the files."""

from __future__ import annotations

import logging
from pathlib import Path

from config.language import text
from config.plan.clock import STEP_MS
from controller import damage, left_behind, plan_loss, restored
from controller.clock import SiteClock
from controller.daemon import Daemon
from controller.decide.timekeeping import span
from controller.edits import edited_notice
from controller.plan_loss import Loss
from controller.store.control import Began
from controller.stores import Stores, set_aside_notice
from controller.version import VERSION

_log = logging.getLogger("louguan")


def tell_beginnings(
    daemon: Daemon, began: Began, stores: Stores, clock: SiteClock, site: Path, loss: Loss
) -> None:
    """Put it on the board and into the log."""
    plan = daemon.plan
    _log.info("louguan %s: %s, plan %s", VERSION, plan.site.label, plan.hash[:12])
    notices = [edited_notice(site, plan.site.apply, on=daemon.differs)]
    if plan_loss.is_held_back(daemon.engine.remembered().observe) or loss is Loss.EDITED:
        notices.append(plan_loss.notice(on=True))
    held_back = damage.held_back(daemon.engine.remembered().observe)
    if held_back is not None:
        copy = stores.control.opening.restored
        backup = "" if copy is None else copy.name
        notices.append(damage.notice(held_back.reason, backup, on=True))
    put_back = restored.held_back(daemon.engine.remembered().observe)
    if put_back is not None:
        notices.append(restored.notice(put_back.reason, on=True))
    notices += left_behind.notices(stores.control.path.parent, plan.site)
    opening = stores.log.opening
    if opening.set_aside is not None:
        notices.append(set_aside_notice(opening.set_aside.name, opening.damage))
    daemon.board.take(notices, daemon.started_ms)
    if loss in plan_loss.TOLD:
        daemon.board.tell(plan_loss.TOLD[loss])
    if clock.behind_ms > STEP_MS:
        daemon.board.tell(
            text(
                "this machine's clock is believed, though it differs by {by} from the last stored time",
                by=span(-clock.behind_ms),
            )
        )
    if not began.clean:
        daemon.board.tell(text("the run before did not end in order; the ledger has the gap marked"))

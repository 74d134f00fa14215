"""What was used: by meter, by hour, by period of the tariff, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from config.plan import bill
from config.plan.clock import Now
from config.plan.reading import Reading
from config.plan.site import Plan
from config.plan.tariff import TARIFF_PERIODS
from controller.consumption.meters import Meter
from controller.consumption.records import Interval
from controller.decide.step import Step
from controller.rehearsal.hourly import Hourly
from schedules.context import Context
from schedules.tariff import TariffHours


@dataclass(slots=True)
class Used:
    """One meter's."""

    meter: Meter
    label: str
    of: str
    """The meter it hangs below; "" for none."""
    by_hour: Hourly
    total: Decimal = Decimal(0)
    by_period: dict[str, Decimal] = field(default_factory=dict)
    peak: int | None = None
    """Highest power or flow, in thousandths."""
    unknown: int = 0
    """Intervals of which nobody knows what was used."""


class Consumption:
    """Adds up the intervals as they close."""

    def __init__(self, plan: Plan, meters: Sequence[Meter], context: Context, from_ms: int) -> None:
        """`from_ms`: what began before does not count."""
        labels = {device.name: device.label for device in plan.devices} | dict(plan.metering.labels)
        above = {item.meter: item.of for item in plan.metering.submeters}
        self.plan = plan
        self.used = {
            meter.name: Used(
                meter,
                meter.label or labels.get(meter.name) or labels.get(meter.name.partition(".")[0], meter.name),
                above.get(meter.name, ""),
                Hourly(meter.quantum, from_ms),
            )
            for meter in meters
        }
        self._quantum = {meter.name: Decimal(meter.quantum) for meter in meters}
        self._hours = None if plan.tariff is None else TariffHours(plan.tariff, context)
        self._from_ms = from_ms

    def look(self, now: Now, step: Step, readings: Sequence[Reading]) -> None:
        """Nothing: only intervals count."""

    def intervals(self, rows: Sequence[Interval]) -> None:
        for row in rows:
            if row.start_ms < self._from_ms:
                continue
            used = self.used[row.meter]
            if row.peak is not None:
                used.peak = row.peak if used.peak is None else max(used.peak, row.peak)
            if row.consumption is None:
                used.unknown += 1
                continue
            amount = row.consumption * self._quantum[row.meter]
            used.total += amount
            used.by_hour.add(row.start_ms, row.consumption)
            if self._hours is not None and used.meter.quantity == "electricity":
                period = self._hours.period(row.start_ms)
                used.by_period[period] = used.by_period.get(period, Decimal(0)) + amount

    def roots(self, quantity: str) -> list[Used]:
        """Meters that together measure a quantity once: those at the top of the declared tree, if anything
        hangs below one; without a tree all of them."""
        mine = [used for used in self.used.values() if used.meter.quantity == quantity]
        tops = {used.of for used in mine if used.of}
        virtual = {item.name: item.parts for item in self.plan.metering.virtual}
        heads: list[Used] = []
        for top in sorted(tops):
            parts = [part.meter for part in virtual[top] if part.sign > 0] if top in virtual else [top]
            heads += [self.used[name] for name in parts if name in self.used and not self.used[name].of]
        return list({used.meter.name: used for used in heads}.values()) if heads else mine

    def total(self, quantity: str) -> Decimal:
        """What the roots have measured."""
        return sum((used.total for used in self.roots(quantity)), Decimal(0))

    def quantities(self) -> list[tuple[str, str]]:
        """(quantity, unit) of all that is metered."""
        return sorted({(used.meter.quantity, used.meter.unit) for used in self.used.values()})

    def by_period(self) -> list[tuple[str, Decimal, Decimal | None]]:
        """(period, kWh, yuan as a line of the bill) of the roots, dearest first; empty without a tariff."""
        tariff = self.plan.tariff
        if tariff is None:
            return []
        rows = []
        for period in TARIFF_PERIODS:
            amounts = [
                used.by_period[period] for used in self.roots("electricity") if period in used.by_period
            ]
            if not amounts:
                continue
            amount = sum(amounts, Decimal(0))
            rows.append((str(period), amount, bill.line(tariff, period, amount)))
        return rows

    def cost(self, used: Used) -> Decimal | None:
        """Of what one electric meter measured, yuan; None where no price is known."""
        tariff = self.plan.tariff
        if tariff is None:
            return None
        return bill.total(bill.line(tariff, period, amount) for period, amount in used.by_period.items())

"""A drinking-water purifier: reverse osmosis fills a tank that an element keeps hot and people draw from."""

from __future__ import annotations

from drivers.simulators.plant.curves import approach
from drivers.simulators.plant.tank import Tank

LITRE = 1e-3
WATER_KJ_L_K = 4.19


class WaterPurifier:
    """Litres, °C, kW. Reverse osmosis and lamp are never off; the heater needs its permit."""

    def __init__(
        self,
        heater_kw: float,
        tank_l: float = 60.0,
        ro_l_min: float = 1.0,
        filter_l: float = 20_000.0,
        worn: float = 0.3,
    ) -> None:
        self.heater_kw = heater_kw
        self.tank = Tank(tank_l * LITRE, 0.85)
        self.ro_l_min = ro_l_min
        self.filter_l = filter_l
        self.filtered_l = filter_l * worn
        self.temperature_c = 60.0
        self.setpoint_c = 95.0
        self.permit = True
        self.heating = False
        self.producing = False
        self.flush_s = 0.0
        """Seconds of flushing still to do."""
        self.drawn_l = 0.0
        self.inlet_m3h = 0.0
        self.tds_ppm = 12.0
        self.idle_s = 0.0

    @property
    def power_kw(self) -> float:
        return self.heater_kw * self.heating + 0.06 * self.producing + 0.03

    @property
    def filter_left(self) -> float:
        """Percent of the filter's life."""
        return max(0.0, 100 * (1 - self.filtered_l / self.filter_l))

    def flush(self, seconds: float = 180.0) -> None:
        self.flush_s = seconds

    def step(self, draw_l_min: float, mains_c: float, room_c: float, dt_s: float) -> None:
        """`draw_l_min`: what people ask for; they get what the tank has above its element."""
        tank = self.tank
        content_l = tank.content / LITRE
        drawn, there = draw_l_min * dt_s / 60, content_l - 8.0
        if there < drawn:
            drawn = there
            if drawn < 0:
                drawn = 0.0
        level = 100.0 * tank.content / tank.capacity
        self.producing = (
            level < (99.5 if self.producing else 88.0) and self.filtered_l / self.filter_l < 1.0
        )  # a filter that is worn out lets nothing through
        made = 0.0
        if self.producing:
            made = min(self.ro_l_min * dt_s / 60, (tank.capacity - tank.content) / LITRE + drawn)
        flushed = 0.0
        if self.flush_s:
            flushed = 2 * self.ro_l_min * min(dt_s, self.flush_s) / 60
            self.flush_s = max(self.flush_s - dt_s, 0.0)
        held = content_l - drawn
        if held < 1e-6:
            held = 1e-6
        self.temperature_c = (self.temperature_c * held + mains_c * made) / (held + made)
        tank.step(made * LITRE * 3600.0 / dt_s, drawn * LITRE * 3600.0 / dt_s, dt_s)
        self._heat(room_c, dt_s)
        self.filtered_l += made + flushed
        self.inlet_m3h = (
            (made * 1.7 + flushed) * LITRE * 3600.0 / dt_s
        )  # a part of the feed leaves as concentrate
        self.drawn_l += drawn
        self.idle_s = 0.0 if drawn or self.flush_s else self.idle_s + dt_s
        stale = self.idle_s / 3600 if self.idle_s < 43_200.0 else 12.0
        tired = 8.0 + 30.0 * self.filtered_l / self.filter_l
        self.tds_ppm = approach(self.tds_ppm, tired + stale, dt_s, 900)

    def _heat(self, room_c: float, dt_s: float) -> None:
        content_l = self.tank.content / LITRE
        mass = content_l
        if mass < 1.0:
            mass = 1.0
        self.heating = (
            self.permit
            and content_l > 6.0
            and self.temperature_c < (self.setpoint_c if self.heating else self.setpoint_c - 4.0)
        )
        loss_kw = 0.004 * (self.temperature_c - room_c)
        gain_kw = self.heater_kw if self.heating else 0.0
        after_c = self.temperature_c + (gain_kw - loss_kw) * dt_s / (mass * WATER_KJ_L_K)
        if after_c > 99.0:
            after_c = 99.0
        self.temperature_c = after_c

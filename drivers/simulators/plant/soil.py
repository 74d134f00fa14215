"""Ground that is watered, rains on and dries."""

from __future__ import annotations

from drivers.simulators.plant.environment import Environment


class Soil:
    """Moisture in percent of volume of the upper 30 cm under `area_m2`; a millimetre of water is a litre a
    m²."""

    DEPTH_MM = 300.0
    WILTED, FIELD, FULL = 8.0, 32.0, 42.0

    def __init__(self, area_m2: float, moisture: float = 24.0) -> None:
        self.area_m2 = area_m2
        self.moisture = moisture

    def step(self, water_m3h: float, environment: Environment, dt_s: float) -> None:
        hours = dt_s / 3600
        sun = environment.elevation / 90 if environment.elevation > 0.0 else 0.0
        warm = environment.outdoor_c if environment.outdoor_c > 0 else 0.0
        moist, above = self.moisture / self.FIELD, self.moisture - self.FIELD
        if moist > 1.0:
            moist = 1.0
        dry_mm_h = (0.02 + 0.55 * sun * warm / 25) * moist
        drain_mm_h = above * 0.8 if above > 0.0 else 0.0
        wet_mm_h = environment.rain_mm_h + water_m3h * 1000.0 / self.area_m2
        change = (wet_mm_h - dry_mm_h - drain_mm_h) * hours / self.DEPTH_MM * 100.0
        after = self.moisture + change
        if after < self.WILTED:
            after = self.WILTED
        elif after > self.FULL:
            after = self.FULL
        self.moisture = after

"""Which physics stands behind a profile."""

from __future__ import annotations

from drivers.simulators.plant.devices.canteen import (
    FumePurifierController,
    GasAlarmPanel,
    HoodPanel,
    StoveController,
)
from drivers.simulators.plant.devices.grey import GreyWaterPanel
from drivers.simulators.plant.devices.lighting import LightingController, StreetConcentrator
from drivers.simulators.plant.devices.metering import ElectricMeter, PulseMeter, Socket
from drivers.simulators.plant.devices.rooms import DrinkingWater, IrrigationBox, RestroomNode
from drivers.simulators.plant.devices.switching import Drive, Inputs, Relay
from drivers.simulators.plant.devices.ventilation import AirHandlingUnit, MakeUpAirUnit
from drivers.simulators.plant.model import DeviceModel, GenericModel

MODELS: dict[str, type[DeviceModel]] = {
    "meter": ElectricMeter,
    "pulse": PulseMeter,
    "socket": Socket,
    "relay": Relay,
    "input": Inputs,
    "drive": Drive,
    "grey-water": GreyWaterPanel,
    "hood": HoodPanel,
    "stove": StoveController,
    "fume-purifier": FumePurifierController,
    "gas-detector": GasAlarmPanel,
    "water-purifier": DrinkingWater,
    "restroom": RestroomNode,
    "street": StreetConcentrator,
    "irrigation": IrrigationBox,
    "lighting": LightingController,
    "ventilation": MakeUpAirUnit,
    "air-handler": AirHandlingUnit,
    "generic": GenericModel,
}
"""By the word that a profile's `plant` key uses."""

PROFILES: dict[str, str] = {
    "chint-dtsu666": "meter",
    "chint-dtsu666-101e": "meter",
    "acrel-dtsd1352": "meter",
    "acrel-adw300": "meter",
    "pulse-water": "pulse",
    "pulse-gas": "pulse",
    "metered-socket": "socket",
    "relay-8": "relay",
    "relay-16": "relay",
    "input-8": "input",
    "input-16": "input",
    "input-8-safety": "input",
    "inovance-md": "drive",
    "danfoss-fc51": "drive",
    "abb-acs355": "drive",
    "grey-water-plant": "grey-water",
    "canteen-hood": "hood",
    "stove-controller": "stove",
    "fume-purifier": "fume-purifier",
    "gas-detector": "gas-detector",
    "water-purifier": "water-purifier",
    "restroom-node": "restroom",
    "street-concentrator": "street",
    "irrigation-box": "irrigation",
    "bacnet-lighting": "lighting",
    "bacnet-kitchen-ventilation": "ventilation",
    "bacnet-air-handler": "air-handler",
}
"""For a simulation without the site's plant facts, which say the profile's `plant` themselves; a test
holds this list against the profiles."""


def model_of(profile: str, wanted: str = "") -> type[DeviceModel]:
    """The model that is wanted, else the one known for the profile. Raises KeyError for an unknown wish."""
    return MODELS[wanted or PROFILES.get(profile, "generic")]

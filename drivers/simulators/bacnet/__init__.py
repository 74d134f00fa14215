"""BACnet devices over real UDP, one for each device of the Plan, with real priority arrays and COV."""

from drivers.simulators.bacnet.device import BacnetSimulator

__all__ = ["BacnetSimulator"]

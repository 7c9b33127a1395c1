"""When the world fails: breakers, the spool, the emergency log."""

from heal_cli.resilience.breakers import Breaker, BreakerState, breaker_states
from heal_cli.resilience.emergency import EmergencyLog, Event, emergency_path, read_events
from heal_cli.resilience.entry import (
    STORED,
    Entry,
    Tries,
    check_stored,
    is_stored_in,
    read_batch,
    read_manifest,
)
from heal_cli.resilience.kept import keep, recall
from heal_cli.resilience.manifest import Manifest, SpooledSource, TargetId
from heal_cli.resilience.places import fallback_dir, hold_lock
from heal_cli.resilience.spool import Spool

__all__ = [
    "STORED",
    "Breaker",
    "BreakerState",
    "EmergencyLog",
    "Entry",
    "Event",
    "Manifest",
    "Spool",
    "SpooledSource",
    "TargetId",
    "Tries",
    "breaker_states",
    "check_stored",
    "emergency_path",
    "fallback_dir",
    "hold_lock",
    "is_stored_in",
    "keep",
    "read_batch",
    "read_events",
    "read_manifest",
    "recall",
]

"""Training: `fit` as a stream of events, and what can be made of it."""

from .events import BatchEvent, BestEvent, EndEvent, EpochEvent, Event, NoticeEvent, ValidationEvent

__all__ = [
    "BatchEvent",
    "BestEvent",
    "EndEvent",
    "EpochEvent",
    "Event",
    "NoticeEvent",
    "ValidationEvent",
]

"""What TensorBoard's writers write in this process, published as it is written."""

from __future__ import annotations

import importlib
import importlib.util
import math
from typing import Any

# Writers of torch and tensorboard, and of tensorboardX.
_MODULES = ("tensorboard.summary.writer.event_file_writer", "tensorboardX.event_file_writer")


def listen() -> None:
    """From now on every event that is given to a writer of event files is published, too."""
    found = False
    for name in _MODULES:
        if importlib.util.find_spec(name.partition(".")[0]) is None:
            continue
        writer = importlib.import_module(name).EventFileWriter
        found = True
        if not getattr(writer.add_event, "is_heard", False):
            writer.add_event = _heard(writer.add_event)
    if not found:
        from .publishing import _warn_once

        _warn_once("sync_tensorboard: neither tensorboard nor tensorboardX is installed")


def _heard(add_event: Any) -> Any:
    def heard(self: Any, event: Any, *arguments: Any, **more: Any) -> Any:
        _publish(event)
        return add_event(self, event, *arguments, **more)

    heard.is_heard = True  # type: ignore[attr-defined]
    return heard


def _publish(event: Any) -> None:
    from . import publishing

    run = publishing.run
    if run is None or not event.HasField("summary"):
        return
    step = max(0, int(event.step))
    for value in event.summary.value:
        kind = value.WhichOneof("value")
        if kind == "simple_value":
            run._log_one(value.tag, float(value.simple_value), step)
        elif kind == "histo" and 0 < value.histo.num < 2**63:
            histogram = value.histo
            mean = histogram.sum / histogram.num
            squares = max(0.0, histogram.sum_squares - histogram.sum * mean)
            if math.isfinite(mean):
                numbers = (round(histogram.num), mean, squares, histogram.min, histogram.max)
                run._own().summary(step, value.tag, numbers)

# SPDX-License-Identifier: MIT
"""The C library as Python sees it: declarations, loading, errors, ownership.

Nothing here is public. ``declarations`` is written from the headers when the package is built;
the classes in the package above are the only users of this layer.
"""
from ape._native import declarations
from ape._native.breaker_sharing import BreakerSharing
from ape._native.callbacks import Guarded, unattended
from ape._native.calls import (
    Out,
    callback_type,
    check,
    failure,
    initialised,
    library,
    string,
    take_text,
)
from ape._native.handle import Handle

__all__ = [
    "BreakerSharing", "Guarded", "Handle", "Out", "callback_type", "check", "declarations",
    "failure", "initialised", "library", "string", "take_text", "unattended",
]

# SPDX-License-Identifier: MIT
"""The code sanitizer, under the name that applications import."""
from ape.code_sanitizer import CodeSanitizer, SanitizedCode

__all__ = ["CodeSanitizer", "SanitizedCode"]

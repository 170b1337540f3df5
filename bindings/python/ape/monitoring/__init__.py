# SPDX-License-Identifier: MIT
"""Seeing how the program does."""

# SPDX-License-Identifier: MIT
"""The verified execution environment, and what prepares code for it."""

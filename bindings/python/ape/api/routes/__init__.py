# SPDX-License-Identifier: MIT
"""The routes, by subject."""

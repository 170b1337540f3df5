# SPDX-License-Identifier: MIT
"""The production API: the routes of data/openapi.json, on FastAPI and the core."""

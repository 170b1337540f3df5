# SPDX-License-Identifier: MIT
"""Language models and the way of a question."""

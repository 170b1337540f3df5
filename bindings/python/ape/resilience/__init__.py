# SPDX-License-Identifier: MIT
"""What keeps a program alive while the services around it fail."""

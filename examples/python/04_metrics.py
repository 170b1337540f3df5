# SPDX-License-Identifier: MIT
"""Count what happens, and show it to Prometheus."""
from ape import MetricsRegistry

registry = MetricsRegistry(process_metrics=False)
hits = registry.counter("shop_hits_total", "Pages shown.", ["page"])
seconds = registry.histogram("shop_seconds", "Time to show a page.", bounds=[0.1, 0.5, 1])

front = hits.labels("front")  # look a series up once, then count as often as you like
for took in (0.05, 0.2, 0.7):
    front.inc()
    seconds.labels().observe(took)
print(registry.text())
assert 'shop_hits_total{page="front"} 3' in registry.text()

# SPDX-License-Identifier: MIT
"""Ask a question in plain words; print the number, and what it was computed from."""
import ape

answer = ape.query("Calculate the Sharpe ratio for AAPL in 2021")
print(answer)
print("status:", answer.status, "value:", answer.value)
for series in answer.data["provenance"]["data"]:
    print("from", series["rows"], "days of", series["symbol"], "to", series["last"])
assert answer.ok and answer.metric == "sharpe_ratio"

-- SPDX-License-Identifier: MIT
wrk.method = "POST"
wrk.body = '{"query": "Calculate the Sharpe ratio for AAPL in 2021"}'
wrk.headers["Content-Type"] = "application/json"

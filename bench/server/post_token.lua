-- SPDX-License-Identifier: MIT
wrk.method = "POST"
wrk.body = '{"ttl_s": 60}'
wrk.headers["Content-Type"] = "application/json"

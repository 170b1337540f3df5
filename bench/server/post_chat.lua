-- SPDX-License-Identifier: MIT
wrk.method = "POST"
wrk.body = '{"model": "ape", "messages": [{"role": "user", "content": "Say something short."}]}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer make-believe-key"
wrk.headers["x-portkey-provider"] = "openai"
wrk.headers["x-portkey-custom-host"] = os.getenv("UPSTREAM")

# SPDX-License-Identifier: MIT
"""Take the code out of a model's answer, and run it where it can do no harm."""
import ape

MODEL_ANSWER = """Sure! Here is the code:

```python
import yfinance as yf
prices = yf.Ticker("AAPL").history(start="2021-01-04", end="2021-01-09")
print(len(prices), "days")
```
"""

code = ape.CodeSanitizer().sanitize(MODEL_ANSWER)
with ape.Market() as market, ape.Sandbox(market) as sandbox:
    result = sandbox.run(code)
    print(result.stdout, end="")
    assert result.stdout == "5 days\n", result.stderr
    result = sandbox.run("open('/etc/passwd').read()")
    print("reading a file of this machine:", result.stderr.splitlines()[-1])
    assert not result.ok

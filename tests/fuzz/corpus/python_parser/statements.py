async def f(a, /, b=1, *c: int, d, **e) -> None:
    async with x as (y, z), w: pass
    async for i in [j async for j in k]: await i
@a.b
class C(B, metaclass=M):
    x: int = 1
    global y
    def g(self): nonlocal_ = 1; return lambda *a, **k: (yield)
try: pass
except* (A, B) as e: raise X from e
else: del a[1:2, ::3], b.c
finally: assert x, "y"
while x := f(): continue
else: break
from . import (a, b as c,)
import d.e as f

match x, *y:
    case [1, *_] | (2, 3) if z: pass
    case {"a": 1, **rest} as m: pass
    case A.B(c, d=-1+2j): pass
    case None | "s" "t" | b"u": pass
    case _: pass
match = case = type = 1
type X[T: int, *Ts, **P] = list[T]

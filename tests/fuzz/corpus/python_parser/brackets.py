x = [[({1: {2, *a}, **b}, (c for c in d if e if f)), [*g]], h[i:j, ...]]
print(a if b else c, *d, e=f, **g)
a <<= b ** -c @ d // e % f & ~g | h ^ i
not a in b is not c not in d < e

f"a{b!r:>{w}}{c=}{{}}" rb"\x00" '\N{DASH}\u0041' f'''{d["e"]:
%Y}'''
x = f"{f'{1}'}" if 0x_f else 1_0.5e-3j

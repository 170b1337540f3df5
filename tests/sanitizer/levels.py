#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare the levels in RULES_DOC, which is made from the table of rules, with the policy.

    levels.py RULES_DOC

The policy: a repair that cannot change what right code means is safe; one that may is unsafe and
has to be asked for; where no repair can be right, a rule warns or informs; what must not run is
rejected. A level that is changed in the table has to be changed here too, with its reason.
"""
import pathlib
import re
import sys

POLICY = {
    "safe": """
        APE001 APE002 APE003 APE004 APE005 APE006 APE007 APE008 APE009 APE010 APE011 APE012 APE013
        APE101 APE102 APE103 APE104 APE105 APE106 APE107 APE112
        APE201 APE202 APE203 APE204 APE207 APE210 APE211 APE214 APE215
        APE301 APE303 APE304 APE305 APE306 APE307 APE308 APE309 APE311 APE312 APE314 APE317
        APE319 APE320 APE321 APE322
        APE401 APE402 APE403 APE404 APE406 APE409 APE501 APE502 APE503 APE506 APE601""",
    "unsafe": """
        APE014 APE109 APE110 APE113 APE205 APE209 APE212 APE302 APE310 APE313 APE315 APE405
        APE504 APE505 APE509 APE511 APE602 APE605 APE606 APE611""",
    # APE607: prices are cut at the as-of date anyway, and which window was meant the question
    # knows, not the code. APE608: the same of tickers.
    "warn": "APE108 APE111 APE408 APE512 APE603 APE607 APE608 APE610 APE707",
    "info": "APE114 APE206 APE208 APE213 APE216 APE407",
    # APE605 is none of these: the sandbox's clock stands at the as-of date, so the clock is
    # right there, and only elsewhere it is not.
    "reject": """
        APE015 APE016 APE017 APE100 APE316 APE507 APE508 APE510 APE604 APE609
        APE701 APE702 APE703 APE704 APE705 APE706 APE708 APE709 APE710 APE711""",
}


def main():
    text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    found = dict(re.findall(r"^### (APE\d+): .*\n\n- level: (\w+)", text, re.M))
    wanted = {rule: level for level, rules in POLICY.items() for rule in rules.split()}
    wrong = [f"{rule}: the table says {found.get(rule)}, the policy {wanted.get(rule)}"
             for rule in sorted(found.keys() | wanted.keys())
             if found.get(rule) != wanted.get(rule)]
    print("\n".join(wrong) or f"{len(found)} rules")
    return 1 if wrong or not found else 0


sys.exit(main())

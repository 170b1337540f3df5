# SPDX-License-Identifier: MIT
"""The cases of the Autobahn test suite for a server that speaks JSON, as data.

Autobahn's server echoes. Here {"type": "ping", "id": ...} comes back as a pong with that id, so a
payload that must be text stands in an id. Binary messages are no part of the protocol: where Autobahn
expects one back, 1003 is expected. No extension is ever agreed on (sections 12 and 13).

A case is {case, says, sends: [hex of what is written at one time], expects: [event]}. Events are
"echo:HEX" (a pong message with that id), "pong:HEX" (a control frame), "error" (an error message), and
at last "close:CODE"; 1005 is a close frame without a code, 1006 none at all. A client closes with 1000
once it has all that it expects: a ping that comes together with a close need not be answered.
"""
import json
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = b"\x37\xfa\x21\x3d"
FULL = 65536  # bytes that a message may have
BEFORE, AFTER = b'{"type":"ping","id":"', b'"}'
KOSME = "κόσμε".encode()


def frame(opcode, payload=b"", fin=True, rsv=0):
    head = bytes([fin << 7 | rsv << 4 | opcode])
    size = len(payload)
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0x80 | 126]) + struct.pack(">H", size)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", size)
    return head + MASK + bytes(b ^ MASK[i & 3] for i, b in enumerate(payload))


def message(text):
    return BEFORE + text + AFTER


def text(value=b"Hello"):
    return frame(TEXT, message(value))


def close(code=1000, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


def pieces(payload, size, opcode=TEXT):
    """One message in frames of so many bytes."""
    parts = [payload[i:i + size] for i in range(0, len(payload), size)]
    return [frame(0 if i else opcode, part, fin=i == len(parts) - 1) for i, part in enumerate(parts)]


def chops(data, size=1):
    return [data[i:i + size] for i in range(0, len(data), size)]


def echo(value=b"Hello"):
    return "echo:" + value.hex()


def pong(value=b""):
    return "pong:" + value.hex()


def case(number, says, sends, expects, ends=1000):
    """sends: bytes, or a list of what is written one after the other."""
    sends = [sends] if isinstance(sends, bytes) else list(sends)
    return {"case": number, "says": says, "sends": [data.hex() for data in sends], "close": close().hex(),
            "expects": [*expects, f"close:{ends}"]}


def framing():
    yield case("1.1.1", "text of no bytes", frame(TEXT), ["error"])
    for i, size in enumerate((125, 126, 127, 128, 65535, FULL), 2):
        body = b"*" * (size - len(message(b"")))
        yield case(f"1.1.{i}", f"text of {size} bytes", text(body), [echo(body)])
    yield case("1.1.8", "the same, 997 bytes at a time", chops(text(body), 997), [echo(body)])
    for i, size in enumerate((0, 125, 126, 127, 128, 65535, FULL), 1):
        yield case(f"1.2.{i}", f"binary of {size} bytes", frame(BINARY, b"\xfe" * size), [], 1003)


def pings():
    yield case("2.1", "ping", frame(PING), [pong()])
    for i, payload in enumerate((b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125), 2):
        yield case(f"2.{i}", f"ping of {len(payload)} bytes", frame(PING, payload), [pong(payload)])
    yield case("2.5", "ping of 126 bytes", frame(PING, b"\xfe" * 126), [], 1002)
    yield case("2.6", "ping of 125 bytes, one at a time", chops(frame(PING, b"\xfe" * 125)), [pong(b"\xfe" * 125)])
    yield case("2.7", "a pong that nobody asked for", frame(PONG), [])
    yield case("2.8", "the same with a payload", frame(PONG, b"unsolicited"), [])
    yield case("2.9", "a pong, then a ping", frame(PONG, b"unsolicited") + frame(PING, b"ping"), [pong(b"ping")])
    ten = [b"payload-%d" % i for i in range(10)]
    yield case("2.10", "ten pings", b"".join(frame(PING, p) for p in ten), [pong(p) for p in ten])
    yield case("2.11", "ten pings, a byte at a time", chops(b"".join(frame(PING, p) for p in ten)), [pong(p) for p in ten])


def reserved_bits():
    bad = [frame(TEXT, message(b"x"), rsv=rsv) for rsv in range(8)]
    yield case("3.1", "text, bit 1", bad[1], [], 1002)
    yield case("3.2", "text, text with bit 2, ping", text() + bad[2] + frame(PING), [echo()], 1002)
    yield case("3.3", "the same with bits 3, frame by frame", [text(), bad[3], frame(PING)], [echo()], 1002)
    yield case("3.4", "the same with bits 4, byte by byte", chops(text() + bad[4] + frame(PING)), [echo()], 1002)
    yield case("3.5", "binary, bits 5", frame(BINARY, b"\x00\xff", rsv=5), [], 1002)
    yield case("3.6", "ping, bits 6", frame(PING, b"Hello", rsv=6), [], 1002)
    yield case("3.7", "close, bits 7", frame(CLOSE, b"\x03\xe8", rsv=7), [], 1002)


def opcodes():
    for section, first in (("4.1", 3), ("4.2", 11)):
        for i in range(5):
            bad = frame(first + i, b"reserved" if i % 2 else b"")
            if i < 2:
                yield case(f"{section}.{i + 1}", f"opcode {first + i}", bad, [], 1002)
            else:
                sent = text() + bad + frame(PING)
                yield case(f"{section}.{i + 1}", f"text, opcode {first + i}, ping",
                           chops(sent) if i == 4 else sent, [echo()], 1002)


def fragmentation():
    first, last = message(b"fragment1fragment2")[:30], message(b"fragment1fragment2")[30:]
    two, said = [frame(TEXT, first, fin=False), frame(0, last)], echo(b"fragment1fragment2")
    yield case("5.1", "ping in two", frame(PING, b"a", fin=False) + frame(0, b"b"), [], 1002)
    yield case("5.2", "pong in two", frame(PONG, b"a", fin=False) + frame(0, b"b"), [], 1002)
    for number, sends in (("5.3", b"".join(two)), ("5.4", two), ("5.5", chops(b"".join(two)))):
        yield case(number, "text in two", sends, [said])
    mixed = [two[0], frame(PING, b"between"), two[1]]
    for number, sends in (("5.6", b"".join(mixed)), ("5.7", mixed), ("5.8", chops(b"".join(mixed)))):
        yield case(number, "text in two, a ping between", sends, [pong(b"between"), said])
    for number, fin in ((9, True), (12, False)):
        sent = [frame(0, b"nothing to go on with", fin=fin), text()]
        for i, sends in enumerate((b"".join(sent), sent, chops(b"".join(sent)))):
            yield case(f"5.{number + i}", "a piece of nothing, then text", sends, [], 1002)
    yield case("5.15", "text in two, a piece of nothing, text",
               b"".join(two) + frame(0, b"x", fin=False) + text(), [said], 1002)
    for number, fin in (("5.16", False), ("5.17", True)):
        yield case(number, "a piece of nothing, then text in two", (frame(0, b"x", fin=fin) + b"".join(two)) * 2, [], 1002)
    yield case("5.18", "two first pieces", frame(TEXT, first, fin=False) + frame(TEXT, last), [], 1002)
    five = pieces(message(b"fragment1fragment2fragment3"), 11)
    sent = [*five[:2], frame(PING, b"one"), *five[2:], frame(PING, b"two")]
    for number, sends in (("5.19", sent), ("5.20", b"".join(sent))):
        yield case(number, "text in five, with pings", sends, [pong(b"one"), echo(b"fragment1fragment2fragment3"), pong(b"two")])


def some_utf8(number, sequences, valid):
    for i, sequence in enumerate(sequences, 1):
        raw = bytes.fromhex(sequence)
        # A control character is UTF-8, but no JSON.
        expects = (["error"] if raw[0] < 32 else [echo(raw)]) if valid else []
        yield case(f"6.{number}.{i}", f"{'valid' if valid else 'invalid'}: {sequence}", text(raw), expects,
                   1000 if valid else 1007)


def utf8_fragments():
    hello = "Hello-µ@ßöäüàá-UTF-8!!".encode()
    broken = KOSME + b"\xed\xa0\x80edited"
    yield case("6.1.1", "text of no bytes", frame(TEXT), ["error"])
    yield case("6.1.2", "three pieces of no bytes", frame(TEXT, fin=False) + frame(0, fin=False) + frame(0), ["error"])
    yield case("6.1.3", "pieces of no bytes around one", frame(TEXT, fin=False) + frame(0, message(b"x"), fin=False) + frame(0), [echo(b"x")])
    yield case("6.2.1", "one frame", text(hello), [echo(hello)])
    yield case("6.2.2", "pieces on a boundary of characters", pieces(message(hello), len(BEFORE) + 8), [echo(hello)])
    yield case("6.2.3", "pieces of a byte", pieces(message(hello), 1), [echo(hello)])
    yield case("6.2.4", "pieces of a byte", pieces(message(KOSME), 1), [echo(KOSME)])
    yield case("6.3.1", "invalid", text(broken), [], 1007)
    yield case("6.3.2", "invalid, pieces of a byte", pieces(message(broken), 1), [], 1007)
    at = len(BEFORE) + len(KOSME)
    sent = message(broken)
    parts = [frame(TEXT, sent[:at], fin=False), frame(0, sent[at:at + 3], fin=False), frame(0, sent[at + 3:])]
    yield case("6.4.1", "invalid in the second of three pieces", parts, [], 1007)
    yield case("6.4.2", "invalid, and the third piece never comes", parts[:2], [], 1007)
    yield case("6.4.3", "invalid within a frame whose end comes later", chops(text(broken), 25), [], 1007)
    yield case("6.4.4", "the same, byte by byte", chops(text(broken)), [], 1007)
    for i in range(1, len(KOSME)):
        part = KOSME[:i]
        valid = part.decode(errors="ignore").encode() == part
        yield case(f"6.6.{i}", f"the first {i} bytes of a word", text(part), [echo(part)] if valid else [], 1000 if valid else 1007)


def utf8():
    yield from utf8_fragments()
    yield from some_utf8(7, ("00", "c280", "e0a080", "f0908080"), True)
    yield from some_utf8(8, ("f888808080", "fc8480808080"), False)
    yield from some_utf8(9, ("7f", "dfbf", "efbfbf", "f48fbfbf"), True)
    yield from some_utf8(10, ("f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"), False)
    yield from some_utf8(11, ("ed9fbf", "ee8080", "efbfbd", "f48fbfbf"), True)
    yield from some_utf8("11.5", ("f4908080",), False)
    yield from some_utf8(12, ("80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf",
                              bytes(range(0x80, 0xc0)).hex()), False)
    yield from some_utf8(13, (b" ".join(bytes([b]) for b in r).hex() + "20" for r in (
        range(0xc0, 0xe0), range(0xe0, 0xf0), range(0xf0, 0xf8), range(0xf8, 0xfc), range(0xfc, 0xfe))), False)
    cut = ("c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf")
    yield from some_utf8(14, cut, False)
    yield from some_utf8(15, ("".join(cut),), False)
    yield from some_utf8(16, ("fe", "ff", "fefeffff"), False)
    yield from some_utf8(17, ("c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"), False)
    yield from some_utf8(18, ("c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"), False)
    yield from some_utf8(19, ("c080", "e08080", "f0808080", "f880808080", "fc8080808080"), False)
    singles = ("eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf")
    yield from some_utf8(20, singles, False)
    yield from some_utf8(21, (high + low for high in singles[:4] for low in ("edb080", "edbfbf")), False)
    planes = ("efbf", *(f"f{plane >> 2 & 7:x}{0x80 | (plane & 3) << 4 | 0xf:02x}bf" for plane in range(1, 17)))
    yield from some_utf8(22, (plane + end for plane in planes for end in ("be", "bf")), True)
    yield from some_utf8(23, (f"efbf{b:02x}" for b in range(0xb9, 0xc0)), True)


def closing():
    yield case("7.1.1", "text, close", text(), [echo()])
    yield case("7.1.2", "two closes", close(), [])
    yield case("7.1.3", "a ping after the close", close() + frame(PING), [])
    yield case("7.1.4", "text after the close", close() + text(), [])
    yield case("7.1.5", "a close between two pieces", frame(TEXT, b"{", fin=False) + close() + frame(0, b"}"), [])
    long = b"b" * 60000
    yield case("7.1.6", "a long text, close, ping", text(long) + close() + frame(PING), [echo(long)])
    yield case("7.3.1", "close without a code", frame(CLOSE), [], 1005)
    yield case("7.3.2", "close of one byte", frame(CLOSE, b"a"), [], 1002)
    yield case("7.3.3", "close with a code", close(), [])
    yield case("7.3.4", "close with a reason", close(1000, b"Hello World!"), [])
    yield case("7.3.5", "close with the longest reason", close(1000, b"*" * 123), [])
    yield case("7.3.6", "close with a reason that is too long", close(1000, b"*" * 124), [], 1002)
    yield case("7.5.1", "a reason that is no UTF-8", close(1000, KOSME + b"\xed\xa0\x80edited"), [], 1007)
    for i, code in enumerate((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999), 1):
        yield case(f"7.7.{i}", f"close with {code}", close(code), [], code)
    for i, code in enumerate((0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999), 1):
        yield case(f"7.9.{i}", f"close with {code}", close(code), [], 1002)
    for i, code in enumerate((5000, 65535), 1):
        yield case(f"7.13.{i}", f"close with {code}", close(code), [], 1002)


def limits():
    body = b"*" * (FULL - len(message(b"")))
    yield case("9.1.1", "the longest message", text(body), [echo(body)])
    for i, size in enumerate((256, 1024, 4096), 2):
        yield case(f"9.1.{i}", f"{size} KiB", frame(TEXT, b"*" * (size * 1024)), [], 1009)
    yield case("9.1.7", "a byte too many", text(body + b"*"), [], 1009)
    yield case("9.2.1", "64 KiB, binary", frame(BINARY, b"\xfe" * FULL), [], 1003)
    for i, size in enumerate((64, 256, 1024, 4096, 16384, 65535), 1):
        yield case(f"9.3.{i}", f"the longest in pieces of {size} bytes", b"".join(pieces(message(body), size)), [echo(body)])
    yield case("9.3.9", "a byte too many, in pieces", b"".join(pieces(message(body + b"*"), 1024)), [], 1009)
    for i, size in enumerate((64, 128, 256, 512, 1024, 2048), 1):
        yield case(f"9.5.{i}", f"the longest, {size} bytes at a time", chops(text(body), size), [echo(body)])
    for i, size in enumerate((0, 16, 64, 256, 1024), 1):
        many = [b"%d-" % n + b"*" * size for n in range(300)]
        yield case(f"9.7.{i}", f"300 messages of {size} bytes", b"".join(map(text, many)), list(map(echo, many)))
    yield case("10.1.1", "the longest in pieces of 1,300 bytes", b"".join(pieces(message(body), 1300)), [echo(body)])


def every_case():
    for section in (framing, pings, reserved_bits, opcodes, fragmentation, utf8, closing, limits):
        yield from section()


def event_of(message_text):
    """What a text message of the server is, or None for the welcome."""
    got = json.loads(message_text)
    if got["type"] == "welcome":
        return None
    return echo(got["id"].encode()) if got["type"] == "pong" else got["type"]

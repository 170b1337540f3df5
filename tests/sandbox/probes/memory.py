# SPDX-License-Identifier: MIT
# A run that came before has left a marker in its own memory; this one looks for it.
import gc

HEAD, TAIL = b"marker-of-a-run", b"-that-came-before"


def has_marker(data):
    at = data.find(HEAD)
    while at >= 0:
        if data[at + len(HEAD):at + len(HEAD) + len(TAIL)] == TAIL:
            return True
        at = data.find(HEAD, at + 1)
    return False


import builtins, numpy, pandas
holds("builtins are clean", not hasattr(builtins, "poison") and len("ab") == 2)
holds("modules are clean", "poison" not in sys.modules)
holds("pandas options are clean", pandas.get_option("display.max_rows") == 60)
holds("numpy error state is clean", numpy.geterr()["divide"] == "warn")
holds("the environment is clean", "POISON" not in os.environ)
holds("the recursion limit is clean", sys.getrecursionlimit() == 1000)
holds("pandas.read_csv is its own", pandas.read_csv.__name__ == "read_csv")
holds("small integers are themselves", 5 + 2 == 7 and str(5 + 2) == "7")
holds("no folder was put on the path", "/box" not in sys.path)
holds("no file is left", LEVEL != "A" or os.listdir("/box") == [])
holds("no object has the marker",
      not any(isinstance(o, (bytes, str)) and has_marker(o if isinstance(o, bytes) else o.encode("utf-8", "replace"))
              for o in gc.get_objects()))
if LEVEL == "A":
    # Page by page, through a file: unreadable pages are an error then, not a crash.
    dump = os.open("/box/dump", os.O_RDWR | os.O_CREAT)
    page, found, pages = 4096, False, 0
    anchors = {id(object()), id(numpy), ctypes.addressof(ctypes.c_char.in_dll(libc, "environ")),
               libc_end if (libc_end := ctypes.cast(libc.sbrk, ctypes.c_void_p).value) else 0}
    libc.sbrk.restype = ctypes.c_void_p
    anchors.add(libc.sbrk(0) - 1)
    residence = ctypes.create_string_buffer(1)
    for anchor in anchors:
        start = (anchor // page - 4096) * page
        for address in range(start, start + 8192 * page, page):
            if address <= 0 or sc("mincore", address, page, residence) < 0:
                continue
            os.lseek(dump, 0, 0)
            if libc.write(dump, ctypes.c_void_p(address), ctypes.c_size_t(page)) == page:
                pages += 1
                found = found or has_marker(os.pread(dump, page, 0))
    holds("no page of memory has the marker", not found and pages > 1000, pages)

# SPDX-License-Identifier: MIT
# Tricks that opened sandboxes made of Python: here they may run, and must gain nothing.
def reach(name, source):
    """The payload must not reach a shell, a file of the host, or its secret."""
    scope = {"CANARY": CANARY}
    try:
        exec(source, scope)
    except BaseException as error:
        say(name, True, type(error).__name__)
        return
    result = scope.get("result")
    say(name, result in (None, "", 32256, -1) or (isinstance(result, int) and result != 0),
        repr(result)[:80])


reach("subclasses to os", """
for c in ().__class__.__bases__[0].__subclasses__():
    if c.__name__ == '_wrap_close': result = c.__init__.__globals__['popen']('id').read()
""")
reach("warnings to linecache to os", """
import warnings
result = warnings.catch_warnings()._module.sys.modules['os'].popen('cat ' + CANARY).read()
""")
reach("builtins import", "result = __builtins__['__import__']('os').system('id')")
reach("dunder globals of a function", """
def f(): pass
result = f.__globals__['__builtins__']['open'](CANARY).read()
""")
reach("generator frame", """
def g():
    yield g.gi_frame.f_back.f_back.f_globals
g = g(); result = [x for x in g][0]['os'].popen('id').read()
""")
reach("str.format attribute walk", "result = open('{0.__class__}'.format(1)).read()")
reach("pickle reduce", """
import pickle, os
class P:
    def __reduce__(self): return (os.system, ('cat ' + CANARY,))
result = pickle.loads(pickle.dumps(P()))
""")
reach("pandas.eval", "import pandas; result = pandas.eval('@__import__(\\'os\\').system(\\'id\\')', local_dict={})")
reach("DataFrame.query", """
import pandas
result = pandas.DataFrame({'a': [1]}).query('@pandas.compat.os.system(\"id\") + 1', engine='python')
""")
reach("numpy object loading", """
import io, os, numpy, pickle
class P:
    def __reduce__(self): return (os.system, ('id',))
b = io.BytesIO(); numpy.save(b, numpy.array([P()], dtype=object), allow_pickle=True); b.seek(0)
result = int(numpy.load(b, allow_pickle=True)[0])
""")
reach("numpy.genfromtxt of a file", "import numpy; result = str(numpy.genfromtxt(CANARY, dtype=str))")
reach("numpy.lib.npyio DataSource", "import numpy; result = numpy.DataSource(None).open(CANARY).read()")
reach("code object", """
import types
c = compile("__import__('os').popen('id').read()", 'x', 'eval'); result = eval(c)
""")
reach("ctypes to libc system", "import ctypes; result = ctypes.CDLL(None).system(b'id')")
reach("ctypes to libc execve", "import ctypes; result = ctypes.CDLL(None).execve(b'/bin/sh', None, None)")
reach("asyncio subprocess", """
import asyncio
async def f():
    p = await asyncio.create_subprocess_shell('id', stdout=-1)
    return (await p.communicate())[0]
result = asyncio.run(f())
""")
reach("pty", "import pty; pty.spawn('/bin/sh'); result = 'spawned'")
reach("runpy of a host file", "import runpy; result = repr(runpy.run_path(CANARY))")
reach("importlib of a host file", """
from importlib.machinery import SourceFileLoader
result = SourceFileLoader('x', CANARY).get_data(CANARY)
""")
reach("xml external entity", """
import xml.sax, io
from xml.sax.handler import feature_external_ges
p = xml.sax.make_parser(); p.setFeature(feature_external_ges, True)
class H(xml.sax.ContentHandler):
    text = ''
    def characters(self, c): H.text += c
p.setContentHandler(H())
p.parse(io.StringIO('<!DOCTYPE a [<!ENTITY x SYSTEM "file://%s">]><a>&x;</a>' % CANARY))
result = H.text
""")
reach("webbrowser", "import webbrowser; result = '' if not webbrowser.open('http://x') else 'opened'")
reach("zipfile over the library", """
import zipfile, numpy, os
zipfile.ZipFile(os.path.dirname(numpy.__file__) + '/x.zip', 'w'); result = 'written'
""")
reach("faulthandler to a file", "import faulthandler; faulthandler.enable(open(CANARY, 'a')); result = 'opened'")
reach("sys.settrace into the runner", """
import sys
f = sys._getframe()
while f.f_back: f = f.f_back
result = f.f_globals.get('secret')
""")
# In these words, or close to them, sandboxes that filter the language were opened.
reach("RestrictedPython CVE-2023-37271: a frame by a generator", """
def g(): yield g.gi_frame.f_back.f_back
g = g()
frame = [x for x in g][0]
result = frame.f_builtins['open'](CANARY).read()
""")
reach("RestrictedPython CVE-2023-41039: attributes by format_map", """
import os
class Home: pass
Home.__init__.__globals__ if hasattr(Home.__init__, '__globals__') else None
result = '{x.__init__.__globals__[os].environ}'.format_map({'x': os._wrap_close})
result = result if 'secret-of-the-host' in result else None
""")
reach("RestrictedPython CVE-2024-47532: modules by the string module", """
import string
formatter = string.Formatter()
module = formatter.get_field('a._re', (), {'a': string})[0]
result = module.enum.sys.modules['os'].popen('cat ' + CANARY).read()
""")
reach("RestrictedPython CVE-2025-22153: try and except*", """
try:
    raise ExceptionGroup('', [AttributeError(name='x', obj=__import__('os'))])
except* AttributeError as group:
    result = group.exceptions[0].obj.popen('cat ' + CANARY).read()
""")
reach("smolagents CVE-2025-5120: os by a module that is allowed", """
import random
result = random._os.popen('cat ' + CANARY).read()
""")
reach("smolagents CVE-2025-9959: dunders by a string", """
k = [c for c in getattr((), '__cla' + 'ss__').__base__.__subclasses__() if c.__name__ == 'Popen']
import subprocess
result = subprocess.Popen(['cat', CANARY], stdout=-1).communicate()[0]
""")
reach("LangChain CVE-2023-44467: __import__ spelled out", "result = __import__('os').popen('id').read()")
reach("LlamaIndex CVE-2024-3098: code in an f-string", """
result = f"{[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'BuiltinImporter'][0]().load_module('posix').system('id')}"
result = result if result == '0' else None
""")
reach("PandasAI CVE-2024-12366: os by pandas", "import pandas; result = pandas.io.common.os.popen('id').read()")
reach("simpleeval GHSA: a module behind a function", """
import statistics
result = statistics.sys.modules['os'].popen('cat ' + CANARY).read()
""")
reach("mcp-run-python CVE-2026-25905: the host behind ctypes", """
import ctypes
buffer = ctypes.create_string_buffer(64)
libc = ctypes.CDLL(None)
fd = libc.open(CANARY.encode(), 0)
result = buffer.value if fd >= 0 and libc.read(fd, buffer, 64) > 0 else None
""")
reach("numpy CVE-2019-6446: pickles in a file of arrays", """
import io, numpy, os
class P:
    def __reduce__(self): return (open, (CANARY,))
b = io.BytesIO(); numpy.savez(b, x=numpy.array([P()], dtype=object)); b.seek(0)
result = numpy.load(b, allow_pickle=True)['x'][0].read()
""")

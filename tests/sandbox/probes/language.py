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
reach("gc over every object for the secret", """
import gc
result = None
needle = 'ape' + '-canary-' + 'secret-of-the-host'
for o in gc.get_objects():
    if isinstance(o, dict):
        for v in list(o.values()):
            if isinstance(v, str) and needle in v and v != CANARY and len(v) < 200: result = 'found ' + v
""") if False else None

/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/rules/security_lists.h"

#include <string.h>

const char *const ape__allowed_modules[] = {
    "__future__",  "abc",        "array",    "asyncio",     "bisect",    "calendar", "cmath",
    "collections", "contextlib", "copy",     "dataclasses", "datetime",  "dateutil", "decimal",
    "enum",        "fractions",  "fredapi",  "functools",   "hashlib",   "heapq",    "itertools",
    "json",        "logging",    "math",     "matplotlib",  "numbers",   "numpy",    "operator",
    "pandas",      "pprint",     "pytz",     "random",      "re",        "scipy",    "statistics",
    "string",      "sys",        "textwrap", "time",        "traceback", "typing",   "uuid",
    "warnings",    "yfinance",   "zoneinfo", NULL,
};

const char *const ape__inner_modules[] = {
    "collections.abc",
    "numpy.lib.stride_tricks",
    "numpy.lib.stride_tricks.as_strided",
    "numpy.lib.stride_tricks.sliding_window_view",
    "asyncio.run",
    "logging.config",
    NULL,
};

const char *const ape__denied_parts[] = {
    "os",
    "sys",
    "subprocess",
    "builtins",
    "importlib",
    "socket",
    "shutil",
    "ctypes",
    "pickle",
    "inspect",
    "gc",
    "code",
    "codecs",
    "io",
    "pathlib",
    "tempfile",
    "glob",
    "requests",
    "urllib",
    "http",
    "threading",
    "multiprocessing",
    "signal",
    "marshal",
    "pkgutil",
    "runpy",
    "weakref",
    "ctypeslib",
    "distutils",
    "f2py",
    "mmap",
    "zipfile",
    "tarfile",
    "concurrent",
    "subprocess_exec",
    "create_subprocess_exec",
    "create_subprocess_shell",
    "open_connection",
    "start_server",
    NULL,
};

const char *const ape__harmless_dunders[] = {
    "__name__",      "__doc__",   "__version__", "__init__",    "__len__", "__str__", "__repr__",
    "__iter__",      "__next__",  "__add__",     "__mul__",     "__eq__",  "__lt__",  "__call__",
    "__post_init__", "__enter__", "__exit__",    "__getitem__", NULL,
};

const char *const ape__frame_attributes[] = {
    "tb_frame",     "tb_next",   "f_back",  "f_builtins", "f_code",   "f_globals",
    "f_locals",     "f_trace",   "co_code", "gi_frame",   "gi_code",  "gi_yieldfrom",
    "cr_await",     "cr_frame",  "cr_code", "cr_origin",  "ag_frame", "ag_code",
    "func_globals", "func_code", "mro",     NULL,
};

const char *const ape__allowed_sys[] = {
    "stderr",  "stdout",     "exit", "version",  "version_info",
    "maxsize", "float_info", "argv", "platform", NULL,
};

const char *const ape__file_methods[] = {
    "to_pickle", "to_excel",   "to_parquet",   "to_feather", "to_hdf",     "to_sql",
    "to_stata",  "to_gbq",     "to_clipboard", "to_orc",     "to_xml",     "savefig",
    "tofile",    "write_text", "write_bytes",  "read_text",  "read_bytes", NULL,
};

const char *const ape__text_methods[] = {
    "to_csv", "to_json", "to_html", "to_latex", "to_markdown", "to_string", NULL,
};

bool ape__list_has(const char *const *list, const char *text, size_t size)
{
    for (; size > 0 && *list; list++)
        if ((*list)[0] == text[0] && strncmp(*list, text, size) == 0 && (*list)[size] == '\0')
            return true;
    return false;
}

bool ape__is_inside(const char *module, size_t module_size, const char *part, size_t size)
{
    static const char *const of_pandas[] = { "io", "core", "compat", "util", "testing", NULL };
    static const char *const of_numpy[] = { "lib", "core", "compat", "testing", NULL };
    static const char *const of_asyncio[] = { "subprocess", "events",      "unix_events",
                                              "streams",    "base_events", NULL };

    if (module_size == 6 && memcmp(module, "pandas", 6) == 0)
        return ape__list_has(of_pandas, part, size);
    if (module_size == 5 && memcmp(module, "numpy", 5) == 0)
        return ape__list_has(of_numpy, part, size);
    if (module_size == 7 && memcmp(module, "asyncio", 7) == 0)
        return ape__list_has(of_asyncio, part, size);
    return false;
}

#define NOT_ALLOWED "import of %s is not allowed: it reaches beyond the sandbox"
#define NETWORK "%s talks to the network, which the sandbox has not; take prices through yfinance"
#define LOADS "%s loads objects that may carry code; take prices through yfinance"
#define CONTROLS "%s controls processes or threads; write plain sequential code"

static const ape__denied_module denied_modules[] = {
    { "os", "APE701", NOT_ALLOWED },
    { "posix", "APE701", NOT_ALLOWED },
    { "subprocess", "APE701", NOT_ALLOWED },
    { "shutil", "APE701", NOT_ALLOWED },
    { "pty", "APE701", NOT_ALLOWED },
    { "ctypes", "APE701", NOT_ALLOWED },
    { "cffi", "APE701", NOT_ALLOWED },
    { "builtins", "APE701", NOT_ALLOWED },
    { "importlib", "APE701", NOT_ALLOWED },
    { "imp", "APE701", NOT_ALLOWED },
    { "inspect", "APE701", NOT_ALLOWED },
    { "code", "APE701", NOT_ALLOWED },
    { "codeop", "APE701", NOT_ALLOWED },
    { "codecs", "APE701", NOT_ALLOWED },
    { "runpy", "APE701", NOT_ALLOWED },
    { "pkgutil", "APE701", NOT_ALLOWED },
    { "tempfile", "APE701", NOT_ALLOWED },
    { "pathlib", "APE701", NOT_ALLOWED },
    { "glob", "APE701", NOT_ALLOWED },
    { "fileinput", "APE701", NOT_ALLOWED },
    { "io", "APE701", NOT_ALLOWED },
    { "mmap", "APE701", NOT_ALLOWED },
    { "platform", "APE701", NOT_ALLOWED },
    { "getpass", "APE701", NOT_ALLOWED },
    { "zipfile", "APE701", NOT_ALLOWED },
    { "tarfile", "APE701", NOT_ALLOWED },
    { "sqlite3", "APE701", NOT_ALLOWED },
    { "webbrowser", "APE701", NOT_ALLOWED },
    { "ast", "APE701", NOT_ALLOWED },
    { "types", "APE701", NOT_ALLOWED },
    { "site", "APE701", NOT_ALLOWED },
    { "pdb", "APE701", NOT_ALLOWED },
    { "requests", "APE703", NETWORK },
    { "urllib", "APE703", NETWORK },
    { "urllib3", "APE703", NETWORK },
    { "http", "APE703", NETWORK },
    { "httpx", "APE703", NETWORK },
    { "aiohttp", "APE703", NETWORK },
    { "websockets", "APE703", NETWORK },
    { "websocket", "APE703", NETWORK },
    { "socket", "APE703", NETWORK },
    { "socketserver", "APE703", NETWORK },
    { "ssl", "APE703", NETWORK },
    { "ftplib", "APE703", NETWORK },
    { "smtplib", "APE703", NETWORK },
    { "telnetlib", "APE703", NETWORK },
    { "xmlrpc", "APE703", NETWORK },
    { "bs4", "APE703", NETWORK },
    { "pickle", "APE708", LOADS },
    { "cPickle", "APE708", LOADS },
    { "dill", "APE708", LOADS },
    { "joblib", "APE708", LOADS },
    { "marshal", "APE708", LOADS },
    { "shelve", "APE708", LOADS },
    { "yaml", "APE708", LOADS },
    { "threading", "APE709", CONTROLS },
    { "_thread", "APE709", CONTROLS },
    { "multiprocessing", "APE709", CONTROLS },
    { "concurrent", "APE709", CONTROLS },
    { "signal", "APE709", CONTROLS },
    { "resource", "APE709", CONTROLS },
    { "atexit", "APE709", CONTROLS },
    { "gc", "APE709", CONTROLS },
    { "faulthandler", "APE709", CONTROLS },
    { "pip", "APE710", "%s installs packages, and the sandbox has no network; use what is there" },
    { "ensurepip", "APE710",
      "%s installs packages, and the sandbox has no network; use what is there" },
};

const ape__denied_module *ape__denied_module_find(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof(denied_modules) / sizeof(denied_modules[0]); i++)
        if (strlen(denied_modules[i].name) == size &&
            memcmp(denied_modules[i].name, name, size) == 0)
            return &denied_modules[i];
    return NULL;
}

#define MADE_CODE "%s makes code at run time, which cannot be checked; write the code out"
#define READS_FILE "%s opens a file, and the sandbox has none; take prices through yfinance"
#define SECRETS "%s reads the environment, where secrets live; nothing from it is needed"

static const ape__denied_call denied_calls[] = {
    { "builtins.eval", "APE702", MADE_CODE },
    { "builtins.exec", "APE702", MADE_CODE },
    { "builtins.compile", "APE702", MADE_CODE },
    { "builtins.__import__", "APE702", MADE_CODE },
    { "builtins.__builtins__", "APE702", MADE_CODE },
    { "builtins.__loader__", "APE702", MADE_CODE },
    { "builtins.__spec__", "APE702", MADE_CODE },
    { "builtins.globals", "APE702", "%s hands out all names; write the names out" },
    { "builtins.locals", "APE702", "%s hands out all names; write the names out" },
    { "builtins.vars", "APE702", "%s hands out all names; write the names out" },
    { "builtins.setattr", "APE702", "%s changes objects by computed names; assign the attribute" },
    { "builtins.delattr", "APE702", "%s changes objects by computed names; do without it" },
    { "builtins.breakpoint", "APE702", "%s starts a debugger; leave it out" },
    { "builtins.open", "APE704", READS_FILE },
    { "numpy.load", "APE704", READS_FILE },
    { "numpy.loadtxt", "APE704", READS_FILE },
    { "numpy.genfromtxt", "APE704", READS_FILE },
    { "numpy.fromfile", "APE704", READS_FILE },
    { "numpy.memmap", "APE704", READS_FILE },
    { "numpy.save", "APE704", READS_FILE },
    { "numpy.savez", "APE704", READS_FILE },
    { "numpy.savez_compressed", "APE704", READS_FILE },
    { "numpy.savetxt", "APE704", READS_FILE },
    { "numpy.DataSource", "APE704", READS_FILE },
    { "pandas.ExcelFile", "APE704", READS_FILE },
    { "pandas.ExcelWriter", "APE704", READS_FILE },
    { "pandas.HDFStore", "APE704", READS_FILE },
    { "pandas.read_pickle", "APE708", LOADS },
    { "pandas.to_pickle", "APE708", LOADS },
    { "pandas.eval", "APE702", MADE_CODE },
    { "logging.FileHandler", "APE704", READS_FILE },
    { "logging.config", "APE704", READS_FILE },
    { "os.environ", "APE706", SECRETS },
    { "os.getenv", "APE706", SECRETS },
    { "asyncio.create_subprocess_exec", "APE709", CONTROLS },
    { "asyncio.create_subprocess_shell", "APE709", CONTROLS },
    { "asyncio.to_thread", "APE709", CONTROLS },
    { "operator.attrgetter", "APE702", MADE_CODE },
    { "operator.methodcaller", "APE702", MADE_CODE },
};

const ape__denied_call *ape__denied_call_find(const char *dotted)
{
    for (size_t i = 0; i < sizeof(denied_calls) / sizeof(denied_calls[0]); i++)
        if (denied_calls[i].name[0] == dotted[0] && strcmp(denied_calls[i].name, dotted) == 0)
            return &denied_calls[i];
    return NULL;
}

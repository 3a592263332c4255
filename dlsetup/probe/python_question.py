"""What every interpreter is asked."""

from __future__ import annotations

ASK = r"""
import sys
sys.path = [p for p in sys.path if p]
import os
v = sys.version_info
windows = sys.platform == "win32"
name = getattr(getattr(sys, "implementation", None), "name", None)
name = name or ("pypy" if hasattr(sys, "pypy_version_info") else "cpython")
exe = os.path.abspath(sys.executable or "")
top = os.path.dirname(os.path.dirname(exe))
base = getattr(sys, "base_prefix", getattr(sys, "real_prefix", sys.prefix))
venv, inherits = base != sys.prefix, False
for folder in (os.path.dirname(exe), top):
    try:
        with open(os.path.join(folder, "pyvenv.cfg")) as file:
            text = file.read()
    except (IOError, OSError, ValueError):
        continue
    venv = True
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key.strip().lower() == "include-system-site-packages":
            inherits = value.strip().lower() == "true"
        if v[0] == 2 and key.strip() == "base-prefix":
            base = value.strip()
    sys.prefix = sys.exec_prefix = top
    break
else:
    try:
        with open(os.path.join(sys.prefix, "lib", "python%d.%d" % v[:2], "orig-prefix.txt")) as file:
            base, venv = file.read().strip(), True
    except (IOError, OSError, ValueError):
        pass
free = "t" in getattr(sys, "abiflags", "") or "free-threading" in sys.version
stdlib = os.path.dirname(os.path.abspath(os.__file__))
user = None
if v[0] == 2:
    def packages(prefix):
        ends = ["Lib/site-packages"] if windows else ["lib/python%d.%d/site-packages" % v[:2],
            "local/lib/python%d.%d/dist-packages" % v[:2], "lib/python%d.%d/dist-packages" % v[:2]]
        return [os.path.join(prefix, *end.split("/")) for end in ends]
else:
    import site
    def packages(prefix):
        return [p for p in site.getsitepackages([prefix]) if p.endswith("packages")]
    try:
        user = site.getusersitepackages()
    except Exception:
        pass
own = packages(sys.prefix)
pure = None
usual = os.path.join(sys.prefix, "lib", "python%d.%d" % v[:2] + ("t" if free else ""), "site-packages")
if not venv and not (sys.platform.startswith("linux") and own[:1] == [usual]):
    try:
        import sysconfig
        pure = sysconfig.get_path("purelib")
    except Exception:
        pass
if not pure:
    pure = ([p for p in own if os.sep + "lib" + os.sep in p] + own + [None])[0]
sites, seen = [], set()
for p in own + ([pure] if pure else []) + (packages(base) if venv and inherits else []):
    if os.path.isdir(p) and os.path.realpath(p) not in seen:
        seen.add(os.path.realpath(p))
        sites.append(p)
same = not hasattr(os, "getuid") or (os.getuid() == os.geteuid() and os.getgid() == os.getegid())
if (venv and not inherits) or os.environ.get("PYTHONNOUSERSITE") or not same or not user or not os.path.isdir(user):
    user = None
machine = os.uname()[4] if hasattr(os, "uname") else None
if windows:
    said = sys.version.lower()
    machine = "amd64" if "amd64" in said else "arm64" if "(arm64)" in said else "arm32" if "(arm)" in said else "x86"
    platform = {"amd64": "win-amd64", "arm64": "win-arm64", "arm32": "win-arm32"}.get(machine, "win32")
elif sys.platform.startswith("linux"):
    platform = "linux-" + machine
else:
    import sysconfig
    platform = sysconfig.get_platform()
try:
    from _frozen_importlib_external import PathFinder
    def lacks(module):
        spec = PathFinder.find_spec(module)
        return spec is None or spec.loader is None
except ImportError:
    import imp
    def lacks(module):
        try:
            imp.find_module(module)
        except ImportError:
            return True
missing = [m for m in ("_ctypes", "_lzma", "_bz2", "_ssl", "zlib", "_sqlite3", "ensurepip")
    if not (m in ("_lzma", "_bz2") and v[0] == 2) and m not in sys.builtin_module_names and lacks(m)]
stage = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(v[3])
facts = {
    "version": "%d.%d.%d" % v[:3] + (stage + str(v[4]) if stage else ""),
    "implementation": name,
    "bits": 64 if sys.maxsize > 2 ** 32 else 32,
    "free_threaded": free,
    "platform": platform,
    "machine": machine,
    "multiarch": getattr(getattr(sys, "implementation", None), "_multiarch", None),
    "prefix": sys.prefix,
    "base_prefix": base,
    "purelib": pure,
    "stdlib": stdlib,
    "externally_managed": not venv and os.path.isfile(os.path.join(stdlib, "EXTERNALLY-MANAGED")),
    "user_site": user,
    "site_packages": sites,
    "missing_modules": missing,
}
def clean(x):
    if isinstance(x, bytes):
        return x.decode(sys.getfilesystemencoding() or "utf-8", "replace")
    if isinstance(x, list):
        return [clean(y) for y in x]
    return x.encode("utf-8", "replace").decode("utf-8") if isinstance(x, type(u"")) else x
try:
    from _json import encode_basestring_ascii as quote
    def write(x):
        if isinstance(x, list):
            return "[" + ", ".join(map(write, x)) + "]"
        if x is None or isinstance(x, bool):
            return {None: "null", True: "true", False: "false"}[x]
        return str(x) if isinstance(x, int) else quote(x)
    text = "{" + ", ".join('"%s": %s' % (key, write(clean(facts[key]))) for key in sorted(facts)) + "}"
except ImportError:
    import json
    text = json.dumps(dict((key, clean(facts[key])) for key in facts))
print(text)
"""
"""What an interpreter is asked: one JSON line, in the syntax of Python 2.7 and 3.

`-S` keeps it fast and its .pth files unrun; before Python 3.14 it also keeps sys.prefix on the base of a virtual
environment, so pyvenv.cfg is looked up as `site.venv` does (https://docs.python.org/3/library/site.html). json and
sysconfig cost five to ten milliseconds each, so they are left alone where something smaller answers the same.
"""

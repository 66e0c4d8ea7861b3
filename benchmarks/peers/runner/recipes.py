"""How each peer's program is built, and what it needs to be installed.

Programs are built below the output directory, with nothing fetched."""

import glob
import hashlib
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
PYTHON = "/usr/bin/python3"  # Debian's: uvloop is a module of that one
CARGO = "/usr/bin/cargo"     # Debian's: its registry is on the disk
REGISTRY = "/usr/share/cargo/registry"
C_FLAGS = ["-O2", "-DNDEBUG", "-D_GNU_SOURCE", "-pthread"]


class Missing(Exception):
    """What a peer needs is not installed; the text names it."""


def need_tool(name):
    if shutil.which(name) is None:
        raise Missing(name)


def need_path(pattern, name):
    if not glob.glob(pattern):
        raise Missing(name)


def make(command, **options):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL,
                   capture_output=True, text=True, **options)


def mark(files, command):
    """Changes when a source or the command does."""
    digest = hashlib.sha256("\0".join(command).encode())
    for path in files:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def compile_c(compiler, language, name, cache, flags, libraries):
    """Builds NAME of NAME*.c or .cc and common*.c or .cc, if they changed."""
    need_tool(compiler)
    folder = os.path.join(HERE, language)
    end = "c" if language == "c" else "cc"
    sources = sorted(glob.glob(f"{folder}/{name}*.{end}") +
                     glob.glob(f"{folder}/common*.{end}"))
    program = os.path.join(cache, name)
    command = [compiler] + flags + C_FLAGS + ["-I", folder, "-o", program] + \
        sources + libraries
    state = mark(sources + sorted(glob.glob(f"{folder}/*.h")), command)
    stamp = program + ".stamp"
    if os.path.exists(program) and os.path.exists(stamp):
        with open(stamp, encoding="ascii") as file:
            if file.read() == state:
                return [program]
    make(command)
    with open(stamp, "w", encoding="ascii") as file:
        file.write(state)
    return [program]


def compile_cxx(name, cache, libraries):
    return compile_c("g++", "cxx", name, cache, ["-std=c++17"], libraries)


def go(cache):
    need_tool("go")
    program = os.path.join(cache, "go")
    environment = dict(os.environ, GOFLAGS="-mod=mod", GOPROXY="off",
                       CGO_ENABLED="1",
                       GOCACHE=os.path.join(cache, "go-cache"))
    make(["go", "build", "-o", program, "."], env=environment,
         cwd=os.path.join(HERE, "go"))
    return [program]


def cargo(name, cache):
    """Cargo writes beside its manifest, so it works on a copy. It looks for
    all that the manifest names, also what a program does not use."""
    need_path(CARGO, "cargo")
    need_tool("gcc")
    need_path(f"{REGISTRY}/tokio-1*", "librust-tokio-dev")
    need_path(f"{REGISTRY}/rayon-1*", "librust-rayon-dev")
    folder = os.path.join(cache, "rust")
    shutil.copytree(os.path.join(HERE, "rust"), folder, dirs_exist_ok=True)
    environment = dict(os.environ, PATH="/usr/bin:/bin", RUSTC="/usr/bin/rustc",
                       CARGO_HOME=os.path.join(cache, "cargo-home"))
    program = f"peers_{name}"
    make([CARGO, "build", "--release", "--offline", "--quiet", "--bin", program,
          "--features", name], cwd=folder, env=environment)
    return [os.path.join(folder, "target", "release", program)]


def tokio(cache):
    return cargo("tokio", cache)


def rayon(cache):
    return cargo("rayon", cache)


def boost_fiber(cache):
    need_path("/usr/include/boost/fiber/all.hpp", "libboost-fiber-dev")
    return compile_cxx("boost_fiber", cache,
                       ["-lboost_fiber", "-lboost_context"])


def onetbb(cache):
    need_path("/usr/include/oneapi/tbb.h", "libtbb-dev")
    return compile_cxx("onetbb", cache, ["-ltbb"])


def libuv(cache):
    need_path("/usr/include/uv.h", "libuv1-dev")
    return compile_c("gcc", "c", "libuv", cache, ["-std=c11"],
                     ["-luv", "-lhttp_parser"])


def epoll(cache):
    return compile_c("gcc", "c", "epoll", cache, ["-std=c11"],
                     ["-lhttp_parser"])


def pthreads(cache):
    return compile_c("gcc", "c", "pthreads", cache, ["-std=c11"], [])


def python(loop):
    need_path(PYTHON, "python3")
    return [PYTHON, "-B", os.path.join(HERE, "python", "main.py"), loop]


def asyncio(_cache):
    return python("asyncio")


def uvloop(_cache):
    need_path("/usr/lib/python3/dist-packages/uvloop", "python3-uvloop")
    return python("uvloop")


RECIPES = {recipe.__name__: recipe for recipe in (
    go, tokio, rayon, boost_fiber, onetbb, libuv, epoll, pthreads, asyncio,
    uvloop)}

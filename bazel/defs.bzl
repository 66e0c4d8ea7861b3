"""The only rules a BUILD file of this project uses."""

# A static function may be used in assertions alone; clang, without them, would
# call it unneeded.
WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wvla",
    "-Wno-unneeded-internal-declaration",
    "-Werror",
]

# No red zone: src/context/switch.h pushes a return address from inline
# assembly, so any code that inlines it must leave the bytes below the stack
# pointer alone. Stack clash protection keeps a large frame from jumping over a
# stack's guard.
CODE = [
    "-mno-red-zone",
    "-fno-tree-slp-vectorize",
    "-fstack-clash-protection",

    "-D_GNU_SOURCE",
]
C_WARNINGS = [
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wconversion",
] + WARNINGS
C_OPTS = ["-std=c11", "-fvisibility=hidden"] + C_WARNINGS + CODE

# A library may become part of a shared object. This costs nothing: what it does
# not export is hidden, and its one thread-local is of the initial-exec model.
LIBRARY_OPTS = C_OPTS + ["-fPIC", "-fno-semantic-interposition"]
CXX_OPTS = ["-std=c++17"] + WARNINGS + CODE

# Most of the time of a whole run goes into compiling tests, and optimising them
# doubles it; what they test is optimised. (Fortification asks for optimising.)
TEST_OPTS = CXX_OPTS + ["-O0", "-U_FORTIFY_SOURCE"]

MALLOC = "//third_party/jemalloc:malloc"

def rove_library(
        name,
        srcs = [],
        hdrs = [],
        deps = [],
        visibility = None,
        testonly = False,
        linkopts = [],
        alwayslink = False):
    """One room: C only, so that C flags never meet a C++ file.

    Always static: hidden symbols cannot be found across shared objects.
    """
    native.cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        copts = LIBRARY_OPTS,
        deps = deps,
        features = ["layering_check"],
        linkopts = linkopts,
        linkstatic = True,
        testonly = testonly,
        alwayslink = alwayslink,
        visibility = visibility,
    )

def rove_test(name, srcs, deps = [], size = "small", linkopts = [], copts = [],
              **kwargs):
    """A Google Test binary."""
    native.cc_test(
        name = name,
        size = size,
        linkstatic = True,
        srcs = srcs,
        copts = TEST_OPTS + copts,
        deps = deps + [
            "@googletest//:gtest_main",
            "@googletest//:gtest",
        ],
        features = ["layering_check"],
        linkopts = ["-pthread"] + linkopts,
        malloc = MALLOC,
        **kwargs
    )

def rove_binary(name, srcs, deps = [], linkopts = [], **kwargs):
    """A C program (examples, servers, load generators)."""
    native.cc_binary(
        name = name,
        srcs = srcs,
        copts = C_OPTS,
        deps = deps,
        features = ["layering_check"],
        linkopts = ["-pthread"] + linkopts,
        malloc = MALLOC,
        **kwargs
    )

def rove_public_headers_test(name, hdrs, deps):
    """Every public header compiles alone, and twice, as C11 and as C++17.

    Compiled as a stranger would: no _GNU_SOURCE, strict ISO mode, and every
    header in a translation unit of its own. Building is the test.

    Args:
      name: the test's name
      hdrs: paths below include/, e.g. glob(["include/rove/*.h"])
      deps: the library that carries them
    """
    units = {"c": [], "cc": []}
    for hdr in hdrs:
        path = hdr[len("include/"):] if hdr.startswith("include/") else hdr
        unit = name + "_" + path.replace("/", "_").replace(".", "_")
        for ext, sources in units.items():
            source = "%s.%s" % (unit, ext)
            native.genrule(
                name = "%s_%s" % (unit, ext),
                outs = [source],
                cmd = "printf '#include \"%s\"\\n#include \"%s\"\\n' >$@" %
                      (path, path),
                tags = ["manual"],
            )
            sources.append(source)
    native.genrule(
        name = name + "_main",
        outs = [name + "_main.c"],
        cmd = "printf 'int main(void)\\n{\\n    return 0;\\n}\\n' >$@",
        tags = ["manual"],
    )
    native.cc_library(
        name = name + "_c11",
        srcs = units["c"],
        copts = ["-std=c11"] + C_WARNINGS,
        linkstatic = True,
        testonly = True,
        tags = ["manual"],
        deps = deps,
    )
    native.cc_library(
        name = name + "_cxx17",
        srcs = units["cc"],
        copts = ["-std=c++17"] + WARNINGS,
        linkstatic = True,
        testonly = True,
        tags = ["manual"],
        deps = deps,
    )
    native.cc_test(
        name = name,
        size = "small",
        srcs = [name + "_main.c"],
        linkstatic = True,
        tags = ["no_sanitizer"],
        deps = [
            ":" + name + "_c11",
            ":" + name + "_cxx17",
        ],
    )

def _archives_impl(ctx):
    archives = []
    for linker_input in ctx.attr.library[CcInfo].linking_context.linker_inputs.to_list():
        for library in linker_input.libraries:
            archive = library.static_library or library.pic_static_library
            if archive:
                archives.append(archive)
    return [DefaultInfo(
        files = depset(archives),
        runfiles = ctx.runfiles(files = archives),
    )]

_archives = rule(
    doc = "The static archives that a program using the library links.",
    implementation = _archives_impl,
    attrs = {"library": attr.label(providers = [CcInfo], mandatory = True)},
)

def rove_exports_test(name, library, hdrs):
    """The library exports what its headers mark ROVE_API, and nothing else.

    Args:
      name: the test's name
      library: a cc_library, checked with everything it depends on
      hdrs: its public headers
    """
    _archives(
        name = name + "_archives",
        library = library,
        testonly = True,
        tags = ["manual"],
    )
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//tools:check_exports.py"],
        args = ["$(rootpath %s)" % hdr for hdr in hdrs] +
               ["$(rootpaths :%s_archives)" % name],
        data = hdrs + [":%s_archives" % name],
        tags = ["no_sanitizer"],
    )

def rove_fuzz(name, srcs, deps = []):
    """A target of libFuzzer, built by --config=fuzz only.

    Its seeds lie in a directory beside it that is called like the target, with
    _corpus for _fuzz.
    """
    native.cc_binary(
        name = name,
        srcs = srcs,
        copts = CXX_OPTS,
        deps = deps,
        features = ["layering_check"],
        linkopts = [
            "-pthread",
            "-fsanitize=fuzzer",
        ],
        linkstatic = True,
        tags = ["manual"],
        testonly = True,
    )

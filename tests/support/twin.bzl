"""A twin library: code, and the linker options that put it in the way."""

load("//bazel:defs.bzl", "rove_library")

def faulty_twin(name, srcs, functions, hdrs = [], deps = []):
    rove_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        testonly = True,
        linkopts = ["-Wl,--wrap=" + function for function in functions],
        alwayslink = True,
        visibility = ["//tests:__subpackages__"],
        deps = deps + [
            ":fault",
            ":twin",
        ],
    )

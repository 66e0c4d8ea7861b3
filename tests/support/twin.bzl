"""A twin library: code, and the linker options that put it in the way."""

load("//bazel:defs.bzl", "rove_library")

def faulty_twin(name, srcs, functions, deps = []):
    rove_library(
        name = name,
        srcs = srcs,
        testonly = True,
        linkopts = ["-Wl,--wrap=" + function for function in functions],
        alwayslink = True,
        visibility = ["//tests:__subpackages__"],
        deps = deps + [
            ":fault",
            ":twin",
        ],
    )

"""What is installed: for each package an archive and what pkg-config asks."""

# Filled in by install.py.
_PC = """prefix=@prefix@
libdir=@libdir@
includedir=${{prefix}}/include

Name: {name}
Description: {description}
Version: @version@
Requires: {requires}
Cflags: {cflags}
Libs: {libs}
"""

def _archives(targets):
    found = []
    for target in targets:
        context = target[CcInfo].linking_context
        for linker_input in context.linker_inputs.to_list():
            for library in linker_input.libraries:
                found.append(library.static_library or
                             library.pic_static_library)
    return found

def _rove_package_impl(ctx):
    name = ctx.label.name
    others = {archive: True for archive in _archives(ctx.attr.beside)}
    archives = [
        archive
        for archive in _archives([ctx.attr.library])
        if archive not in others
    ]
    merged = ctx.actions.declare_file("lib%s.a" % name)
    ctx.actions.run(
        executable = ctx.executable._merge,
        arguments = (["--fcontext"] if ctx.attr.fcontext else []) +
                    [file.path for file in [merged] + archives],
        inputs = archives,
        outputs = [merged],
        use_default_shell_env = True,
    )
    pc = ctx.actions.declare_file("%s.pc.in" % name)
    ctx.actions.write(pc, _PC.format(
        name = name,
        description = ctx.attr.description,
        requires = " ".join(ctx.attr.requires),
        cflags = " ".join(ctx.attr.cflags),
        libs = " ".join(["-L${libdir}"] + ctx.attr.libs),
    ))
    headers = ctx.attr.library[CcInfo].compilation_context.direct_public_headers
    files = [merged, pc] + headers
    return [DefaultInfo(
        files = depset(files),
        runfiles = ctx.runfiles(files = files),
    )]

rove_package = rule(
    doc = "lib<name>.a of all archives of a library, <name>.pc.in, and headers.",
    implementation = _rove_package_impl,
    attrs = {
        "library": attr.label(providers = [CcInfo], mandatory = True),
        "beside": attr.label_list(
            doc = "libraries whose archives are in another package",
            providers = [CcInfo],
        ),
        "fcontext": attr.bool(doc = "add the assembly of the switch"),
        "description": attr.string(mandatory = True),
        "requires": attr.string_list(doc = "packages of pkg-config"),
        "cflags": attr.string_list(),
        "libs": attr.string_list(),
        "_merge": attr.label(
            default = "//tools/install:merge_archives",
            allow_single_file = True,
            cfg = "exec",
            executable = True,
        ),
    },
)

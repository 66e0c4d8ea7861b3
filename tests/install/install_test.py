#!/usr/bin/env python3
"""rove outside of Bazel: what //:install writes is found by pkg-config and
linked by programs in C and C++ and by plugins, exports what the headers say,
and an installation that fails leaves nothing behind.

usage: install_test.py PATH_OF_INSTALL
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

INSTALL = sys.argv.pop(1)

PROGRAM = r"""
#include <stdio.h>
#include "rove/rove.h"

static int64_t add(void *sum)
{
    return rove_sleep(ROVE_MS) == 0 ? ++*(int64_t *)sum : -1;
}

static int64_t work(void *sum)
{
    return rove_join(rove_spawn(add, sum));
}

int NAME(void)
{
    int64_t sum = 41;
    printf("%d %s\n", (int)rove_run(NULL, work, &sum), rove_version());
    return 0;
}
"""

LOADER = r"""
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    void *plugin = dlopen(arguments[count - 1], RTLD_NOW);
    int (*run)(void) = plugin != NULL ? dlsym(plugin, "run") : NULL;
    return run != NULL ? run() : puts(dlerror());
}
"""

# A call of each that needs no server.
ADAPTERS = {
    "curl": ("rove_curl.h", "rove_curl_free(NULL)"),
    "hiredis": ("rove_redis.h", "rove_redis_free(NULL)"),
    "libpq": ("rove_pq.h", "return rove_pq_flush(NULL)"),
    "openssl": ("rove_tls.h", "rove_tls_free(NULL)"),
    "sqlite": ("rove_sqlite.h", "rove_sqlite_close(NULL)"),
}
CALL = '#include "rove/adapters/%s"\nint main(void) { %s; }\n'


def run(*command, **options):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **options)


class Scratch(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.prefix = self.scratch / "prefix"

    def succeed(self, *command, **options):
        result = run(*command, **options)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    def files(self):
        return sorted(str(path.relative_to(self.scratch))
                      for path in self.scratch.rglob("*"))


class InstallTest(Scratch):
    def setUp(self):
        super().setUp()
        self.succeed(INSTALL, f"--prefix={self.prefix}")

    def ask(self, *arguments):
        """What pkg-config says, as words."""
        return self.succeed("pkg-config", *arguments, env={
            "PATH": "/usr/bin:/bin",
            "PKG_CONFIG_PATH": str(self.prefix / "lib/pkgconfig"),
        }).split()

    def build(self, compiler, name, text, *flags):
        """The path of what the compiler makes of a file with this text."""
        source = self.scratch / name
        source.write_text(text, encoding="utf-8")
        program = source.with_suffix(".out")
        self.succeed(compiler, "-Wall", "-Wextra", "-Werror", "-o",
                     str(program), str(source), *flags)
        return program

    def check_output(self, output):
        version = self.ask("--modversion", "rove")[0]
        self.assertEqual(output, f"42 {version}\n")

    def test_a_c_program_is_built_by_what_pkg_config_says(self):
        program = self.build(
            "cc", "a.c", PROGRAM.replace("NAME", "main"), "-std=c11",
            *self.ask("--cflags", "--libs", "--static", "rove"))
        self.check_output(self.succeed(program))

    def test_a_cpp_program_is_too_and_needs_no_static(self):
        program = self.build(
            "c++", "a.cc", PROGRAM.replace("NAME", "main"), "-std=c++17",
            *self.ask("--cflags", "--libs", "rove"))
        self.check_output(self.succeed(program))

    def test_a_plugin_has_rove_inside(self):
        plugin = self.build(
            "cc", "plugin.c", PROGRAM.replace("NAME", "run"), "-shared",
            "-fPIC", *self.ask("--cflags", "--libs", "rove"))
        loader = self.build("cc", "loader.c", LOADER)
        self.check_output(self.succeed(loader, plugin))

    def test_a_shared_object_exports_what_the_headers_declare(self):
        library = self.build(
            "cc", "all.c", "typedef int nothing;\n", "-shared",
            "-Wl,--no-undefined", "-Wl,--whole-archive",
            *self.ask("--libs", "rove"), "-Wl,--no-whole-archive")
        listing = self.succeed("nm", "-D", "--defined-only", library)
        exported = {line.split()[-1] for line in listing.splitlines()}
        declared = "".join(header.read_text(encoding="utf-8") for header in
                           (self.prefix / "include/rove").glob("*.h"))
        declared = re.sub(r"/\*.*?\*/", "", declared, flags=re.DOTALL)
        self.assertEqual(exported, set(re.findall(
            r"^ROVE_API[^;]*?\b(rove_\w+)\s*\(", declared, re.MULTILINE)))

    def test_the_archives_define_names_of_ours_only(self):
        for archive in (self.prefix / "lib").glob("*.a"):
            listing = self.succeed("nm", "-g", "--defined-only", archive)
            names = re.findall(r"^\S+ \w (\S+)$", listing, re.MULTILINE)
            self.assertTrue(names)
            self.assertEqual([], [
                name for name in names
                if not re.match("rove_|rv_|__wrap_pthread_mutex_", name)
                and name != "__x86_return_thunk"])

    def test_each_adapter_is_a_package_of_its_own(self):
        for name, (header, call) in ADAPTERS.items():
            with self.subTest(name):
                program = self.build(
                    "cc", f"{name}.c", CALL % (header, call),
                    *self.ask("--cflags", "--libs", f"rove-{name}"))
                self.assertTrue(program.exists())

    def test_the_mutex_check_is_linked_by_its_package(self):
        program = self.build(
            "cc", "a.c", PROGRAM.replace("NAME", "main"),
            *self.ask("--cflags", "--libs", "rove-mutex-check"))
        self.check_output(self.succeed(program))
        self.assertIn("__wrap_pthread_mutex_lock",
                      self.succeed("nm", program))

    def test_installing_again_replaces(self):
        before = self.files()
        header = self.prefix / "include/rove/rove.h"
        header.write_text("old")
        self.succeed(INSTALL, f"--prefix={self.prefix}")
        self.assertEqual(self.files(), before)
        self.assertIn("ROVE_ROVE_H", header.read_text())


class PlaceTest(Scratch):
    def test_destdir_moves_the_files_and_not_their_names(self):
        self.succeed(INSTALL, "--prefix=/opt/rove", "--libdir=lib/x",
                     f"--destdir={self.prefix}")
        pc = self.prefix / "opt/rove/lib/x/pkgconfig/rove.pc"
        self.assertTrue((self.prefix / "opt/rove/lib/x/librove.a").exists())
        self.assertIn("\nlibdir=/opt/rove/lib/x\n", pc.read_text())
        self.assertNotIn(str(self.prefix), pc.read_text())

    def test_a_relative_prefix_is_below_the_callers_directory(self):
        self.succeed(INSTALL, "--prefix=prefix",
                     cwd=self.scratch if pathlib.Path(INSTALL).is_absolute()
                     else None,
                     env={"PATH": "/usr/bin:/bin",
                          "BUILD_WORKING_DIRECTORY": str(self.scratch)})
        pc = self.prefix / "lib/pkgconfig/rove.pc"
        self.assertIn(f"prefix={self.prefix}\n", pc.read_text())


class RefusalTest(Scratch):
    def refuse(self, code, why, *arguments):
        before = self.files()
        result = run(INSTALL, *arguments)
        self.assertEqual(result.returncode, code, result.stdout)
        self.assertIn(why, result.stdout)
        self.assertNotIn("Traceback", result.stdout)
        self.assertEqual(self.files(), before)

    def test_an_unknown_option_is_named(self):
        self.refuse(2, "--pefix", "--pefix=/nowhere")
        self.refuse(2, "--pre", "--pre=/nowhere")
        self.refuse(2, "somewhere", "somewhere")

    def test_a_name_that_pkg_config_cannot_hold_is_refused(self):
        self.refuse(2, "--prefix", f"--prefix={self.prefix} 2")

    def test_a_prefix_that_cannot_be_made_is_named(self):
        file = self.scratch / "file"
        file.touch()
        self.refuse(1, f"{file} is not a directory", f"--prefix={file}/prefix")

    def test_a_failure_on_the_way_leaves_nothing(self):
        (self.prefix / "lib/librove.a").mkdir(parents=True)
        self.refuse(1, "librove.a is a directory", f"--prefix={self.prefix}")


if __name__ == "__main__":
    unittest.main()

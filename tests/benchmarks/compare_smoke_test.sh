#!/bin/bash
# The comparison from end to end: a short run of everything must end well,
# and its reports must be what readers and tools expect.
set -u
compare="$1"
out="$TEST_TMPDIR/out"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

"$compare" --duration 30ms --rounds 1 --connections 8 --workers 2 --rate 4k \
    --out "$out" >"$TEST_TMPDIR/table" 2>"$TEST_TMPDIR/progress"
status=$?
cat "$TEST_TMPDIR/progress" "$TEST_TMPDIR/table"
[ $status -eq 0 ] || fail "exit status $status"
grep -q "are in $out" "$TEST_TMPDIR/table" || fail "the directory is not named"
grep -q "^relative to single" "$TEST_TMPDIR/table" || fail "no ratios"

"$compare" --duration 30ms --rounds 1 --service http --design stealing,epoll \
    --shape uniform --workers 2 --rate 4k --out "$out/http" >/dev/null ||
    fail "the HTTP service"

"$compare" --duration 50ms --rounds 1 --design epoll,offload,stealing \
    --shape uniform --workers 2 --rate 1k --work 200us --out "$out/work" \
    >/dev/null || fail "requests that work"
python3 - "$out/work/compare.json" <<'END' || fail "work is not done"
import json, sys
with open(sys.argv[1]) as file:
    report = json.load(file)
assert report["context"]["work_us"] == 200
for entry in report["benchmarks"]:
    # 200 us in each; some requests lie across the window's edges.
    assert entry["cpu_seconds_per_million"] > 100, entry
END

python3 - "$out/compare.json" "$out/http/compare.json" <<'END' || fail "JSON"
import json, sys
names = set()
requests = 0
for path in sys.argv[1:]:
    with open(path) as file:
        report = json.load(file)
    assert report["context"]["num_cpus"] >= 1
    assert report["context"]["open_loop_rate"] == 4000
    for entry in report["benchmarks"]:
        names.add(entry["name"])
        assert entry["run_type"] == "iteration", entry
        assert entry["time_unit"] == "us", entry
        assert entry["errors"] == 0, entry
        # The open loop waits for its answers; a starved closed loop may get
        # none in so short a time.
        assert 100 <= entry["samples"] <= 130, entry
        assert 0 < entry["p50_us"] <= entry["p99_us"], entry
        for key in ("real_time", "cpu_time", "requests_per_second",
                    "p999_us", "cpu_seconds_per_million", "steals", "parks"):
            assert entry[key] >= 0, (key, entry)
        assert ("computing_p99_us" in entry) == ("/mixed/" in entry["name"])
        requests += entry["iterations"]
assert requests > 0
expected = {f"{d}/{s}/echo"
            for d in ("epoll", "single", "offload", "sharded", "stealing")
            for s in ("uniform", "skewed", "mixed")}
expected |= {"stealing/uniform/http", "epoll/uniform/http"}
assert names == expected, names ^ expected
END

grep -q '<h1>' "$out/compare.html" || fail "no HTML"
grep -q '<svg' "$out/compare.html" || fail "no plots"
if grep -qE '(src|href)="http' "$out/compare.html"; then
    fail "the page needs something else"
fi

# A machine without gnuplot: everything but the plots, and it says so.
mkdir -p "$TEST_TMPDIR/bin"
PATH="$TEST_TMPDIR/bin" "$compare" --duration 20ms --rounds 1 --design epoll \
    --shape uniform --out "$out/plain" >/dev/null 2>"$TEST_TMPDIR/progress"
[ $? -eq 1 ] || fail "a missing gnuplot is not a failure"
grep -q 'gnuplot is not installed' "$TEST_TMPDIR/progress" ||
    fail "a missing gnuplot is not named"
grep -q 'plots are missing' "$out/plain/compare.html" || fail "no HTML"

# Bad options end at once, with a line that names the option.
for bad in "--workers 0" "--workers 257" "--workers x" "--connections 0" \
    "--duration 0" "--duration 5x" "--compute 0" "--compute 101" \
    "--work -1" "--work 2s" "--rate -1" "--design loops" "--shape uniform," "--service gopher" "--rounds 0" "--rounds 100"; do
    # shellcheck disable=SC2086
    message=$("$compare" $bad --out "$out/bad" 2>&1)
    [ $? -eq 2 ] || fail "$bad is not refused"
    [[ "$message" == *"${bad%% *}"* ]] || fail "$bad: $message"
done
# Too few open files for the connections: told before anything starts.
message=$(ulimit -n 200 && "$compare" --connections 500 --workers 2 \
    --out "$out/bad" 2>&1)
[ $? -eq 2 ] || fail "too few open files are not refused"
[[ "$message" == *"needs 552 open files"*"is 200"*"--connections 148"* ]] ||
    fail "too few open files: $message"
(ulimit -n 200 && "$compare" --connections 148 --workers 2 --rounds 1 \
    --duration 20ms --rate 1k --design sharded,stealing --shape mixed \
    --out "$out/few" >/dev/null) || fail "as many connections as it says"

for program in "$compare" "${compare%/*}/load/compare_load" \
    "${compare%/*}/server/compare_server"; do
    name="${program##*/}"
    message=$("$program" --bogus 2>&1 </dev/null)
    [ $? -eq 2 ] || fail "$name --bogus is not refused"
    [ "$message" = "$name: unrecognized option '--bogus'
Try '$name --help'." ] || fail "$name --bogus: $message"
done
"$compare" --out /proc/none/out >/dev/null 2>&1
[ $? -eq 1 ] || fail "a directory that cannot be made is not refused"
"$compare" --help | grep -q -- --shape || fail "--help"
echo ok

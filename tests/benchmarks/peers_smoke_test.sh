#!/bin/bash
# The comparison with peers from end to end, with few operations and those peers
# that are installed. None of them is among what tests need: without any, the
# program must name them, and end well.
set -u
peers="$1"
shift
out="$TEST_TMPDIR/out"
table="$TEST_TMPDIR/table"
message="$TEST_TMPDIR/message"

fail() {
    echo "FAILED: $*" >&2
    cat "$message" >&2
    exit 1
}

run() {
    "$peers" "${programs[@]}" --out "$out" "$@" >"$table" 2>"$message"
}

programs=("$@")

# Nothing but the runner's own needs: no compiler, no cargo, no go.
mkdir -p "$TEST_TMPDIR/bin"
ln -sf "$(command -v python3)" "$(command -v env)" "$TEST_TMPDIR/bin/"
PATH="$TEST_TMPDIR/bin" run --runs 2 --ops 200 --workers 2 --seed 7 \
    --peer go --peer onetbb --peer pthreads --peer tokio \
    --filter '^(yield|spawn_join|chan_mpmc)/' --json "$TEST_TMPDIR/copy.json" ||
    fail "without peers"
for peer in go onetbb pthreads tokio; do
    grep -q "^peers: $peer is left out: .* is not installed" "$message" ||
        fail "$peer is not named"
done
grep -q '^peers: seed 7$' "$message" || fail "no seed"
grep -Eq '^yield/2 +[0-9.]+' "$table" || fail "no row of yield"
cmp -s "$out/peers.json" "$TEST_TMPDIR/copy.json" || fail "--json"
python3 - "$out/peers.json" <<'PYTHON' || fail "the JSON"
import json, sys
found = json.load(open(sys.argv[1], encoding="utf-8"))
rows = {row["name"]: row for row in found["benchmarks"]}
assert sorted(rows) == ["rove/chan_mpmc/2", "rove/spawn_join/2",
                        "rove/yield/2"], rows
assert all(row["ns_per_op"] > 0 for row in rows.values()), rows
assert all(len(row["values"]) == 2 for row in rows.values()), rows
PYTHON
grep -q '</html>' "$out/peers.html" || fail "no page"

# Servers and load, beside the peer that needs no package but python itself.
run --runs 1 --peer asyncio --filter '^(yield|tcp_echo_64x16|http_hello_64x1)/1' \
    --ops 200 || fail "the services"
for row in yield/1 tcp_echo_64x16/1 http_hello_64x1/1; do
    grep -Eq "^$row +[0-9.k]+" "$table" || fail "no row of $row"
done

# Peers that build within seconds, if there is a compiler for them. (Go's and
# Rust's libraries take minutes.)
run --runs 1 --ops 200 --peer pthreads --peer libuv --peer epoll \
    --filter '^(chan_pingpong|foreign_wake|tcp_echo_64x1)/2' || fail "peers"
cat "$table"

# Bad options end at once, with a line that names the option.
for bad in "--filter no_such_workload" "--budget -1" "--runs 0"; do
    # shellcheck disable=SC2086
    run $bad --peer epoll
    [ $? -eq 2 ] || fail "$bad is not refused"
    grep -q "^peers: error: .*${bad%% *}" "$message" || fail "$bad"
    ! grep -q 'building' "$message" || fail "$bad is refused late"
done
run --peer gopher
[ $? -eq 2 ] || fail "an unknown peer is not refused"
run --help || fail "--help"
grep -q -- --install "$table" || fail "no --install in the help"
echo ok

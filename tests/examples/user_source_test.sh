#!/bin/bash
# The gate lets through who awaits it and who selects it, and nobody more.
set -u
output=$("$1")
status=$?
expected='two tasks awaited the gate, 0 failed
selected 3 more
then 0 in time'
if [ $status -ne 0 ] || [ "$output" != "$expected" ]; then
    echo "status $status, output:"
    echo "$output"
    exit 1
fi
echo ok

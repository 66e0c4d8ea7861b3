#!/bin/bash
# The tour prints the same with any number of workers, every time.
set -u
expected='run: the main task runs
create_task: 12 squared is 144
await: the root of -1: Numerical argument out of domain
gather: 1, 4, 9
gather, return_exceptions: 3, Numerical argument out of domain, 4
gather, the first failure: Numerical argument out of domain
gather, the other task was cancelled: yes
TaskGroup: the roots add up to 15
TaskGroup, a child fails: Numerical argument out of domain
as_completed: 2, 0, 1
wait, FIRST_COMPLETED: fast
wait, the results: 1, 49
current_task: guide
all_tasks: 3, 2 of them: after
all_tasks, as they end: 0, 1
timeout: it has passed
timeout: the outer one has passed
cancel: the task was cancelled: yes
cancel scope, waits refused: 2
async with: the guest finishes the glass
async with: the guest says goodbye
async with: the guest closes the door
shield: the wait was cut short
shield: the task was cancelled: no
to_thread: 9 squared is 81
Queue: 1, 2, 3, 4, 5
select: the event
Event: all 6 ran
Lock: counted 6000
Semaphore: never more than 2: yes
run: the main task returned 7'
for workers in 1 2 8 1 2 8; do
    output=$("$1" $workers)
    status=$?
    if [ $status -ne 0 ] || [ "$output" != "$expected" ]; then
        echo "$workers workers, status $status, output:"
        echo "$output"
        exit 1
    fi
done
echo ok

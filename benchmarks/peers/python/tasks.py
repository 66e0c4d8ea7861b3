"""Switches, and tasks that are made and end."""

import asyncio
import time

BATCH = 1000
FIB_MAX = 32


def per_op(start, ops):
    return {"ns_per_op": (time.perf_counter_ns() - start) / ops}


async def yield_often(times):
    for _ in range(times):
        await asyncio.sleep(0)


async def yield_among(tasks, ops):
    start = time.perf_counter_ns()
    await asyncio.gather(*[yield_often(ops // tasks) for _ in range(tasks)])
    return per_op(start, ops)


async def yield_pair(ops):
    return await yield_among(2, ops)


async def yield_100(ops):
    return await yield_among(100, ops)


async def do_nothing():
    pass


async def spawn_join(ops):
    start = time.perf_counter_ns()
    for _ in range(ops):
        await asyncio.create_task(do_nothing())
    return per_op(start, ops)


async def spawn_join_wait(ops):
    """The child waits; another task is ready, so that the wait is one."""
    is_over = False

    async def spin():
        while not is_over:
            await asyncio.sleep(0)

    other = asyncio.create_task(spin())
    start = time.perf_counter_ns()
    for _ in range(ops):
        await asyncio.create_task(asyncio.sleep(0))
    found = per_op(start, ops)
    is_over = True
    await other
    return found


async def spawn_batch(ops):
    start = time.perf_counter_ns()
    for done in range(0, ops, BATCH):
        tasks = [asyncio.create_task(do_nothing())
                 for _ in range(min(BATCH, ops - done))]
        for task in tasks:
            await task
    return per_op(start, ops)


async def return_number(number):
    return number


async def gather(ops):
    start = time.perf_counter_ns()
    for done in range(0, ops, BATCH):
        size = min(BATCH, ops - done)
        results = await asyncio.gather(*map(return_number, range(size)))
        assert results[-1] == size - 1
    return per_op(start, ops)


async def fib(n):
    if n < 2:
        return n
    left = asyncio.create_task(fib(n - 1))
    right = await fib(n - 2)
    return await left + right


async def fib_tree(ops):
    """The largest fib with at most so many calls."""
    n, value, last, calls, before = 1, 1, 0, 1, 1
    while n < FIB_MAX and calls + before + 1 <= ops:
        n, value, last = n + 1, value + last, value
        calls, before = calls + before + 1, calls
    start = time.perf_counter_ns()
    found = await fib(n)
    assert found == value
    return per_op(start, calls)

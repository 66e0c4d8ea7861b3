"""Queues, locks, timers, and waiting for threads."""

import asyncio
import threading
import time

from tasks import per_op

CAPACITY = 128
PARTIES = 4
TASKS = 8
PAUSE = 30000  # ns
END = -1


async def send_all(queue, first, count):
    for item in range(first, first + count):
        await queue.put(item)


async def receive_all(queue):
    total = 0
    while (item := await queue.get()) != END:
        total += item
    return total


async def pass_items(pairs, ops):
    queue = asyncio.Queue(CAPACITY)
    each = ops // pairs
    start = time.perf_counter_ns()
    consumers = [asyncio.create_task(receive_all(queue)) for _ in range(pairs)]
    await asyncio.gather(*[send_all(queue, number * each, each)
                           for number in range(pairs)])
    for _ in consumers:
        await queue.put(END)
    total = sum(await asyncio.gather(*consumers))
    assert total == each * pairs * (each * pairs - 1) // 2
    return per_op(start, ops)


async def chan_buffered(ops):
    return await pass_items(1, ops)


async def chan_mpmc(ops):
    return await pass_items(PARTIES, ops)


async def chan_pingpong(ops):
    """An item goes to another task and comes back before the next one goes."""
    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def return_items():
        while (item := await there.get()) != END:
            await back.put(item)

    wall = asyncio.create_task(return_items())
    start = time.perf_counter_ns()
    for item in range(ops):
        await there.put(item)
        assert await back.get() == item
    found = per_op(start, ops)
    await there.put(END)
    await wall
    return found


async def add_together(tasks, is_held, ops):
    lock = asyncio.Lock()
    count = 0

    async def add_often():
        nonlocal count
        for _ in range(ops // tasks):
            async with lock:
                count += 1
                if is_held:
                    await asyncio.sleep(0)

    start = time.perf_counter_ns()
    await asyncio.gather(*[add_often() for _ in range(tasks)])
    assert count == ops // tasks * tasks
    return per_op(start, ops)


async def mutex_uncontended(ops):
    return await add_together(1, False, ops)


async def mutex_contended(ops):
    return await add_together(TASKS, True, ops)


async def mutex_brief(ops):
    return await add_together(TASKS, False, ops)


async def scope_unused(ops):
    """A deadline for what waits for nothing."""
    total = 0
    start = time.perf_counter_ns()
    for number in range(ops):
        async with asyncio.timeout(0.25):
            total += number
    assert total == ops * (ops - 1) // 2
    return per_op(start, ops)


async def timer_add_cancel(ops):
    loop = asyncio.get_running_loop()
    start = time.perf_counter_ns()
    for _ in range(ops):
        loop.call_later(1, print).cancel()
    return per_op(start, ops)


async def foreign_wake(ops):
    """The median and the 99th percentile from a thread's call to the task that
    goes on."""
    loop = asyncio.get_running_loop()
    waits = [loop.create_future() for _ in range(ops)]
    begun = threading.Semaphore(0)

    def ring():
        for wait in waits:
            begun.acquire()
            time.sleep(PAUSE / 1e9)
            now = time.perf_counter_ns()
            loop.call_soon_threadsafe(wait.set_result, now)

    thread = threading.Thread(target=ring)
    thread.start()
    latency = []
    for wait in waits:
        begun.release()
        set_at = await wait
        latency.append(time.perf_counter_ns() - set_at)
    thread.join()
    latency.sort()
    return {"ns_per_op": latency[ops // 2], "p99_ns": latency[ops * 99 // 100]}


async def offload_roundtrip(ops):
    start = time.perf_counter_ns()
    for number in range(ops):
        assert await asyncio.to_thread(abs, number) == number
    return per_op(start, ops)

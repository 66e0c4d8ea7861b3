// What the tests of this room share: a worker that is nothing but its handoff
// and its thread's fiber, a switch spelled as one call, and a fiber on memory
// of the test's own.
#ifndef TESTS_CONTEXT_FIBERS_H
#define TESTS_CONTEXT_FIBERS_H

#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" {
#include "src/context/switch.h"
}

using Publish = void (*)(rv_handoff *, void *);

// The handoff comes first, so that a handoff leads to its worker.
struct Worker {
    Worker()
    {
        rv_fiber_adopt_thread(&thread);
    }

    ~Worker()
    {
        rv_fiber_fini(&thread);
    }

    Worker(const Worker &) = delete;
    Worker &operator=(const Worker &) = delete;

    static Worker *Of(rv_handoff *h)
    {
        return reinterpret_cast<Worker *>(h);
    }

    rv_handoff handoff{};
    rv_fiber thread{};
    void *data = nullptr;
};

// Leaves `from`, on which the caller is; returns the worker that resumed it.
inline Worker *Switch(Worker *worker, rv_fiber *from, rv_fiber *to,
                      Publish publish = nullptr, void *arg = nullptr)
{
    worker->handoff.from = from;
    worker->handoff.publish = publish;
    worker->handoff.arg = arg;
    return Worker::Of(rv_switch(&worker->handoff, to));
}

[[noreturn]] inline void SwitchFinal(Worker *worker, rv_fiber *from,
                                     rv_fiber *to, Publish publish = nullptr,
                                     void *arg = nullptr)
{
    worker->handoff.from = from;
    worker->handoff.publish = publish;
    worker->handoff.arg = arg;
    rv_switch_final(&worker->handoff, to);
}

constexpr size_t kStackSize = 64 * 1024;

// Memory of a stack, full of garbage as that of a used one would be.
class Stack
{
  public:
    Stack() : memory_(kStackSize + kAbove, 'A')
    {
    }

    char *low()
    {
        return memory_.data();
    }

    bool Covers(const void *address)
    {
        auto offset = reinterpret_cast<uintptr_t>(address) -
                      reinterpret_cast<uintptr_t>(low());
        return offset < kStackSize;
    }

    void Init(rv_fiber *fiber, void (*entry)(rv_handoff *), size_t down = 0)
    {
        rv_fiber_init(fiber, low(), kStackSize, low() + kStackSize - down,
                      entry);
    }

  private:
    // Garbage above the stack too, for walkers that miss its end.
    static constexpr size_t kAbove = 4096;
    std::vector<char> memory_;
};

// A test's fiber and what it leaves behind for the test to look at.
struct Fiber {
    Stack stack;
    rv_fiber fiber{};
    int64_t result = 0;
    rv_fiber *peer = nullptr;
};

inline Fiber *FiberOf(rv_handoff *h)
{
    return static_cast<Fiber *>(Worker::Of(h)->data);
}

// Runs entry on f's stack until it first switches back.
inline void Start(Worker *worker, Fiber *f, void (*entry)(rv_handoff *))
{
    worker->data = f;
    f->stack.Init(&f->fiber, entry);
    Switch(worker, &worker->thread, &f->fiber);
}

// For the end of an entry function.
[[noreturn]] inline void Finish(rv_handoff *h, Fiber *f)
{
    Worker *worker = Worker::Of(h);
    SwitchFinal(worker, &f->fiber, &worker->thread);
}

#endif

// At stake: what a task learns of itself after it moved to another thread: the
// library never answers for the thread it was on before.

#include <cerrno>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

extern "C" {
#include "src/sched/current.h"
#include "src/sched/worker.h"
}

#include "tests/support/with_runtime.h"

namespace
{

thread_local int thread_word;

// What a guide to users asks for: thread-locals are read through calls that no
// compiler merges or keeps over a wait.
__attribute__((noinline)) int *ErrnoHere()
{
    int *place = &errno;
    __asm__ volatile("" : "+r"(place) : : "memory");
    return place;
}

__attribute__((noinline)) int *WordHere()
{
    int *place = &thread_word;
    __asm__ volatile("" : "+r"(place) : : "memory");
    return place;
}

__attribute__((noinline)) pthread_t ThreadHere()
{
    pthread_t thread = pthread_self();
    __asm__ volatile("" : "+r"(thread) : : "memory");
    return thread;
}

class SelfTest : public WithRuntime
{
  protected:
    static constexpr int kYieldsMax = 20000000;

    // Suspends the caller, which goes on on the other one of two workers: who
    // wakes it keeps its worker busy until it has moved.
    static void Migrate()
    {
        struct Stay {
            ~Stay()
            {
                rove_future_unref(gate);
            }
            rove_future *gate = rove_future_new();
            std::atomic<bool> moved{false};
        };
        auto stay = std::make_shared<Stay>();
        auto own = std::make_unique<Body>([stay] {
            EXPECT_EQ(rove_future_set(stay->gate, 0), 0);
            /* Busy as its own worker sees it; but where two workers share a
             * CPU the other one must get it. */
            for (int i = 0; i < kYieldsMax && !stay->moved; i++) {
                sched_yield();
            }
            EXPECT_TRUE(stay->moved);
            return 0;
        });
        int before = rove_worker_index();
        rove_task_options options;
        rove_task_options_init(&options);
        options.worker = before;
        rove_task *task = rove_spawn_with(&options, CallOwnBody, own.get());
        ASSERT_NE(task, nullptr);
        (void)own.release();
        rove_detach(task); // its end would wake the caller where it was
        EXPECT_EQ(rove_future_wait(stay->gate, nullptr), 0);
        stay->moved = true;
        EXPECT_NE(rove_worker_index(), before);
    }
};

INSTANTIATE_TEST_SUITE_P(Two, SelfTest,
                         ::testing::Values(Setup{2, ROVE_STEALING}), NameOf);

TEST_P(SelfTest, TheWorkerIsFreshAfterAMigration)
{
    InTask([] {
        for (int i = 0; i < 20; i++) {
            rove_task *self = rove_self();
            rv_current *record = rv_current_get();
            rv_worker *worker = rv_current_worker();
            Migrate();
            EXPECT_NE(rv_current_get(), record);
            EXPECT_NE(rv_current_worker(), worker);
            EXPECT_EQ(rv_current_worker()->index, rove_worker_index());
            EXPECT_EQ(rv_current_worker()->current, self);
            EXPECT_EQ(rove_self(), self);
        }
    });
}

TEST_P(SelfTest, ThreadLocalsBelongToTheThreadAfterAMigration)
{
    InTask([] {
        for (int i = 0; i < 20; i++) {
            int *error = ErrnoHere();
            int *word = WordHere();
            *word = rove_worker_index() + 1;
            Migrate();
            EXPECT_NE(ErrnoHere(), error);
            EXPECT_NE(WordHere(), word);
            EXPECT_NE(*WordHere(), *word);
        }
    });
}

// The library's own calls take no error from the thread they were on.
TEST_P(SelfTest, ErrorsAreValuesAfterAMigration)
{
    InTask([] {
        for (int i = 0; i < 20; i++) {
            *ErrnoHere() = EINTR;
            Migrate();
            *ErrnoHere() = EAGAIN;
            char byte;
            EXPECT_EQ(rove_read(-1, &byte, 1), -EBADF);
            EXPECT_EQ(rove_spawn_copy(CallBody, &byte, SIZE_MAX), nullptr);
            EXPECT_EQ(rove_join(nullptr), -ENOMEM);
        }
    });
}

TEST_P(SelfTest, TheThreadIsFreshAfterAMigration)
{
    InTask([] {
        for (int i = 0; i < 20; i++) {
            pid_t id = gettid();
            pthread_t thread = ThreadHere();
            Migrate();
            EXPECT_NE(gettid(), id);
            EXPECT_FALSE(pthread_equal(ThreadHere(), thread));
            EXPECT_TRUE(pthread_equal(ThreadHere(),
                                      rv_current_worker()->thread.handle));
        }
    });
}

TEST_P(SelfTest, APinHoldsThoughTheWorkerIsBusy)
{
    InTask([] {
        rove_pin();
        int home = rove_worker_index();
        rove_future *gate = rove_future_new();
        rove_task *task = Spawn([&] {
            EXPECT_EQ(rove_future_set(gate, 0), 0);
            ComputeFor(5 * ROVE_MS);
            return 0;
        });
        EXPECT_EQ(rove_future_wait(gate, nullptr), 0);
        EXPECT_EQ(rove_worker_index(), home);
        rove_unpin();
        EXPECT_EQ(rove_join(task), 0);
        rove_future_unref(gate);
        Migrate();
    });
}

TEST_P(SelfTest, NameAndSpawnErrorMoveWithTheTask)
{
    InTask([] {
        rove_task_set_name(nullptr, "wanderer");
        char byte = 0;
        EXPECT_EQ(rove_spawn_copy(CallBody, &byte, SIZE_MAX), nullptr);
        uint64_t id = rove_task_id(rove_self());
        Migrate();
        char name[32];
        rove_task_get_name(name, sizeof name);
        EXPECT_STREQ(name, "wanderer");
        EXPECT_EQ(rove_task_id(rove_self()), id);
        EXPECT_EQ(rove_join(nullptr), -ENOMEM);
        EXPECT_FALSE(rove_cancelled());
    });
}

} // namespace

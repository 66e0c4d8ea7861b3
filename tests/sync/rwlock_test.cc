// At stake: many readers or one writer; first in, first out by batches of
// readers; nobody who leaves the line leaves others behind in it.

#include <cerrno>
#include <vector>

#include "tests/sync/in_line.h"

namespace
{

class RwlockTest : public WithRuntime
{
  protected:
    void TearDown() override
    {
        EXPECT_EQ(lock_.writer, 0U);
        EXPECT_EQ(lock_.readers, 0U);
        EXPECT_EQ(InLine(lock_), 0);
        WithRuntime::TearDown();
    }

    rove_task *Reader()
    {
        return Spawn([this] {
            int error = rove_rwlock_read(&lock_);
            if (error == 0) {
                EXPECT_EQ(writers_, 0);
                readers_++;
                (void)Eventually([this] { return may_leave_.load(); });
                readers_--;
                rove_rwlock_unlock(&lock_);
            }
            return error;
        });
    }

    rove_task *Writer()
    {
        return Spawn([this] {
            int error = rove_rwlock_write(&lock_);
            if (error == 0) {
                EXPECT_EQ(readers_, 0);
                EXPECT_EQ(writers_++, 0);
                (void)Eventually([this] { return may_leave_.load(); });
                writers_--;
                rove_rwlock_unlock(&lock_);
            }
            return error;
        });
    }

    rove_rwlock lock_ = ROVE_RWLOCK_INIT;
    std::atomic<int> readers_{0};
    std::atomic<int> writers_{0};
    std::atomic<bool> may_leave_{false};
};

INSTANTIATE_TEST_SUITE_P(Designs, RwlockTest, ::testing::ValuesIn(kDesigns),
                         NameOf);

TEST_P(RwlockTest, ManyReadersOrOneWriter)
{
    InTask([this] {
        EXPECT_EQ(rove_rwlock_read(&lock_), 0);
        EXPECT_EQ(rove_rwlock_try_read(&lock_), 0);
        EXPECT_EQ(rove_rwlock_try_write(&lock_), -EBUSY);
        rove_rwlock_unlock(&lock_);
        EXPECT_EQ(rove_rwlock_try_write(&lock_), -EBUSY);
        rove_rwlock_unlock(&lock_);
        EXPECT_EQ(rove_rwlock_write(&lock_), 0);
        EXPECT_EQ(rove_rwlock_try_read(&lock_), -EBUSY);
        EXPECT_EQ(rove_rwlock_try_write(&lock_), -EBUSY);
        rove_rwlock_unlock(&lock_);
        EXPECT_EQ(rove_rwlock_try_write(&lock_), 0);
        rove_rwlock_unlock(&lock_);
    });
}

TEST_P(RwlockTest, ReadersBehindAWriterWaitAndComeInTogether)
{
    InTask([this] {
        EXPECT_EQ(rove_rwlock_read(&lock_), 0);
        rove_task *writer = Writer();
        EXPECT_TRUE(ComesToBeInLine(lock_, 1));
        EXPECT_EQ(rove_rwlock_try_read(&lock_), -EBUSY);
        std::vector<rove_task *> tasks = {Reader()};
        EXPECT_TRUE(ComesToBeInLine(lock_, 2));
        tasks.push_back(Reader());
        EXPECT_TRUE(ComesToBeInLine(lock_, 3));
        tasks.push_back(Writer());
        EXPECT_TRUE(ComesToBeInLine(lock_, 4));
        tasks.push_back(Reader());
        EXPECT_TRUE(ComesToBeInLine(lock_, 5));

        rove_rwlock_unlock(&lock_);
        EXPECT_TRUE(Eventually([this] { return writers_ == 1; }));
        EXPECT_EQ(InLine(lock_), 4);
        may_leave_ = true;
        EXPECT_EQ(rove_join(writer), 0);
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

TEST_P(RwlockTest, ABatchOfReadersEndsAtTheNextWriter)
{
    InTask([this] {
        EXPECT_EQ(rove_rwlock_write(&lock_), 0);
        std::vector<rove_task *> tasks;
        for (int i = 0; i < 3; i++) {
            tasks.push_back(Reader());
            EXPECT_TRUE(ComesToBeInLine(lock_, i + 1));
        }
        tasks.push_back(Writer());
        EXPECT_TRUE(ComesToBeInLine(lock_, 4));
        tasks.push_back(Reader());
        EXPECT_TRUE(ComesToBeInLine(lock_, 5));
        rove_rwlock_unlock(&lock_);
        EXPECT_EQ(InLine(lock_), 2);
        EXPECT_TRUE(Eventually([this] { return readers_ == 3; }));
        may_leave_ = true;
        for (rove_task *task : tasks) {
            EXPECT_EQ(rove_join(task), 0);
        }
    });
}

TEST_P(RwlockTest, ACancelledWriterLetsReadersBehindItThrough)
{
    InTask([this] {
        EXPECT_EQ(rove_rwlock_read(&lock_), 0);
        rove_task *writer = Writer();
        EXPECT_TRUE(ComesToBeInLine(lock_, 1));
        std::vector<rove_task *> readers;
        for (int i = 0; i < 3; i++) {
            readers.push_back(Reader());
            EXPECT_TRUE(ComesToBeInLine(lock_, i + 2));
        }
        EXPECT_EQ(CancelAndJoin(writer), -ECANCELED);
        EXPECT_TRUE(Eventually([this] { return readers_ == 3; }));
        rove_rwlock_unlock(&lock_);
        may_leave_ = true;
        for (rove_task *reader : readers) {
            EXPECT_EQ(rove_join(reader), 0);
        }
    });
}

TEST_P(RwlockTest, ACancelledReaderLeavesTheLine)
{
    InTask([this] {
        EXPECT_EQ(rove_rwlock_write(&lock_), 0);
        rove_task *reader = Reader();
        EXPECT_TRUE(ComesToBeInLine(lock_, 1));
        EXPECT_EQ(CancelAndJoin(reader), -ECANCELED);
        EXPECT_EQ(InLine(lock_), 0);
        rove_rwlock_unlock(&lock_);
        EXPECT_EQ(lock_.readers, 0U);
    });
}

TEST_P(RwlockTest, PlainThreadsTakePart)
{
    InTask([this] {
        EXPECT_EQ(rove_rwlock_write(&lock_), 0);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; i++) {
            threads.emplace_back([this, i] {
                if (i % 2 == 0) {
                    EXPECT_EQ(rove_rwlock_read(&lock_), 0);
                } else {
                    EXPECT_EQ(rove_rwlock_write(&lock_), 0);
                }
                rove_rwlock_unlock(&lock_);
            });
            EXPECT_TRUE(ComesToBeInLine(lock_, i + 1));
        }
        rove_rwlock_unlock(&lock_);
        for (std::thread &thread : threads) {
            thread.join();
        }
    });
}

TEST(RwlockDeathTest, UnlockingWhatOneDoesNotHoldIsMisuse)
{
    const char *line = "rove: rove_rwlock_unlock: the caller does not hold";
    rove_rwlock lock = ROVE_RWLOCK_INIT;
    EXPECT_DEATH(rove_rwlock_unlock(&lock), line);
    std::thread([&] { EXPECT_EQ(rove_rwlock_write(&lock), 0); }).join();
    EXPECT_DEATH(rove_rwlock_unlock(&lock), line);
}

TEST(RwlockDeathTest, LockingWhatOneWritesIsMisuse)
{
    rove_rwlock lock = ROVE_RWLOCK_INIT;
    EXPECT_EQ(rove_rwlock_write(&lock), 0);
    EXPECT_DEATH((void)!rove_rwlock_read(&lock),
                 "rove: rove_rwlock_read: the caller writes already");
    EXPECT_DEATH((void)!rove_rwlock_write(&lock),
                 "rove: rove_rwlock_write: the caller writes already");
    rove_rwlock_unlock(&lock);
}

} // namespace

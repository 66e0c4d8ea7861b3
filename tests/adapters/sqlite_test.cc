// SQLite on the offload pool: no worker is held up, calls of one connection do
// not mix, and a timeout reaches into a statement that runs.
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/server.h"
#include "tests/support/tasks.h"

#include "adapters/sqlite/rove_sqlite.h"

namespace
{

constexpr int kCreate = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
constexpr char kEndless[] =
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
    "SELECT count(*) FROM c";

// A connection for the life of the object.
class Sqlite
{
  public:
    explicit Sqlite(const std::string &path)
    {
        EXPECT_EQ(rove_sqlite_open(path.c_str(), kCreate, &sqlite_), 0);
    }

    Sqlite(const Sqlite &) = delete;
    Sqlite &operator=(const Sqlite &) = delete;

    ~Sqlite()
    {
        rove_sqlite_close(sqlite_);
    }

    int Exec(const char *sql) const
    {
        return rove_sqlite_exec(sqlite_, sql);
    }

    // The first number of the first row.
    int64_t Number(const char *sql) const
    {
        return rove_sqlite_call(
            sqlite_,
            [](sqlite3 *db, void *text) {
                sqlite3_stmt *statement = nullptr;
                int64_t number = -1;
                EXPECT_EQ(sqlite3_prepare_v2(db, static_cast<char *>(text), -1,
                                             &statement, nullptr),
                          SQLITE_OK);
                if (sqlite3_step(statement) == SQLITE_ROW) {
                    number = sqlite3_column_int64(statement, 0);
                }
                sqlite3_finalize(statement);
                return number;
            },
            const_cast<char *>(sql));
    }

    rove_sqlite *get() const
    {
        return sqlite_;
    }

  private:
    rove_sqlite *sqlite_ = nullptr;
};

TEST(SqliteTest, TransactionsOfManyTasksDoNotMix)
{
    TempDir dir;
    RunTasks(4, [&] {
        Sqlite sqlite(dir.Path("db"));
        EXPECT_EQ(sqlite.Exec("PRAGMA synchronous = OFF;"
                              "CREATE TABLE t(n); INSERT INTO t VALUES (0)"),
                  SQLITE_OK);
        std::vector<std::unique_ptr<Task>> tasks;
        for (int i = 0; i < 30; i++) {
            tasks.push_back(std::make_unique<Task>([&] {
                EXPECT_EQ(sqlite.Exec("BEGIN; UPDATE t SET n = n + 1; COMMIT"),
                          SQLITE_OK);
            }));
        }
        tasks.clear();
        EXPECT_EQ(sqlite.Number("SELECT n FROM t"), 30);
    });
}

// The only worker lets the statement go on that waits for it.
TEST(SqliteTest, WorkerRunsOthersWhileAStatementRuns)
{
    TempDir dir;
    RunTasks(1, [&] {
        Sqlite sqlite(dir.Path("db"));
        std::atomic<int> state{0};
        Task statement([&] {
            EXPECT_EQ(rove_sqlite_call(
                          sqlite.get(),
                          [](sqlite3 *, void *arg) -> int64_t {
                              auto *flag = static_cast<std::atomic<int> *>(arg);
                              *flag = 1;
                              while (*flag != 2) {
                                  (void)sqlite3_sleep(1);
                              }
                              return 7;
                          },
                          &state),
                      7);
        });
        EXPECT_TRUE(YieldUntil([&] { return state == 1; }));
        state = 2;
    });
}

TEST(SqliteTest, TimeoutStopsAStatementThatRuns)
{
    TempDir dir;
    RunTasks(2, [&] {
        Sqlite sqlite(dir.Path("db"));
        EXPECT_EQ(CutShort([&] { return sqlite.Exec(kEndless); }),
                  SQLITE_INTERRUPT);
        EXPECT_EQ(sqlite.Number("SELECT 5"), 5);
    });
}

TEST(SqliteTest, CallThatWaitsForItsTurnCanBeCancelled)
{
    TempDir dir;
    RunTasks(2, [&] {
        Sqlite sqlite(dir.Path("db"));
        EXPECT_EQ(sqlite.Exec("CREATE TABLE t(n)"), SQLITE_OK);
        std::atomic<bool> runs{false};
        Task endless([&] {
            EXPECT_EQ(rove_sqlite_call(
                          sqlite.get(),
                          [](sqlite3 *db, void *flag) -> int64_t {
                              *static_cast<std::atomic<bool> *>(flag) = true;
                              return sqlite3_exec(db, kEndless, nullptr,
                                                  nullptr, nullptr);
                          },
                          &runs),
                      SQLITE_INTERRUPT);
        });
        EXPECT_TRUE(YieldUntil([&] { return runs.load(); }));
        int status = 0;
        int code = 0;
        ROVE_TIMEOUT(5 * ROVE_MS, &status)
        {
            code = sqlite.Exec("INSERT INTO t VALUES (1)");
        }
        EXPECT_EQ(code, -ECANCELED);
        endless.Cancel();
        endless.Join();
        EXPECT_EQ(sqlite.Number("SELECT count(*) FROM t"), 0);
    });
}

TEST(SqliteTest, LockOfAnotherConnectionIsWaitedForAsLongAsThereIsTime)
{
    TempDir dir;
    RunTasks(2, [&] {
        Sqlite first(dir.Path("db"));
        Sqlite second(dir.Path("db"));
        EXPECT_EQ(first.Exec("CREATE TABLE t(n); BEGIN IMMEDIATE"), SQLITE_OK);
        EXPECT_EQ(
            CutShort([&] { return second.Exec("INSERT INTO t VALUES (1)"); }),
            SQLITE_BUSY);
        Task insert([&] {
            EXPECT_EQ(second.Exec("INSERT INTO t VALUES (2)"), SQLITE_OK);
        });
        EXPECT_EQ(first.Exec("COMMIT"), SQLITE_OK);
        insert.Join();
        EXPECT_EQ(first.Number("SELECT sum(n) FROM t"), 2);
    });
}

TEST(SqliteTest, DatabaseThatCannotBeOpenedIsAnError)
{
    TempDir dir;
    RunTasks(1, [&] {
        rove_sqlite *sqlite = nullptr;
        EXPECT_EQ(
            rove_sqlite_open(dir.Path("none/db").c_str(), kCreate, &sqlite),
            SQLITE_CANTOPEN);
        EXPECT_EQ(sqlite, nullptr);
        rove_sqlite_close(sqlite);
    });
}

} // namespace

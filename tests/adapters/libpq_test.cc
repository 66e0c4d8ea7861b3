// PostgreSQL by libpq, against a cluster of Debian's that the test makes: every
// result belongs to its query, a query that was given up leaves a connection
// that works or one that says it does not, and a server that goes away is an
// error and not a wait.
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/server.h"
#include "tests/support/tasks.h"

#include "adapters/libpq/rove_pq.h"

namespace
{

constexpr char kOwner[] = "postgres";
const std::string kBin = "/usr/lib/postgresql/15/bin/";
constexpr char kReady[] = "database system is ready to accept connections";

// A cluster with a server on a Unix socket. Postgres refuses to run as root.
class Cluster
{
  public:
    Cluster()
    {
        const struct passwd *owner = getpwnam(kOwner);
        if (getuid() == 0 && owner != nullptr) {
            EXPECT_EQ(chown(dir_.Path().c_str(), owner->pw_uid, owner->pw_gid),
                      0);
        }
        Server initdb({kBin + "initdb", "--pgdata", dir_.Path("data"),
                       "--username", "test", "--auth", "trust", "--no-sync",
                       "--no-instructions", "--no-locale", "--wal-segsize",
                       "1"},
                      "creating subdirectories", kOwner);
        EXPECT_EQ(initdb.Wait(), 0) << initdb.Printed();
        server_ = std::make_unique<Server>(
            std::vector<std::string>{
                kBin + "postgres", "-D", dir_.Path("data"), "-k", dir_.Path(),
                "-c", "listen_addresses=", "-c", "fsync=off", "-c",
                "shared_buffers=1MB", "-c", "autovacuum=off"},
            kReady, kOwner);
    }

    void Stop()
    {
        EXPECT_EQ(server_->Stop(SIGINT), 0); // does not wait for clients
    }

    void Start()
    {
        server_->Start(kReady);
    }

    std::string Conninfo() const
    {
        return "host=" + dir_.Path() + " user=test dbname=postgres";
    }

  private:
    TempDir dir_;
    std::unique_ptr<Server> server_;
};

class PqTest : public ::testing::Test
{
  protected:
    static void SetUpTestSuite()
    {
        cluster_ = std::make_unique<Cluster>();
    }

    static void TearDownTestSuite()
    {
        cluster_->Stop();
        cluster_.reset();
    }

    static std::unique_ptr<Cluster> cluster_;
};

std::unique_ptr<Cluster> PqTest::cluster_;

// A connection for the life of the object.
class Connection
{
  public:
    explicit Connection(const std::string &conninfo)
    {
        EXPECT_EQ(rove_pq_connect(conninfo.c_str(), &conn_), 0)
            << PQerrorMessage(conn_);
    }

    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    ~Connection()
    {
        PQfinish(conn_);
    }

    PGconn *get() const
    {
        return conn_;
    }

  private:
    PGconn *conn_ = nullptr;
};

// The first value of a result, or its SQLSTATE.
std::string Value(PGresult *result)
{
    std::string value = "none";
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        value = PQgetvalue(result, 0, 0);
    } else if (result != nullptr) {
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        value = state != nullptr ? state : PQresStatus(PQresultStatus(result));
    }
    PQclear(result);
    return value;
}

std::string Query(const Connection &connection, const char *query)
{
    PGresult *result = nullptr;
    int error = rove_pq_query(connection.get(), query, &result);
    return error == 0 ? Value(result) : std::to_string(error);
}

std::string Next(const Connection &connection)
{
    PGresult *result = nullptr;
    int error = rove_pq_result(connection.get(), &result);
    return error == 0 ? Value(result) : std::to_string(error);
}

TEST_F(PqTest, ResultsBelongToTheirQueries)
{
    RunTasks(4, [&] {
        std::vector<std::unique_ptr<Task>> tasks;
        for (int i = 0; i < 10; i++) {
            tasks.push_back(std::make_unique<Task>([&, i] {
                Connection connection(cluster_->Conninfo());
                std::string text =
                    "SELECT repeat('x', 100000) || " + std::to_string(i);
                EXPECT_EQ(Query(connection, text.c_str()),
                          std::string(100000, 'x') + std::to_string(i));
                EXPECT_EQ(Query(connection, "SELECT 1; SELECT 2"), "2");
                EXPECT_EQ(Query(connection, "SELECT 1/0"), "22012");
                std::string number = std::to_string(i);
                const char *values[] = {number.c_str()};
                EXPECT_EQ(PQsendQueryParams(connection.get(),
                                            "SELECT $1::int + 1", 1, nullptr,
                                            values, nullptr, nullptr, 0),
                          1);
                PGresult *result = nullptr;
                EXPECT_EQ(rove_pq_collect(connection.get(), &result), 0);
                EXPECT_EQ(Value(result), std::to_string(i + 1));
            }));
        }
    });
}

// More than both sockets hold, both ways: who only writes would never end.
TEST_F(PqTest, PipelineMayBeLongerThanTheSocketsHold)
{
    constexpr int kQueries = 100;
    const std::string text(20000, 'x');
    RunTasks(2, [&] {
        Connection connection(cluster_->Conninfo());
        const char *values[] = {text.c_str()};
        EXPECT_EQ(PQenterPipelineMode(connection.get()), 1);
        for (int i = 0; i < kQueries; i++) {
            EXPECT_EQ(PQsendQueryParams(connection.get(), "SELECT $1::text", 1,
                                        nullptr, values, nullptr, nullptr, 0),
                      1);
        }
        EXPECT_EQ(PQpipelineSync(connection.get()), 1);
        EXPECT_EQ(rove_pq_flush(connection.get()), 0);
        for (int i = 0; i < kQueries; i++) {
            EXPECT_EQ(Next(connection), text);
            EXPECT_EQ(Next(connection), "none");
        }
        EXPECT_EQ(Next(connection), "PGRES_PIPELINE_SYNC");
        EXPECT_EQ(PQexitPipelineMode(connection.get()), 1);
        EXPECT_EQ(Query(connection, "SELECT 3"), "3");
    });
}

TEST_F(PqTest, QueryThatIsGivenUpLeavesAConnectionThatWorks)
{
    RunTasks(2, [&] {
        Connection connection(cluster_->Conninfo());
        std::string got;
        int status = 0;
        ROVE_TIMEOUT(20 * ROVE_MS, &status)
        {
            got = Query(connection, "SELECT pg_sleep(600)");
        }
        EXPECT_EQ(status, -ETIMEDOUT);
        EXPECT_EQ(got, std::to_string(-ECANCELED));
        EXPECT_EQ(PQstatus(connection.get()), CONNECTION_OK);
        EXPECT_EQ(Query(connection, "SELECT 4"), "4");
    });
}

TEST_F(PqTest, ResultThatIsGivenUpComesLater)
{
    RunTasks(2, [&] {
        Connection connection(cluster_->Conninfo());
        Connection other(cluster_->Conninfo());
        EXPECT_EQ(Query(other, "SELECT pg_advisory_lock(1)"), "");
        EXPECT_EQ(PQsendQuery(connection.get(),
                              "SELECT 5 FROM pg_advisory_xact_lock(1)"),
                  1);
        std::string got;
        int status = 0;
        ROVE_TIMEOUT(10 * ROVE_MS, &status)
        {
            got = Next(connection);
        }
        EXPECT_EQ(status, -ETIMEDOUT);
        EXPECT_EQ(got, std::to_string(-ECANCELED));
        EXPECT_EQ(Query(connection, "SELECT 6"), std::to_string(-EBUSY));
        EXPECT_EQ(Query(other, "SELECT pg_advisory_unlock(1)"), "t");
        EXPECT_EQ(Next(connection), "5");
        EXPECT_EQ(Next(connection), "none");
    });
}

// A server that answers the greeting, and then neither query nor cancellation.
TEST_F(PqTest, ServerThatDoesNotAnswerACancelLosesTheConnection)
{
    TempDir dir;
    RunTasks(2, [&] {
        int listener =
            rove_unix_listen(dir.Path(".s.PGSQL.5432").c_str(), nullptr);
        EXPECT_GE(listener, 0);
        std::atomic<bool> is_asked{false};
        Task silent([&] {
            int fd = rove_accept(listener, nullptr, nullptr);
            char greeting[1024];
            EXPECT_GT(rove_read(fd, greeting, sizeof greeting), 0);
            const char welcome[] = "R\0\0\0\x08\0\0\0\0"         // trusted
                                   "K\0\0\0\x0c\0\0\0\1\0\0\0\1" // its key
                                   "Z\0\0\0\x05I";               // ready
            EXPECT_EQ(rove_write_all(fd, welcome, sizeof welcome - 1, nullptr),
                      static_cast<ssize_t>(sizeof welcome - 1));
            while (rove_read(fd, greeting, sizeof greeting) > 0) {
                is_asked = true;
            }
            EXPECT_EQ(rove_close(fd), 0);
        });
        {
            Connection connection("sslmode=disable gssencmode=disable host=" +
                                  dir.Path());
            Task asking([&] {
                EXPECT_EQ(Query(connection, "SELECT 1"),
                          std::to_string(-ECANCELED));
            });
            EXPECT_TRUE(YieldUntil([&] { return is_asked.load(); }));
            asking.Cancel();
            asking.Join();
            EXPECT_EQ(PQstatus(connection.get()), CONNECTION_BAD);
            EXPECT_EQ(Query(connection, "SELECT 1"),
                      std::to_string(-ECONNRESET));
        }
        silent.Join();
        EXPECT_EQ(rove_close(listener), 0);
    });
}

TEST_F(PqTest, ServerThatRestartsIsAnErrorAndCanBeReachedAgain)
{
    std::vector<std::unique_ptr<Connection>> connections(10);
    RunTasks(2, [&] {
        std::atomic<int> served{0};
        std::vector<std::unique_ptr<Task>> tasks;
        for (auto &connection : connections) {
            connection = std::make_unique<Connection>(cluster_->Conninfo());
        }
        for (auto &connection : connections) {
            tasks.push_back(std::make_unique<Task>([&] {
                std::string got;
                while ((got = Query(*connection, "SELECT 1")) == "1") {
                    served++;
                }
                EXPECT_EQ(got, std::to_string(-ECONNRESET));
                EXPECT_EQ(PQstatus(connection->get()), CONNECTION_BAD);
                EXPECT_NE(PQerrorMessage(connection->get())[0], '\0');
            }));
        }
        EXPECT_TRUE(YieldUntil([&] { return served > 100; }));
        cluster_->Stop();
        tasks.clear();
        EXPECT_EQ(rove_pq_reset(connections[0]->get()), -ECONNREFUSED);
        EXPECT_NE(PQerrorMessage(connections[0]->get())[0], '\0');
    });
    cluster_->Start();
    RunTasks(2, [&] {
        for (auto &connection : connections) {
            EXPECT_EQ(rove_pq_reset(connection->get()), 0);
            EXPECT_EQ(Query(*connection, "SELECT 7"), "7");
        }
    });
}

} // namespace

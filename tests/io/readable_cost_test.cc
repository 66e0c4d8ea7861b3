// At stake: 15,000 idle keep-alive connections. Shown by what the process has
// in memory while as many connections as it may have open have been served
// once and wait for the next request; the clients are another process's.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rove/rove.h"

#include "tests/support/with_runtime.h"

namespace
{

constexpr int kConnectionsMax = kUnderSanitizer ? 500 : 15000;
constexpr double kBytesEachMax = 512;

// As many as the limit of open files allows, which is raised as far as it goes.
int CountConnections()
{
    rlimit files = {};
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
    rlim_t room = files.rlim_max - 100;
    return room < kConnectionsMax ? static_cast<int>(room) : kConnectionsMax;
}

// The clients, in a process of their own: each sends one request, and all stay
// until they are killed.
void ConnectAll(const std::string &name, int connections)
{
    for (int i = 0; i < connections; i++) {
        int fd = rove_unix_connect(name.c_str());
        if (fd < 0 || rove_write(fd, "r", 1) != 1) {
            _exit(1);
        }
    }
    pause();
    _exit(1);
}

double ResidentWithTables()
{
    std::ifstream status("/proc/self/status");
    std::string line;
    double kib = 0;
    while (std::getline(status, line)) {
        if (line.rfind("VmRSS:", 0) == 0 || line.rfind("VmPTE:", 0) == 0) {
            kib += std::stod(line.substr(6));
        }
    }
    return kib * 1024;
}

std::atomic<int> served;

int FdOf(void *connection)
{
    return static_cast<int>(reinterpret_cast<intptr_t>(connection));
}

void *ConnectionOf(int fd)
{
    return reinterpret_cast<void *>(static_cast<intptr_t>(fd));
}

// One request, then idle again, until the runtime ends.
int64_t ServeOne(void *connection)
{
    char request[64];
    ssize_t n = rove_read(FdOf(connection), request, sizeof request);
    if (n <= 0) {
        return rove_close(FdOf(connection));
    }
    rove_detach(rove_on_readable(FdOf(connection), ServeOne, connection));
    served++;
    return 0;
}

// Bytes for each of so many idle connections.
double MeasureIdle(int listener, int connections)
{
    double before = ResidentWithTables();
    for (int i = 0; i < connections; i++) {
        int fd = rove_accept(listener, nullptr, nullptr);
        if (fd < 0) {
            ADD_FAILURE() << "accept: " << fd;
            return 0;
        }
        rove_detach(rove_on_readable(fd, ServeOne, ConnectionOf(fd)));
    }
    EXPECT_TRUE(Eventually([=] { return served == connections; }));
    return (ResidentWithTables() - before) / connections;
}

TEST(ReadableCostTest, AnIdleConnectionCostsHalfAKilobyteAndNoStack)
{
    const int connections = CountConnections();
    const std::string name = "@rove-idle-" + std::to_string(rove_now());
    int listener = rove_unix_listen(name.c_str(), nullptr);
    ASSERT_GE(listener, 0);
    pid_t clients = fork();
    if (clients == 0) {
        ConnectAll(name, connections);
    }
    double each = 0;
    Body main = [&] {
        each = MeasureIdle(listener, connections);
        return 0;
    };
    rove_options options = OptionsFor({2, ROVE_STEALING});
    EXPECT_EQ(rove_run(&options, CallBody, &main), 0);
    EXPECT_EQ(kill(clients, SIGKILL), 0);
    EXPECT_EQ(waitpid(clients, nullptr, 0), clients);
    EXPECT_EQ(rove_close(listener), 0);
    printf("%d idle connections: %.1f B of memory each\n", connections, each);
    if (!kUnderSanitizer) {
        EXPECT_LT(each, kBytesEachMax);
    }
}

} // namespace

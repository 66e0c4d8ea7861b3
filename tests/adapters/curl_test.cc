// libcurl, against Debian's nginx on a Unix socket: every answer reaches who
// asked, and a transfer that is given up, a server that is gone and a runtime
// that ends leave nobody waiting.
#include <atomic>
#include <cerrno>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/in_child.h"
#include "tests/support/server.h"
#include "tests/support/tasks.h"

#include "adapters/curl/rove_curl.h"

extern "C" {
#include "tests/support/fault.h"
}

namespace
{

constexpr size_t kFileSize = 3000000;

std::string Configuration(const TempDir &dir)
{
    std::string text = std::string(getuid() == 0 ? "user root;" : "") +
                       "daemon off; master_process off;"
                       "error_log stderr notice; pid " +
                       dir.Path("pid") +
                       "; events { worker_connections 1024; }"
                       "http { access_log off;";
    for (const char *kind :
         {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
        text += std::string(kind) + "_temp_path " + dir.Path(kind) + ";";
    }
    return text + "server { listen unix:" + dir.Path("socket") + "; root " +
           dir.Path() + "; location /n { return 200 \"$arg_n\"; } } }";
}

struct Start {
    int without; // a stack
    int with;
};

// What has no stack never receives what is sent to it. The first test, while
// the process has kept none of the driver's size.
TEST(CurlStartTest, DriverWithoutAStackIsRefused)
{
    Start start = InChild<Start>([](Start *report) {
        auto begin = [](void *arg) -> int64_t {
            Start *codes = static_cast<Start *>(arg);
            rove_curl *curl = nullptr;
            rv_fault_arm_every("rv_pages_guard", 1, ENOMEM);
            codes->without = rove_curl_new(&curl);
            rv_fault_disarm();
            codes->with = rove_curl_new(&curl);
            rove_curl_free(curl);
            return 0;
        };
        EXPECT_EQ(rove_run(nullptr, begin, report), 0);
    });
    EXPECT_EQ(start.without, -ENOMEM);
    EXPECT_EQ(start.with, 0);
}

class CurlTest : public ::testing::Test
{
  protected:
    CurlTest()
    {
        std::ofstream(dir_.Path("conf")) << Configuration(dir_);
        std::ofstream(dir_.Path("file")) << std::string(kFileSize, 'x');
        server_ = std::make_unique<Server>(
            std::vector<std::string>{"/usr/sbin/nginx", "-e", "stderr", "-p",
                                     dir_.Path(), "-c", dir_.Path("conf")},
            "nginx/1");
    }

    TempDir dir_;
    std::unique_ptr<Server> server_;
};

// A driver for the life of the object.
class Driver
{
  public:
    Driver()
    {
        EXPECT_EQ(rove_curl_new(&curl_), 0);
    }

    Driver(const Driver &) = delete;
    Driver &operator=(const Driver &) = delete;

    ~Driver()
    {
        rove_curl_free(curl_);
    }

    rove_curl *get() const
    {
        return curl_;
    }

  private:
    rove_curl *curl_ = nullptr;
};

struct Answer {
    int result;
    std::string body;
};

size_t Append(char *data, size_t, size_t size, void *body)
{
    static_cast<std::string *>(body)->append(data, size);
    return size;
}

Answer Get(rove_curl *curl, const std::string &socket, const std::string &path)
{
    Answer answer;
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, ("http://test" + path).c_str());
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer.body);
    answer.result = rove_curl_perform(curl, easy);
    curl_easy_cleanup(easy);
    return answer;
}

TEST_F(CurlTest, TwoHundredAtOnceEachGetTheirOwnAnswer)
{
    RunTasks(4, [&] {
        Driver drivers[2];
        std::vector<std::unique_ptr<Task>> tasks;
        for (int i = 0; i < 200; i++) {
            tasks.push_back(std::make_unique<Task>([&, i] {
                std::string n = std::to_string(i);
                Answer answer =
                    Get(drivers[i % 2].get(), dir_.Path("socket"), "/n?n=" + n);
                EXPECT_EQ(answer.result, CURLE_OK);
                EXPECT_EQ(answer.body, n);
            }));
        }
        Answer file = Get(drivers[0].get(), dir_.Path("socket"), "/file");
        EXPECT_EQ(file.result, CURLE_OK);
        EXPECT_EQ(file.body.size(), kFileSize);
        tasks.clear();
    });
}

TEST_F(CurlTest, ServerThatIsGoneIsAnError)
{
    RunTasks(2, [&] {
        Driver driver;
        EXPECT_EQ(Get(driver.get(), dir_.Path("socket"), "/n?n=1").body, "1");
        EXPECT_EQ(server_->Stop(), 0);
        EXPECT_EQ(Get(driver.get(), dir_.Path("socket"), "/n?n=1").result,
                  CURLE_COULDNT_CONNECT);
    });
}

// The server here never answers; it sees the connection close.
TEST_F(CurlTest, TransferThatIsGivenUpClosesItsConnection)
{
    RunTasks(2, [&] {
        Driver driver;
        int listener = rove_unix_listen(dir_.Path("silent").c_str(), nullptr);
        EXPECT_GE(listener, 0);
        Task transfer([&] {
            EXPECT_EQ(Get(driver.get(), dir_.Path("silent"), "/").result,
                      -ECANCELED);
        });
        int fd = rove_accept(listener, nullptr, nullptr);
        transfer.Cancel();
        char part[1000];
        ssize_t size;
        while ((size = rove_read(fd, part, sizeof part)) > 0) {
        }
        EXPECT_EQ(size, 0);
        transfer.Join();
        EXPECT_EQ(rove_close(fd), 0);
        EXPECT_EQ(rove_close(listener), 0);
        EXPECT_EQ(Get(driver.get(), dir_.Path("socket"), "/n?n=3").body, "3");
    });
}

TEST_F(CurlTest, RuntimeMayEndDuringTransfers)
{
    rove_curl *curl = nullptr;
    int fds[5];
    std::atomic<int> given_up{0};
    std::string silent = dir_.Path("silent");
    std::function<void()> perform = [&] {
        EXPECT_EQ(Get(curl, silent, "/").result, -ECANCELED);
        given_up++;
    };
    RunTasks(2, [&] {
        EXPECT_EQ(rove_curl_new(&curl), 0);
        int listener = rove_unix_listen(silent.c_str(), nullptr);
        for (int i = 0; i < 5; i++) {
            EXPECT_EQ(rove_go(
                          [](void *arg) -> int64_t {
                              (*static_cast<std::function<void()> *>(arg))();
                              return 0;
                          },
                          &perform),
                      0);
        }
        for (int &fd : fds) {
            fd = rove_accept(listener, nullptr, nullptr);
        }
        EXPECT_EQ(rove_close(listener), 0);
    });
    EXPECT_EQ(given_up, 5);
    for (int fd : fds) {
        EXPECT_EQ(rove_close(fd), 0);
    }
    rove_curl_free(curl);
}

} // namespace

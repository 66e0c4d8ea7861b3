// At stake: paths and abstract names are taken whole, and a file that is there
// already is left alone.
#include <cerrno>
#include <cstdlib>
#include <string>
#include <sys/un.h>

#include "rove/rove.h"

#include "tests/io/fds.h"

#include "gtest/gtest.h"

namespace
{

void Exchange(const std::string &name)
{
    RunTasks(1, [&] {
        int listener = rove_unix_listen(name.c_str(), nullptr);
        EXPECT_GE(listener, 0) << name;
        int near = rove_unix_connect(name.c_str());
        EXPECT_GE(near, 0) << name;
        int far = rove_accept(listener, nullptr, nullptr);
        EXPECT_GE(far, 0);
        char buffer[8];
        Task reader(
            [&] { EXPECT_EQ(rove_read(far, buffer, sizeof(buffer)), 5); });
        EXPECT_TRUE(AwaitWaiter(far, RV_SIDE_READ));
        EXPECT_EQ(rove_write(near, "hello", 5), 5);
        reader.Join();
        EXPECT_EQ(rove_close(near), 0);
        EXPECT_EQ(rove_read(far, buffer, sizeof(buffer)), 0);
        EXPECT_EQ(rove_close(far), 0);
        EXPECT_EQ(rove_close(listener), 0);
    });
}

class UnixTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_NE(mkdtemp(directory_), nullptr);
        path_ = std::string(directory_) + "/socket";
    }

    void TearDown() override
    {
        unlink(path_.c_str());
        rmdir(directory_);
    }

    char directory_[32] = "/tmp/rove_unix_XXXXXX";
    std::string path_;
};

TEST_F(UnixTest, ExchangesByPath)
{
    Exchange(path_);
}

TEST_F(UnixTest, ExchangesByAbstractName)
{
    Exchange("@" + path_);
    EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

TEST_F(UnixTest, StaleFileIsLeftAlone)
{
    int listener = rove_unix_listen(path_.c_str(), nullptr);
    ASSERT_GE(listener, 0);
    ASSERT_EQ(rove_close(listener), 0);
    EXPECT_EQ(rove_unix_listen(path_.c_str(), nullptr), -EADDRINUSE);
    EXPECT_EQ(rove_unix_connect(path_.c_str()), -ECONNREFUSED);
}

TEST_F(UnixTest, NamesThatAreNoneAreRefused)
{
    EXPECT_EQ(rove_unix_listen(nullptr, nullptr), -EINVAL);
    EXPECT_EQ(rove_unix_listen("", nullptr), -EINVAL);
    EXPECT_EQ(rove_unix_connect(nullptr), -EINVAL);
    EXPECT_EQ(rove_unix_connect(path_.c_str()), -ENOENT);
}

TEST_F(UnixTest, LongestNamesFitAndLongerOnesDoNot)
{
    constexpr size_t room = sizeof(sockaddr_un::sun_path);
    std::string longest = "@" + std::string(room - 1, 'n');
    int listener = rove_unix_listen(longest.c_str(), nullptr);
    EXPECT_GE(listener, 0);
    EXPECT_EQ(rove_close(listener), 0);
    EXPECT_EQ(rove_unix_listen((longest + "n").c_str(), nullptr),
              -ENAMETOOLONG);
    EXPECT_EQ(rove_unix_listen(std::string(room, '/').c_str(), nullptr),
              -ENAMETOOLONG); // no room for its zero byte
}

} // namespace

// At stake: an answer, or why there is none. Only names that need no network
// are asked for.
extern "C" {
#include "src/platform/name.h"
}

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "gtest/gtest.h"

namespace
{

TEST(NameTest, NumericNamesHaveOneAddress)
{
    rv_name_answer answer;
    rv_name_lookup("127.0.0.9", AF_UNSPEC, &answer);
    ASSERT_EQ(answer.code, 0);
    ASSERT_NE(answer.list, nullptr);
    EXPECT_EQ(answer.list->ai_family, AF_INET);
    auto *in = reinterpret_cast<sockaddr_in *>(answer.list->ai_addr);
    EXPECT_EQ(in->sin_addr.s_addr, inet_addr("127.0.0.9"));
    EXPECT_EQ(in->sin_port, 0);
    EXPECT_EQ(answer.list->ai_next, nullptr); // not one for each protocol
    rv_name_free(answer.list);
}

TEST(NameTest, FailuresHaveACodeAndNoList)
{
    rv_name_answer answer;
    rv_name_lookup("127.0.0.9", AF_INET6, &answer);
    EXPECT_EQ(answer.code, EAI_ADDRFAMILY);
    EXPECT_EQ(answer.error, 0);
    EXPECT_EQ(answer.list, nullptr);
    rv_name_free(answer.list);
    rv_name_lookup("127.0.0.9", -5, &answer);
    EXPECT_EQ(answer.code, EAI_FAMILY);
}

} // namespace

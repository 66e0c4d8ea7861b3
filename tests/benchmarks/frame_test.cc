// The frame of the comparison: see benchmarks/compare.

#include <cerrno>
#include <cstring>
#include <gtest/gtest.h>
#include <string>

extern "C" {
#include "benchmarks/compare/service/frame.h"
}

namespace
{

std::string MakeFrame(request_kind kind, uint64_t tag, size_t payload)
{
    std::string bytes(FRAME_HEADER + payload, '\0');
    frame header = {static_cast<uint32_t>(payload), kind, tag};
    frame_encode(&header, bytes.data());
    frame_fill(bytes.data() + FRAME_HEADER, payload, tag);
    return bytes;
}

TEST(FrameTest, HeaderIsLittleEndian)
{
    std::string bytes = MakeFrame(REQUEST_COMPUTE, 0x1122334455667788, 0x104);
    const unsigned char expected[FRAME_HEADER] = {
        0x04, 0x01, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00,
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};
    EXPECT_EQ(memcmp(bytes.data(), expected, FRAME_HEADER), 0);
}

TEST(FrameTest, DecodesWhatWasEncodedOnlyWhenAllIsThere)
{
    std::string bytes = MakeFrame(REQUEST_PLAIN, 77, 33);
    frame header = {};
    for (size_t size = 0; size < bytes.size(); size++) {
        ASSERT_EQ(frame_decode(bytes.data(), size, &header), 0) << size;
    }
    ASSERT_EQ(frame_decode(bytes.data(), bytes.size(), &header),
              static_cast<int>(bytes.size()));
    EXPECT_EQ(header.length, 33u);
    EXPECT_EQ(header.kind, REQUEST_PLAIN);
    EXPECT_EQ(header.tag, 77u);
}

TEST(FrameTest, RefusesUnknownKindsAndLengths)
{
    frame header = {};
    std::string bytes = MakeFrame(REQUEST_PLAIN, 1, 8);
    for (int kind : {0, 4, 255}) {
        std::string bad = bytes;
        bad[4] = static_cast<char>(kind);
        EXPECT_EQ(frame_decode(bad.data(), bad.size(), &header), -EPROTO);
    }
    std::string reserved = bytes;
    reserved[6] = 1;
    EXPECT_EQ(frame_decode(reserved.data(), reserved.size(), &header), -EPROTO);
    std::string large = MakeFrame(REQUEST_PLAIN, 1, FRAME_PAYLOAD_MAX + 1);
    EXPECT_EQ(frame_decode(large.data(), FRAME_HEADER, &header), -EPROTO);
    std::string narrow = MakeFrame(REQUEST_WHERE, 1, 3);
    EXPECT_EQ(frame_decode(narrow.data(), narrow.size(), &header), -EPROTO);
}

TEST(FrameTest, LargestPayloadIsTaken)
{
    frame header = {};
    std::string bytes = MakeFrame(REQUEST_PLAIN, 1, FRAME_PAYLOAD_MAX);
    EXPECT_EQ(frame_decode(bytes.data(), bytes.size(), &header), FRAME_MAX);
}

TEST(FrameTest, EveryWrongByteOfAPayloadIsSeen)
{
    std::string payload(29, '\0');
    frame_fill(payload.data(), payload.size(), 5);
    ASSERT_TRUE(frame_is_filled(payload.data(), payload.size(), 5));
    EXPECT_FALSE(frame_is_filled(payload.data(), payload.size(), 6));
    for (char &byte : payload) {
        byte = static_cast<char>(byte ^ 1);
        EXPECT_FALSE(frame_is_filled(payload.data(), payload.size(), 5));
        byte = static_cast<char>(byte ^ 1);
    }
}

TEST(FrameTest, WhereRoundTrips)
{
    char payload[4];
    frame_set_where(payload, 65537);
    EXPECT_EQ(frame_where(payload), 65537u);
}

} // namespace

// The histogram of the comparison: see benchmarks/compare.

#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

extern "C" {
#include "benchmarks/compare/load/histogram.h"
}

namespace
{

std::unique_ptr<histogram> MakeHistogram()
{
    return std::make_unique<histogram>();
}

TEST(HistogramTest, EmptyOneHasNoQuantile)
{
    auto h = MakeHistogram();
    EXPECT_EQ(histogram_quantile(h.get(), 0.5), 0);
    EXPECT_EQ(histogram_quantile(h.get(), 1), 0);
}

TEST(HistogramTest, SmallValuesAreExact)
{
    for (int64_t value = 0; value < 256; value++) {
        auto h = MakeHistogram();
        histogram_add(h.get(), value);
        EXPECT_EQ(histogram_quantile(h.get(), 0.5), value);
    }
}

TEST(HistogramTest, EveryValueIsKeptWithinFourThousandths)
{
    for (int bit = 8; bit < 63; bit++) {
        for (int64_t delta : {-1, 0, 1}) {
            int64_t value = (INT64_C(1) << bit) + delta;
            value += value / 3;
            if (value <= 0) {
                continue;
            }
            auto h = MakeHistogram();
            histogram_add(h.get(), value);
            int64_t kept = histogram_quantile(h.get(), 1);
            EXPECT_NEAR(static_cast<double>(kept), static_cast<double>(value),
                        static_cast<double>(value) * 0.004)
                << value;
        }
    }
}

TEST(HistogramTest, ExtremesFindABucket)
{
    auto h = MakeHistogram();
    histogram_add(h.get(), INT64_MAX);
    histogram_add(h.get(), INT64_MIN);
    EXPECT_EQ(h->total, 2u);
    EXPECT_EQ(histogram_quantile(h.get(), 0.5), 0);
    EXPECT_GT(histogram_quantile(h.get(), 1), INT64_MAX / 256 * 255);
}

TEST(HistogramTest, QuantilesAreThoseOfTheSortedValues)
{
    auto h = MakeHistogram();
    std::vector<int64_t> values; /* already sorted */
    for (int64_t i = 0; i < 100000; i++) {
        values.push_back(i * i / 7 + 50);
        histogram_add(h.get(), values.back());
    }
    for (double q : {0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        auto rank = static_cast<size_t>(q * 100000) - 1;
        auto exact = static_cast<double>(values[rank]);
        EXPECT_NEAR(static_cast<double>(histogram_quantile(h.get(), q)), exact,
                    exact * 0.004 + 1)
            << q;
    }
}

TEST(HistogramTest, MergeAddsAllCounts)
{
    auto low = MakeHistogram();
    auto high = MakeHistogram();
    for (int i = 0; i < 99; i++) {
        histogram_add(low.get(), 10);
    }
    histogram_add(high.get(), 1000000);
    histogram_merge(low.get(), high.get());
    EXPECT_EQ(low->total, 100u);
    EXPECT_EQ(histogram_quantile(low.get(), 0.99), 10);
    EXPECT_NEAR(static_cast<double>(histogram_quantile(low.get(), 1)), 1e6,
                4e3);
}

TEST(HistogramTest, UnknownBucketIsIgnored)
{
    auto h = MakeHistogram();
    histogram_add_bucket(h.get(), HISTOGRAM_BUCKETS, 1);
    EXPECT_EQ(h->total, 0u);
}

} // namespace

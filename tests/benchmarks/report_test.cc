/* What the driver reads from its children and makes of it. The reports are
 * parsed by a real parser in compare_smoke_test.sh. */
#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "benchmarks/compare/driver/figures.h"
#include "benchmarks/compare/driver/json.h"
#include "benchmarks/compare/driver/machine.h"
#include "benchmarks/compare/driver/ratios.h"
#include "benchmarks/compare/driver/report_json.h"
#include "benchmarks/compare/driver/table.h"
}

namespace
{

std::string WrittenBy(void (*write)(FILE *, void *), void *arg)
{
    char *text = nullptr;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    write(file, arg);
    fclose(file);
    std::string result(text, size);
    free(text);
    return result;
}

TEST(JsonTest, NumbersAreFoundByTheirWholeKey)
{
    const char *text = "{\"p99_us\": 1.5, \"us\": 2, \"note\": \"x\"}";
    double value = 0;
    EXPECT_TRUE(json_find_number(text, "us", &value));
    EXPECT_EQ(value, 2);
    EXPECT_TRUE(json_find_number(text, "p99_us", &value));
    EXPECT_EQ(value, 1.5);
    EXPECT_FALSE(json_find_number(text, "p99", &value));
    EXPECT_FALSE(json_find_number(text, "note", &value));
    EXPECT_EQ(value, 0);
}

TEST(JsonTest, HistogramsAreAdded)
{
    auto h = std::make_unique<histogram>();
    EXPECT_TRUE(
        json_find_histogram("{\"h\": [[10, 2], [20, 3]]}", "h", h.get()));
    EXPECT_TRUE(json_find_histogram("{\"h\": []}", "h", h.get()));
    EXPECT_EQ(h->total, 5u);
    EXPECT_EQ(histogram_quantile(h.get(), 0.5), 20);
    for (const char *bad : {"{}", "{\"h\": 3}", "{\"h\": [[1, 2]",
                            "{\"h\": [[1", "{\"h\": [[1 2]]}"}) {
        EXPECT_FALSE(json_find_histogram(bad, "h", h.get())) << bad;
    }
}

TEST(JsonTest, StringsAreEscaped)
{
    char text[] = "a\"b\\c\n\x01";
    EXPECT_EQ(WrittenBy(
                  [](FILE *out, void *arg) {
                      json_write_string(out, static_cast<char *>(arg));
                  },
                  text),
              "\"a\\\"b\\\\c\\u000a\\u0001\"");
}

TEST(FiguresTest, MedianIsTheMiddleOrTheMeanOfTwo)
{
    const double values[] = {9, 1, 5, 7};
    EXPECT_EQ(figures_median(values, 0), 0);
    EXPECT_EQ(figures_median(values, 1), 9);
    EXPECT_EQ(figures_median(values, 3), 5);
    EXPECT_EQ(figures_median(values, 4), 6);
}

class CampaignTest : public testing::Test
{
  protected:
    CampaignTest() : cells_(1)
    {
        options_.service = "echo";
        options_.workers = 2;
        options_.connections = 64;
        options_.rounds = 3;
        options_.duration = 0.5;
        cells_[0].design = DESIGN_STEALING;
        cells_[0].shape = SHAPE_MIXED;
        cells_[0].rounds = 3;
        const double rates[] = {100, 300, 200};
        for (int i = 0; i < 3; i++) {
            cells_[0].requests_per_second[i] = rates[i];
            cells_[0].p99_us[i] = rates[i] / 10;
        }
        cells_[0].errors = 2;
        options_.designs[DESIGN_STEALING] = true;
        options_.shapes[SHAPE_MIXED] = true;
        machine_.cpus = 2;
        machine_.build = "release";
        machine_.compiler = "a \"compiler\"";
        campaign_.options = &options_;
        campaign_.rate = 5000;
        campaign_.count = 1;
        campaign_.cells = cells_.data();
    }

    std::string Table()
    {
        return WrittenBy(
            [](FILE *out, void *arg) {
                table_write(out, static_cast<campaign *>(arg));
            },
            &campaign_);
    }

    std::string Json()
    {
        return WrittenBy(
            [](FILE *out, void *arg) {
                static_cast<CampaignTest *>(arg)->WriteJson(out);
            },
            this);
    }

    std::string Ratios()
    {
        return WrittenBy(
            [](FILE *out, void *arg) {
                ratios_write(out, static_cast<campaign *>(arg));
            },
            &campaign_);
    }

    /* Another cell, of one round. */
    void Add(design d, shape s, double requests_per_second, double p99_us)
    {
        cells_.push_back({});
        cell &added = cells_.back();
        added.design = d;
        added.shape = s;
        added.rounds = 1;
        added.requests_per_second[0] = requests_per_second;
        added.p99_us[0] = p99_us;
        options_.designs[d] = options_.shapes[s] = true;
        campaign_.count = static_cast<unsigned>(cells_.size());
        campaign_.cells = cells_.data();
    }

    void WriteJson(FILE *out)
    {
        report_json_write(out, &campaign_, &machine_);
    }

    driver_options options_ = {};
    std::vector<cell> cells_;
    campaign campaign_ = {};
    machine machine_ = {};
};

TEST_F(CampaignTest, FiguresAreMediansAndSumsOverTheRounds)
{
    figures f = {};
    figures_compute(&cells_[0], &f);
    EXPECT_EQ(f.requests_per_second, 200);
    EXPECT_EQ(f.requests_low, 100);
    EXPECT_EQ(f.requests_high, 300);
    EXPECT_EQ(f.p99_us, 20);
    EXPECT_EQ(campaign_errors(&campaign_), 2);
}

TEST_F(CampaignTest, JsonHasEveryCounterWithoutSamples)
{
    std::string json = Json();
    for (const char *key : {"requests_per_second", "p50_us", "p99_us",
                            "p999_us", "computing_p99_us", "computing_samples",
                            "cpu_seconds_per_million", "samples", "errors"}) {
        EXPECT_NE(json.find(std::string("\"") + key + "\": "),
                  std::string::npos)
            << key;
    }
    EXPECT_NE(json.find("\"samples\": 0"), std::string::npos);
    cells_[0].shape = SHAPE_SKEWED;
    EXPECT_EQ(Json().find("computing"), std::string::npos);
}

TEST_F(CampaignTest, JsonHasHighQuantilesOfFewSamples)
{
    histogram_add(&cells_[0].plain, 100);
    histogram_add(&cells_[0].computing, 5000);
    std::string json = Json();
    EXPECT_NE(json.find("\"p999_us\": 0.1,"), std::string::npos) << json;
    EXPECT_NE(json.find("\"samples\": 1,"), std::string::npos) << json;
    figures f = {};
    figures_compute(&cells_[0], &f);
    EXPECT_NEAR(f.computing_p99_us, 5, 0.02);
}

TEST_F(CampaignTest, TableHasHighQuantilesOfManySamplesOnly)
{
    histogram_add(&cells_[0].plain, 777000);
    unsigned bucket = 0;
    while (cells_[0].plain.counts[bucket] == 0) {
        bucket++;
    }
    histogram_add_bucket(&cells_[0].plain, bucket, FIGURES_P999_SAMPLES - 1);
    EXPECT_EQ(Table().find(" 77"), std::string::npos) << Table();
    histogram_add(&cells_[0].plain, 777000);
    EXPECT_NE(Table().find(" 77"), std::string::npos) << Table();
}

TEST_F(CampaignTest, JsonWarnsOfABusyMachine)
{
    machine_.load[0] = 1.0;
    EXPECT_EQ(Json().find("warning"), std::string::npos);
    machine_.load[0] = 1.01;
    EXPECT_NE(Json().find("\"warning\": \"" MACHINE_WARNING "\""),
              std::string::npos);
}

TEST_F(CampaignTest, RateIsATenthOfTheSlowestThatWasNotStarved)
{
    Add(DESIGN_EPOLL, SHAPE_MIXED, 23456, 1);
    cells_[0].requests_per_second[0] = 98765;
    EXPECT_EQ(campaign_choose_rate(&campaign_), 2300);
    cells_[0].requests_per_second[0] = 0;
    EXPECT_EQ(campaign_choose_rate(&campaign_), 2300);
    cells_[0].requests_per_second[0] = 57;
    EXPECT_EQ(campaign_choose_rate(&campaign_), 5);
    cells_[0].requests_per_second[0] = 3;
    EXPECT_EQ(campaign_choose_rate(&campaign_), 1);
    cells_[0].requests_per_second[0] = cells_[1].requests_per_second[0] = 0;
    EXPECT_EQ(campaign_choose_rate(&campaign_), 1);
}

TEST_F(CampaignTest, RatiosAreRelativeToSingle)
{
    EXPECT_EQ(Ratios(), ""); /* nothing to compare with */
    Add(DESIGN_SINGLE, SHAPE_MIXED, 100, 80);
    Add(DESIGN_SHARDED, SHAPE_MIXED, 1500, 0);
    std::string ratios = Ratios();
    EXPECT_NE(ratios.find("relative to single"), std::string::npos) << ratios;
    EXPECT_NE(ratios.find("\nsharded        15x          -\n"),
              std::string::npos)
        << ratios;
    EXPECT_NE(ratios.find("\nstealing     2.00x      0.25x\n"),
              std::string::npos)
        << ratios;
}

TEST_F(CampaignTest, RatiosEndWithStealingAgainstShardedInMixed)
{
    Add(DESIGN_SHARDED, SHAPE_MIXED, 100, 80);
    std::string ratios = Ratios();
    EXPECT_NE(ratios.find("relative to sharded"), std::string::npos) << ratios;
    EXPECT_NE(ratios.find("mixed: p99 0.25x (20 us against 80 us)"),
              std::string::npos)
        << ratios;
}

TEST_F(CampaignTest, JsonNamesDesignShapeAndService)
{
    std::string json = Json();
    EXPECT_NE(json.find("\"name\": \"stealing/mixed/echo\""),
              std::string::npos);
    EXPECT_NE(json.find("\"requests_per_second\": 200"), std::string::npos);
    EXPECT_NE(json.find("\"errors\": 2"), std::string::npos);
    EXPECT_NE(json.find("a \\\"compiler\\\""), std::string::npos);
}

TEST_F(CampaignTest, TableHasARowForEachCell)
{
    EXPECT_NE(Table().find("\nstealing  mixed           200"),
              std::string::npos)
        << Table();
    EXPECT_EQ(Table().find("another loop"), std::string::npos);
    cells_[0].misplaced = 3;
    EXPECT_NE(Table().find("3 connections ended on another loop"),
              std::string::npos);
}

} // namespace
